"""How good a ranking is: recall@k, reciprocal rank, nDCG@10, as BEIR reports them and trec_eval computes them.

Relevance is graded (``{id: grade}``); a grade above 0 counts as relevant. Gains are the grades themselves and the discount of
rank r is log2(r + 1) (Järvelin & Kekäläinen 2002, in the form of trec_eval's ``ndcg_cut``); what BEIR's figures are.
"""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def recall_at(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Share of the relevant ids that stand among the first ``k``; 0 where nothing is relevant."""
    relevant = {name for name, grade in grades.items() if grade > 0}
    return len(relevant.intersection(ranked[:k])) / len(relevant) if relevant else 0.0


def hit_at(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """1 when any relevant id stands among the first ``k``, else 0: recall@k where any of the relevant ones will do."""
    return float(any(grades.get(name, 0) > 0 for name in ranked[:k]))


def first_hit(ranked: Sequence[str], grades: Mapping[str, int]) -> int:
    """Rank (from 1) of the first relevant id; 0 when there is none."""
    return next((rank for rank, name in enumerate(ranked, 1) if grades.get(name, 0) > 0), 0)


def reciprocal_rank(ranked: Sequence[str], grades: Mapping[str, int], k: int = 10) -> float:
    """1 / the rank of the first relevant id, 0 below rank ``k`` (Voorhees, TREC-8, 1999); its mean is MRR@k."""
    rank = first_hit(ranked[:k], grades)
    return 1 / rank if rank else 0.0


def ndcg_at(ranked: Sequence[str], grades: Mapping[str, int], k: int = 10) -> float:
    """Discounted gain of the first ``k`` against that of the best order; 0 where nothing is relevant."""
    best = _gain(sorted(grades.values(), reverse=True)[:k])
    return _gain([grades.get(name, 0) for name in ranked[:k]]) / best if best else 0.0


def first_seen(groups: Sequence[frozenset[str]]) -> list[str]:
    """A ranking of names out of a ranking of sets (the sections that each passage overlaps): each name where it first
    stands, those of one set in alphabetical order.
    """
    return list(dict.fromkeys(name for group in groups for name in sorted(group)))


def _gain(grades: Sequence[int]) -> float:
    return sum(max(grade, 0) / log2(rank + 1) for rank, grade in enumerate(grades, 1))
