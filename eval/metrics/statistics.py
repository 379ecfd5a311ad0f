"""What is said of many cases in one figure, by name, with its bootstrap interval.

A statistic takes the rows of some cases (one tuple of values each) and gives one number, or ``None`` where it has none. All
figures of a report are statistics of values that the report keeps for each case, so that any of them can be computed again
from the report: for a part of the cases, for a resample, or for two reports side by side.

The intervals are percentile intervals (Efron 1979), deterministic: the resamples come from a seeded generator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eval.metrics import abstention, calibration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Row = tuple[float, ...]
    Statistic = Callable[[Sequence[Row]], float | None]

ROUNDS = 1000
LEVEL = 0.95


def mean(rows: Sequence[Row]) -> float | None:
    """Mean of the first value."""
    return sum(row[0] for row in rows) / len(rows) if rows else None


def balanced_accuracy(rows: Sequence[Row]) -> float | None:
    """Rows of (right, class): the mean over the classes of the share that is right (Brodersen et al. 2010)."""
    held: dict[float, list[float]] = {}
    for right, label in rows:
        held.setdefault(label, []).append(right)
    return sum(sum(values) / len(values) for values in held.values()) / len(held) if held else None


def _of_two(function: Callable[[Sequence[float], Sequence[float]], float | None]) -> Statistic:
    """A function of two columns as a statistic of rows."""
    return lambda rows: function([row[0] for row in rows], [row[1] for row in rows]) if rows else None


STATISTICS: dict[str, Statistic] = {
    "mean": mean,
    "balanced accuracy": balanced_accuracy,
    "ece": _of_two(calibration.ece),
    "aurc": _of_two(abstention.aurc),
    "precision": _of_two(abstention.precision),
    "recall": _of_two(abstention.recall),
    "f1": _of_two(abstention.f1),
}
"""By the name that a report keeps. Columns: ``mean`` value; ``balanced accuracy`` right, class; ``ece`` score, right; ``aurc``
confidence, error; ``precision``, ``recall``, ``f1`` found, wanted."""


def interval(name: str, rows: Sequence[Row], *, level: float = LEVEL, rounds: int = ROUNDS) -> tuple[float, float] | None:
    """The interval of a statistic over the cases' rows; ``None`` for fewer than two cases."""
    return _percentiles(_resampled(name, rows, _draws(len(rows), rounds)), level) if len(rows) > 1 else None


def difference(
    name: str, old: Sequence[Row], new: Sequence[Row], *, level: float = LEVEL, rounds: int = ROUNDS
) -> tuple[float, float] | None:
    """The interval of ``new - old`` over the same cases in the same order; ``None`` for fewer than two.

    Each resample takes the same cases of both (a paired bootstrap), so that what is hard for both does not hide what differs.
    """
    if len(old) < 2 or len(old) != len(new):
        return None
    draws = _draws(len(old), rounds)
    pairs = zip(_resampled(name, old, draws), _resampled(name, new, draws), strict=True)
    return _percentiles([None if before is None or after is None else after - before for before, after in pairs], level)


def _draws(count: int, rounds: int) -> NDArray[np.int64]:
    return np.random.default_rng(0).integers(0, count, (rounds, count))


def _resampled(name: str, rows: Sequence[Row], draws: NDArray[np.int64]) -> list[float | None]:
    if name == "mean":  # what most figures are, a hundred times faster in one step
        means: list[float | None] = np.array([row[0] for row in rows])[draws].mean(axis=1).tolist()
        return means
    statistic = STATISTICS[name]
    return [statistic([rows[place] for place in draw]) for draw in draws.tolist()]


def _percentiles(found: Sequence[float | None], level: float) -> tuple[float, float] | None:
    """Resamples without a value are left out; where that is most of them there is no interval."""
    values = sorted(value for value in found if value is not None)
    if 2 * len(values) <= len(found):
        return None
    low = int(len(values) * (1 - level) / 2)
    return values[low], values[len(values) - 1 - low]
