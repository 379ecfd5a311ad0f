"""Show both sides where two notes contradict each other on what was asked.

The reader quotes what fits the question best, which may be one note's word against another's. What the best passages say is
compared across notes (``rag/conflict.py``); where they disagree the answer ends with both sentences, each with its footnote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.conflict import conflicts
from rag.read import quote_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import Library
    from rag.read import Quote
    from rag.types import Passage

COMPARED = 5
"""Passages of each part of the question that are compared."""


def disagreement(question: str, found: Sequence[Sequence[Passage]], library: Library) -> tuple[Quote, Quote, str] | None:
    """Two sentences of different notes that contradict each other on ``question``, and why; ``None`` where none do."""
    best = {passage.chunk.id: passage for passages in found for passage in passages[:COMPARED]}
    passages = list(best.values())
    if len({passage.chunk.document_id for passage in passages}) < 2:
        return None
    for conflict in conflicts(question, [passage.chunk.text for passage in passages]):
        left, right = passages[conflict.left.passage], passages[conflict.right.passage]
        if left.chunk.document_id != right.chunk.document_id:
            quotes = [
                quote_of(passage, passage.chunk.start + place.start, passage.chunk.start + place.end, library)
                for passage, place in ((left, conflict.left), (right, conflict.right))
            ]
            return quotes[0], quotes[1], conflict.reason
    return None
