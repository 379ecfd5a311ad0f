"""A report as lines for a terminal, as one flat JSON object, and a comparison as lines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eval.compare import compare
from eval.report.page import shown
from eval.report.strings import reasons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.compare import Compared
    from eval.report.record import Figure, Part, Report

COUNTS = {"answerable": "wrongly declined", "unanswerable": "declined"}
"""How many cases there are of a kind: the cases of that figure."""


def flat(report: Report) -> dict[str, Any]:
    """Each figure by its name, and its interval as ``<name>.interval``; with several parts the part's name goes before."""
    out: dict[str, Any] = {}
    for part in report.parts:
        before = f"{part.name}: " if len(report.parts) > 1 else ""
        out |= {f"{before}{name}": value for name, value in _counts(part).items()}
        for figure in part.figures:
            out[f"{before}{figure.name}"] = figure.value
            if figure.low is not None:
                out[f"{before}{figure.name}.interval"] = [figure.low, figure.high]
    return out | dict(report.timing)


def printed(report: Report, *, failures: bool = False) -> str:
    """The figures, a line each; with ``failures`` the cases that failed in their place."""
    if not failures and len(report.parts) > 1 and report.kind == "answers":
        return _beside(report)
    lines: list[str] = []
    for part in report.parts:
        lines += ["", part.name] if len(report.parts) > 1 else []
        lines += _failed(part, report) if failures else _figures(part)
    if not failures:
        lines += ["", *(f"{name:40} {shown(value)}" for name, value in report.timing.items())] if report.timing else []
    return "\n".join(lines).strip("\n")


def compared_lines(compared: Sequence[Compared]) -> str:
    """What differs, the headline figures first; one line where nothing does."""
    lines = []
    for each in sorted(compared, key=lambda each: not each.headline):
        if each.change in ("gone", "new"):
            lines.append(f"{each.change:7} {each.part}: {each.name}")
        elif each.changed:
            bounds = f" by [{each.low:+.3f}, {each.high:+.3f}]" if each.low is not None else ""
            ids = ", ".join(each.changed[:8]) + (" …" if len(each.changed) > 8 else "")
            lines.append(
                f"{each.change:7} {each.part}: {each.name} {shown(each.old)} → {shown(each.new)}{bounds}, "
                f"{len(each.changed)} of {each.count} cases differ: {ids}"
            )
    return "\n".join(lines) or "same: no value of any case differs"


def _counts(part: Part) -> dict[str, int]:
    counts = {figure.name: figure.count for figure in part.figures}
    out = {name: counts[of] for name, of in COUNTS.items() if of in counts}
    asked = {name.removesuffix(".mrr@10"): count for name, count in counts.items() if name in ("zh.mrr@10", "en.mrr@10")}
    return out | {f"{lang}.questions": count for lang, count in asked.items()}


def _figures(part: Part) -> list[str]:
    lines = [f"{name:40} {count}" for name, count in _counts(part).items()]
    for figure in part.figures:
        bounds = f"  [{shown(figure.low)}, {shown(figure.high)}]" if figure.low is not None else ""
        lines.append(f"{figure.name:40} {shown(figure.value)}{bounds}  n={figure.count}")
    return lines


def _beside(report: Report) -> str:
    """Parts over the same questions as columns, the reader and an LLM, and what the difference is, pair by pair."""
    names = list(dict.fromkeys(figure.name for part in report.parts for figure in part.figures))
    columns = [{figure.name: figure for figure in part.figures} for part in report.parts]
    first, last = (replace(report, parts=(replace(part, name="answers"),)) for part in (report.parts[0], report.parts[-1]))
    changes = {each.name: each for each in compare(first, last)}
    lines = [" " * 34 + "".join(f"{part.name.partition(': ')[2][-26:]:>28}" for part in report.parts)]
    for name in names:
        cells = [_cell(column.get(name)) for column in columns]
        change = changes[name]
        bounds = f" by [{change.low:+.3f}, {change.high:+.3f}]" if change.low is not None else ""
        lines.append(f"{name:34}{''.join(f'{cell:>28}' for cell in cells)}  {change.change}{bounds}")
    return "\n".join([*lines, "", *(f"{name:52} {shown(value)}" for name, value in report.timing.items())])


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    return shown(figure.value) + (f" [{shown(figure.low)}, {shown(figure.high)}]" if figure.low is not None else "")


def _failed(part: Part, report: Report) -> list[str]:
    lines = []
    for outcome in part.outcomes:
        if outcome.failures:
            lines.append(f"{outcome.id}  {outcome.question}\n    {reasons(outcome.failures, report.lang)}")
            lines += [f"    {line.text}" for line in outcome.answer]
    return lines
