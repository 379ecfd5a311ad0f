"""What an answering machine risks for what it answers: the risk–coverage curve and the area under it.

A selective predictor answers the cases of which it is most confident (El-Yaniv & Wiener, JMLR 2010). Coverage is the share of
cases that it answers, risk the share of errors among them; AURC is the mean risk over the coverages 1/n ... n/n (Geifman &
El-Yaniv 2017; Geifman, Uziel & El-Yaniv 2019). Smaller is better; a perfect order of confidence has the least for its errors.

Decision: equal confidences have no order, so their errors are spread evenly over them (the expectation over random orders);
the figure does not depend on the order of the cases.
"""

from __future__ import annotations

from itertools import accumulate, groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def risk_coverage(confidences: Sequence[float], errors: Sequence[float]) -> list[tuple[float, float]]:
    """(coverage, risk) of answering the 1, 2, ... n most confident cases; ``errors`` are 0 or 1, or shares between."""
    ordered = sorted(zip(confidences, errors, strict=True), key=lambda pair: -pair[0])
    spread: list[float] = []
    for _, tied in groupby(ordered, key=lambda pair: pair[0]):
        values = [error for _, error in tied]
        spread += [sum(values) / len(values)] * len(values)
    return [(count / len(spread), total / count) for count, total in enumerate(accumulate(spread), 1)]


def aurc(confidences: Sequence[float], errors: Sequence[float]) -> float:
    """Area under the risk–coverage curve, 0..1; 0 for no cases."""
    curve = risk_coverage(confidences, errors)
    return sum(risk for _, risk in curve) / len(curve) if curve else 0.0


def precision(found: Sequence[float], wanted: Sequence[float]) -> float | None:
    """Share of what was found (1) that was wanted (1); ``None`` where nothing was found."""
    total = sum(found)
    return sum(f * w for f, w in zip(found, wanted, strict=True)) / total if total else None


def recall(found: Sequence[float], wanted: Sequence[float]) -> float | None:
    """Share of what was wanted that was found; ``None`` where nothing was wanted."""
    return precision(wanted, found)


def f1(found: Sequence[float], wanted: Sequence[float]) -> float | None:
    """Harmonic mean of precision and recall; ``None`` where nothing was found or wanted."""
    total = sum(found) + sum(wanted)
    return 2 * sum(f * w for f, w in zip(found, wanted, strict=True)) / total if total else None
