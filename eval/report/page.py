"""A report as one HTML file that needs nothing else: no script, no font, no image, nothing fetched (its own policy forbids it).

First what a reader wants to know in a minute: the headline figures; then what failed, each case with its question, its answer
sentence by sentence, the evidence and the reason; then plots and all figures. Every text from outside is escaped.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from eval.report.plots import svg
from eval.report.strings import figure_name, part_name, reasons, say, tag_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.report.record import Figure, Language, Line, Outcome, Part, Report

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
LONGEST = 1200
"""Characters of one passage that are shown."""


def html(report: Report) -> str:
    """The whole page, in the report's language."""
    lang = report.lang
    title = f"{say('title', lang)} · {say(f'kind.{report.kind}', lang)}"
    css = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    links = [f'<a href="#part-{number}">{escape(part_name(part.name, lang))}</a>' for number, part in enumerate(report.parts, 1)]
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="soft">{escape(say("intervals", lang))}</p>',
        f"<nav>{''.join(links)}</nav>" if len(links) > 1 else "",
        *(_part(part, number, report, lang) for number, part in enumerate(report.parts, 1)),
        _timing(report, lang),
    ]
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if lang == "zh" else "en"}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{css}</style>\n</head>\n<body>\n<main>\n{_lines(body)}</main>\n</body>\n</html>\n"
    )


def _part(part: Part, number: int, report: Report, lang: Language) -> str:
    headline = [figure for figure in part.figures if figure.headline]
    failed = [outcome for outcome in part.outcomes if outcome.failures]
    plots = "".join(svg(plot, part.outcomes, lang) for plot in part.plots)
    found = "findings" if report.kind == "notes" else "failures"
    return _lines(
        [
            f'<h2 id="part-{number}">{escape(part_name(part.name, lang))}</h2>',
            f'<div class="cards">{"".join(_card(figure, lang) for figure in headline)}</div>',
            f"<h3>{escape(say(found, lang))} <small>{len(failed)} / {len(part.outcomes)}</small></h3>",
            _counts(failed, lang) if failed else f'<p class="soft">{escape(say(f"no {found}", lang))}</p>',
            *(_failure(outcome, lang, first=place == 0) for place, outcome in enumerate(failed)),
            f'<h3>{escape(say("plots", lang))}</h3>\n<div class="plots">{plots}</div>' if plots else "",
            _table(part, lang) if len(part.figures) > len(headline) else "",
        ]
    )


def _card(figure: Figure, lang: Language) -> str:
    bounds = f"[{shown(figure.low)}, {shown(figure.high)}] " if figure.low is not None else ""
    return (
        f'<div class="card"><span>{escape(figure_name(figure.name, lang))}</span><b>{shown(figure.value)}</b>'
        f"<small>{bounds}n = {figure.count}</small></div>"
    )


def _counts(failed: Sequence[Outcome], lang: Language) -> str:
    """How often each thing failed."""
    counts = Counter(what for outcome in failed for what in dict(outcome.failures))
    return f'<p class="soft">{escape(" · ".join(f"{say(what, lang)} × {count}" for what, count in counts.most_common()))}</p>'


def _failure(outcome: Outcome, lang: Language, *, first: bool) -> str:
    why = reasons(outcome.failures, lang)
    tags = " · ".join(filter(None, [outcome.id, *(tag_name(value, lang) for value in outcome.tags.values())]))
    said = outcome.question or (outcome.answer[0].text if outcome.answer else "")
    inside = [
        _headed("answer", [_said(line, lang) for line in outcome.answer], lang),
        _headed("evidence", [_passage(line) for line in outcome.evidence], lang),
        _headed("expected", [f"<p>{escape(outcome.expected)}</p>"] if outcome.expected else [], lang),
    ]
    return (
        f"<details{' open' if first else ''}><summary>{escape(_cut(said))} <small>{escape(tags)}</small>"
        f'<br><span class="why">{escape(_cut(why))}</span></summary><div>{_lines(inside)}</div></details>'
    )


def _headed(key: str, parts: Sequence[str], lang: Language) -> str:
    return f'<p class="head">{escape(say(key, lang))}</p>{"".join(parts)}' if parts else ""


def _said(line: Line, lang: Language) -> str:
    about = [say(f"verdict.{line.verdict}", lang)] if line.verdict else []
    about += [f"{line.support:.2f}"] if line.support is not None and line.verdict != "no-claim" else []
    note = escape(" · ".join([*about, *([line.note] if line.note else [])]))
    kind = f" {line.verdict}" if line.verdict else ""
    return f'<div class="said{escape(kind)}">{escape(line.text)}{f"<small class=verdict>{note}</small>" if note else ""}</div>'


def _passage(line: Line) -> str:
    return f"<blockquote>{escape(_cut(line.text))}{f'<small>{escape(line.note)}</small>' if line.note else ''}</blockquote>"


def _table(part: Part, lang: Language) -> str:
    rows = "".join(
        f'<tr><td>{escape(figure_name(figure.name, lang))}</td><td class="number">{shown(figure.value)}</td>'
        f'<td class="number">{f"[{shown(figure.low)}, {shown(figure.high)}]" if figure.low is not None else ""}</td>'
        f'<td class="number">{figure.count}</td></tr>'
        for figure in part.figures
    )
    heads = "".join(
        f"<th{'' if key == 'figure' else ' class=number'}>{escape(say(key, lang))}</th>"
        for key in ("figure", "value", "interval", "cases")
    )
    return (
        f'<h3>{escape(say("figures", lang))}</h3>\n<div class="wide"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _timing(report: Report, lang: Language) -> str:
    if not report.timing:
        return ""
    told = " · ".join(f"{name} {value:.3g}" for name, value in report.timing.items())
    return f'<h2>{escape(say("timing", lang))}</h2>\n<p class="soft">{escape(told)}</p>'


def shown(value: float | None) -> str:
    """A figure as it is printed: three decimals, whole numbers from 100 on."""
    return "–" if value is None else f"{value:.0f}" if abs(value) >= 100 else f"{value:.3f}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _lines(parts: Sequence[str]) -> str:
    return "".join(f"{part}\n" for part in parts if part)
