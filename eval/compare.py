"""``footnote eval compare``: what got better or worse between two reports, beyond noise.

Cases that both reports have are compared pairwise: the 95 % interval of the difference comes from a paired bootstrap over them,
and a figure is better or worse when that interval leaves out 0. What differs in nothing is "same" whatever its interval was.
Reports are deterministic, so between two runs of the same program all differences are 0; the interval answers whether a
*change* of the program would show on other questions of the kind, too. A headline figure that NEW lacks counts as worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from eval.metrics.statistics import STATISTICS, difference

if TYPE_CHECKING:
    from eval.report.record import Figure, Part, Report

Change = Literal["better", "worse", "same", "gone", "new"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One figure in both reports, over the cases that both have."""

    part: str
    name: str
    headline: bool
    change: Change
    old: float | None
    new: float | None
    low: float | None = None
    """Interval of ``new - old``."""
    high: float | None = None
    count: int = 0
    """Cases that both have."""
    changed: tuple[str, ...] = ()
    """Ids of the cases whose values differ."""


def compare(old: Report, new: Report) -> list[Compared]:
    """Every figure of both reports, in the order of the new one, then those that only the old one has."""
    before, after = _figures(old), _figures(new)
    out = [_compared(key, *before[key], *after[key]) if key in before else _alone(key, after[key][1], "new") for key in after]
    return out + [_alone(key, before[key][1], "gone") for key in before if key not in after]


def worse(compared: list[Compared]) -> list[Compared]:
    """The headline figures that got worse, or are gone."""
    return [each for each in compared if each.headline and each.change in ("worse", "gone")]


def _figures(report: Report) -> dict[tuple[str, str], tuple[Part, Figure]]:
    return {(part.name, figure.name): (part, figure) for part in report.parts for figure in part.figures}


def _alone(key: tuple[str, str], figure: Figure, change: Change) -> Compared:
    old, new = (figure.value, None) if change == "gone" else (None, figure.value)
    return Compared(part=key[0], name=key[1], headline=figure.headline, change=change, old=old, new=new)


def _compared(key: tuple[str, str], old_part: Part, old: Figure, new_part: Part, new: Figure) -> Compared:
    before, after = new.rows(old_part.outcomes), new.rows(new_part.outcomes)
    shared = [name for name in after if name in before]
    rows = [before[name] for name in shared], [after[name] for name in shared]
    changed = tuple(name for name in shared if before[name] != after[name])
    statistic = STATISTICS[new.of]
    bounds = difference(new.of, *rows) if changed else None
    change: Change = "same"
    if bounds is not None and new.better and not bounds[0] <= 0 <= bounds[1]:
        change = "better" if (bounds[0] > 0) == (new.better == "higher") else "worse"
    return Compared(
        part=key[0],
        name=key[1],
        headline=new.headline,
        change=change,
        old=statistic(rows[0]),
        new=statistic(rows[1]),
        low=bounds[0] if bounds else None,
        high=bounds[1] if bounds else None,
        count=len(shared),
        changed=changed,
    )
