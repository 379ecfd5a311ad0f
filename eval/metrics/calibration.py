"""Whether a score means what it says: of the cases scored 0.8, are 80 % right?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """The cases whose scores fall between two tenths."""

    low: float
    high: float
    count: int
    score: float
    """Mean score; the middle of the bin where it is empty."""
    right: float
    """Share that is right; 0 where it is empty."""


def reliability(scores: Sequence[float], right: Sequence[float], bins: int = 10) -> list[Bin]:
    """The reliability curve: scores 0..1 in ``bins`` of equal width (a score on a border goes to the upper bin)."""
    held: list[list[tuple[float, float]]] = [[] for _ in range(bins)]
    for score, good in zip(scores, right, strict=True):
        held[min(bins - 1, max(0, int(score * bins + 1e-9)))].append((score, good))
    return [
        Bin(
            low=number / bins,
            high=(number + 1) / bins,
            count=len(pairs),
            score=sum(score for score, _ in pairs) / len(pairs) if pairs else (number + 0.5) / bins,
            right=sum(good for _, good in pairs) / len(pairs) if pairs else 0.0,
        )
        for number, pairs in enumerate(held)
    ]


def ece(scores: Sequence[float], right: Sequence[float], bins: int = 10) -> float:
    """Expected calibration error: the mean of |share right - mean score| over the bins, weighted by their cases (Naeini et al.
    2015; Guo et al. 2017). 0 for no cases.
    """
    count = len(scores)
    return sum(item.count * abs(item.right - item.score) for item in reliability(scores, right, bins)) / count if count else 0.0
