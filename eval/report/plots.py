"""Plots as inline SVG: no script, no colours but the page's own (CSS variables), every value as text for those who see none.

A risk–coverage curve, a reliability curve whose points are as large as their bins are full, histograms one below the other.
"""

from __future__ import annotations

from html import escape
from math import sqrt
from typing import TYPE_CHECKING

from eval.metrics.abstention import aurc, risk_coverage
from eval.metrics.calibration import ece, reliability
from eval.report.strings import say, tag_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.report.record import Language, Outcome, Plot

WIDTH, HEIGHT = 360, 250
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 10, 36
STRIP = 70
BINS = 20


def svg(plot: Plot, outcomes: Sequence[Outcome], lang: Language) -> str:
    """The plot as a ``<figure>``; empty where no case has the values."""
    pairs = [
        (outcome, [value for name in plot.values if (value := outcome.values.get(name)) is not None]) for outcome in outcomes
    ]
    held = [(outcome, values) for outcome, values in pairs if len(values) == len(plot.values)]
    if len(held) < 2:
        return ""
    if plot.kind == "distribution":
        groups: dict[str, list[float]] = {}
        for outcome, values in held:
            groups.setdefault(outcome.tags.get(plot.by, ""), []).append(values[0])
        drawing, told = _histograms(groups, lang)
    else:
        first, second = ([values[place] for _, values in held] for place in (0, 1))
        drawing, told = (_risk if plot.kind == "risk-coverage" else _reliable)(first, second, lang)
    title = say(f"plot.{plot.kind}", lang).format(say(plot.name, lang))
    return f"<figure><figcaption>{escape(title)} <small>{escape(told)}</small></figcaption>{drawing}</figure>"


def _risk(confidences: Sequence[float], errors: Sequence[float], lang: Language) -> tuple[str, str]:
    curve = risk_coverage(confidences, errors)
    top = max(0.1, max(risk for _, risk in curve))
    points = " ".join(f"{_x(coverage):.1f},{_y(risk / top):.1f}" for coverage, risk in curve)
    body = _axes(say("coverage", lang), say("risk", lang), top) + f'<polyline class="curve" points="{points}"/>'
    told = f"AURC {aurc(confidences, errors):.3f} · n = {len(curve)}"
    return _drawing(body, HEIGHT, told), told


def _reliable(scores: Sequence[float], right: Sequence[float], lang: Language) -> tuple[str, str]:
    bins = [each for each in reliability(scores, right) if each.count]
    most = max(each.count for each in bins)
    body = _axes(say("score", lang), say("share right", lang), 1.0)
    body += f'<line class="ideal" x1="{_x(0):.1f}" y1="{_y(0):.1f}" x2="{_x(1):.1f}" y2="{_y(1):.1f}"/>'
    body += f'<polyline class="curve" points="{" ".join(f"{_x(each.score):.1f},{_y(each.right):.1f}" for each in bins)}"/>'
    for each in bins:
        about = f"{each.low:.1f}–{each.high:.1f}: {each.score:.2f} → {each.right:.2f} (n = {each.count})"
        body += (
            f'<circle class="dot" cx="{_x(each.score):.1f}" cy="{_y(each.right):.1f}" r="{2 + 6 * sqrt(each.count / most):.1f}">'
            f"<title>{about}</title></circle>"
        )
    told = f"ECE {ece(scores, right):.3f} · n = {len(scores)}"
    return _drawing(body, HEIGHT, told), told


def _histograms(groups: dict[str, list[float]], lang: Language) -> tuple[str, str]:
    """One strip a group, over the same axis 0..1 (further, where values lie beyond)."""
    values = [value for group in groups.values() for value in group]
    low, high = min(0.0, *values), max(1.0, *values)
    body = ""
    for row, (name, group) in enumerate(sorted(groups.items())):
        counts = [0] * BINS
        for value in group:
            counts[min(BINS - 1, int((value - low) / (high - low) * BINS))] += 1
        floor = TOP + (row + 1) * STRIP - 12
        step = (WIDTH - LEFT - RIGHT) / BINS
        for place, count in enumerate(counts):
            if count:
                tall = max(1.0, count / max(counts) * (STRIP - 28))
                body += (
                    f'<rect class="bar" x="{LEFT + place * step + 0.5:.1f}" y="{floor - tall:.1f}" width="{step - 1:.1f}" '
                    f'height="{tall:.1f}"><title>{low + (high - low) * place / BINS:.2f}: {count}</title></rect>'
                )
        label = f"{tag_name(name, lang)} (n = {len(group)})" if name else f"n = {len(group)}"
        body += _text("label", LEFT, floor - STRIP + 24, label)
        body += f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{floor}" y2="{floor}"/>'
    height = TOP + len(groups) * STRIP + 14
    for share in (0.0, 0.5, 1.0):
        body += _text("tick middle", _x(share), height - 8, f"{low + share * (high - low):.1f}")
    told = f"n = {len(values)}"
    return _drawing(body, height, told), told


def _axes(across: str, up: str, top: float) -> str:
    """The frame from 0 to 1 across and to ``top`` up."""
    out = ""
    for place in range(5):
        share = place / 4
        out += f'<line class="grid" x1="{_x(0):.1f}" x2="{_x(1):.1f}" y1="{_y(share):.1f}" y2="{_y(share):.1f}"/>'
        out += _text("tick end", LEFT - 5, _y(share) + 3, f"{share * top:.2f}")
        out += _text("tick middle", _x(share), HEIGHT - BOTTOM + 14, f"{share:.2f}")
    middle = (TOP + HEIGHT - BOTTOM) / 2
    out += _text("label middle", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 5, across)
    return out + _text("label middle", 9, middle, up, f' transform="rotate(-90 9 {middle:.0f})"')


def _text(classes: str, x: float, y: float, text: str, more: str = "") -> str:
    return f'<text class="{classes}" x="{x:.1f}" y="{y:.1f}"{more}>{escape(text)}</text>'


def _drawing(body: str, height: int, told: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img"><title>{escape(told)}</title>{body}</svg>'


def _x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
