"""Passages that stand in the notes twice, to the letter or nearly.

A near copy shares most of its shingles: the resemblance of two texts is the Jaccard similarity of their sets of runs of five
characters (Broder 1997), white space, case and width aside. Which pairs to compare is what the embeddings say: those with nearly
the same vector, found by blocks, so that memory stays small for tens of thousands of passages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eval.metrics.correctness import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ingest.types import Chunk

SHINGLE = 5
SHORTEST = 20
"""Characters below which a passage is too short to be called a copy (a formula, a line of a list)."""
CANDIDATE, COPY = 0.85, 0.6
"""A cosine that is worth a look, and the resemblance of a near copy."""
_BLOCK = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Two passages and their resemblance, 0..1; 1 for the same text."""

    first: Chunk
    second: Chunk
    resemblance: float


def copies(chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> list[Copy]:
    """Each passage with the earlier one that it most resembles, the most alike first; ``vectors`` are unit rows of the chunks."""
    texts = [plain(chunk.text) for chunk in chunks]
    shingled: dict[int, frozenset[str]] = {}
    best: dict[int, tuple[float, int]] = {}
    for first in range(0, len(chunks), _BLOCK):
        block = vectors[first : first + _BLOCK]
        near = np.argwhere(block @ vectors[: first + len(block)].T > CANDIDATE)
        for row, column in near.tolist():
            later, earlier = first + row, column
            if earlier >= later or min(len(texts[later]), len(texts[earlier])) < SHORTEST:
                continue
            same = (
                1.0 if texts[later] == texts[earlier] else resemblance(*(_shingles(i, texts, shingled) for i in (later, earlier)))
            )
            if same >= COPY and same > best.get(later, (0.0, 0))[0]:
                best[later] = (same, earlier)
    found = [Copy(first=chunks[earlier], second=chunks[later], resemblance=same) for later, (same, earlier) in best.items()]
    return sorted(found, key=lambda copy: -copy.resemblance)


def resemblance(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of the shingles of either that both have; 0 for two empty sets."""
    return len(one & other) / len(one | other) if one or other else 0.0


def shingles(text: str) -> frozenset[str]:
    """The runs of five characters of a plain text; the text itself where it is shorter."""
    return frozenset(text[at : at + SHINGLE] for at in range(max(1, len(text) - SHINGLE + 1)))


def _shingles(place: int, texts: Sequence[str], known: dict[int, frozenset[str]]) -> frozenset[str]:
    if place not in known:
        known[place] = shingles(texts[place])
    return known[place]
