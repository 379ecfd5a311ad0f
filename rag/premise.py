"""Catch a question whose premise the notes contradict ("why does X use ReLU to replace GeLU?", when they say the reverse).

Only a replacement told the wrong way round is caught: it needs no understanding of the rest of the sentence. Every passage
that was found is looked at, because the sentence that contradicts need not be the one that answers. A question that speaks of no
replacement takes none for granted, and a line without one contradicts none: neither is compared, which takes most of the time
of an answer otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.lexical import fold
from rag.polarity import pivots
from rag.read import quote_of
from rag.verify import contradiction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import Library
    from rag.read import Quote
    from rag.types import Passage


def corrected_premise(question: str, passages: Sequence[Passage], library: Library) -> Quote | None:
    """The line of the notes that says the reverse of what the question takes for granted; ``None`` when none does."""
    if not _replaces(question):
        return None
    for passage in passages:
        start = passage.chunk.start
        for line in passage.chunk.text.split("\n"):
            if _replaces(line) and contradiction(question, line) == "replacement":
                begin = start + len(line) - len(line.lstrip())
                return quote_of(passage, begin, begin + len(line.strip()), library)
            start += len(line) + 1
    return None


def _replaces(text: str) -> bool:
    return any(pivot.kind == "replace" for pivot in pivots(fold(text)))
