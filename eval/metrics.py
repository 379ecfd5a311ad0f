"""The measures, under their standard names. Every function takes plain values, so that a test can compute them by hand."""

from __future__ import annotations

import random
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def first_hit(ranked: Sequence[frozenset[str]], gold: frozenset[str]) -> int:
    """Rank (from 1) of the first new section that is gold; 0 when none is. A passage may overlap several sections; a
    section counts at its first appearance only.
    """
    seen: list[str] = []
    for sections in ranked:
        for name in sorted(sections):
            if name not in seen:
                seen.append(name)
                if name in gold:
                    return len(seen)
    return 0


def recall_at(ranks: Sequence[int], k: int) -> float:
    """Share of questions whose first hit (0 for none) is within the first ``k``: recall@k with one relevant section."""
    return sum(0 < rank <= k for rank in ranks) / len(ranks)


def mrr_at(ranks: Sequence[int], k: int) -> float:
    """Mean reciprocal rank, hits below ``k`` count 0 (Voorhees, TREC-8, 1999)."""
    return sum(1 / rank if 0 < rank <= k else 0.0 for rank in ranks) / len(ranks)


def has_key_facts(answer: str, groups: Sequence[Sequence[str]]) -> bool:
    """Whether the answer holds one string of every group, compared after NFKC, lower-casing and removal of white space."""
    text = plain(answer)
    return all(any(plain(fact) in text for fact in group) for group in groups)


def plain(text: str) -> str:
    """NFKC, lower case, no white space."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def cited(sections: frozenset[str], groups: Sequence[frozenset[str]]) -> bool:
    """Whether one section of every gold group is cited."""
    return all(sections & group for group in groups)


def bootstrap(values: Sequence[float], *, rounds: int = 2000, level: float = 0.95, seed: int = 0) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean (Efron 1979); deterministic for a seed."""
    if not values:
        return 0.0, 0.0
    generator = random.Random(seed)
    means = sorted(sum(generator.choices(values, k=len(values))) / len(values) for _ in range(rounds))
    low = int(rounds * (1 - level) / 2)
    return means[low], means[rounds - 1 - low]
