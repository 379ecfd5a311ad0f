"""What the tab that checks shows: a verified answer sentence by sentence, the report of an evaluation, the list of runs.

Support is told in colour, in shape and in words, as in the chat. A report stands in a frame with every right taken away
(``sandbox=""``): even if something in it could run, it would run nowhere.
"""

from __future__ import annotations

import time
from html import escape
from typing import TYPE_CHECKING

from ui.render import safe
from ui.web.markup import SIGNS, button, worst
from ui.web.measuring import label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rag.verify import Check, Verification
    from ui.web.runs import Run

    Words = Mapping[str, str]

_FIGURES = 4
_EVIDENCE = 600


def verification_html(result: Verification, text: Words) -> str:
    """The verdict over the whole answer, then each sentence with its mark, support, evidence and reason."""
    claims = [check for check in result.sentences if check.verdict in SIGNS]
    if not claims or result.faithfulness is None:
        head = f'<p class="fn-verdict">{escape(text["nothing_claimed"])}</p>'
    else:
        good = sum(check.verdict == "supported" for check in claims)
        said = text["faithfulness"].format(round(100 * result.faithfulness), len(claims), good)
        kind = worst([check.verdict for check in claims])
        mark = f'<strong class="fn-mark fn-{kind}">{SIGNS[kind]} {escape(text["all_" + kind])}</strong>'
        head = f'<p class="fn-verdict">{mark} {escape(said)}</p>'
    return f'<div role="status">{head}<ol class="fn-checks">{"".join(_check(each, text) for each in result.sentences)}</ol></div>'


def _check(check: Check, text: Words) -> str:
    if check.verdict not in SIGNS:
        return f'<li class="fn-check"><p>{_text(check.text)}</p><p class="fn-small">{escape(text["no-claim"])}</p></li>'
    support = text["support"].format(round(100 * check.support))
    mark = f'<span class="fn-mark fn-{check.verdict}">{SIGNS[check.verdict]} {escape(text[check.verdict])}</span>'
    meter = f'<meter min="0" max="1" value="{check.support:.3f}" aria-label="{escape(support)}"></meter>'
    reason = f'<p class="fn-small">{_text(check.reason)}</p>' if check.reason else ""
    evidence = ""
    if check.evidence:
        cut = check.evidence[:_EVIDENCE] + ("…" if len(check.evidence) > _EVIDENCE else "")
        evidence = f"<details><summary>{escape(text['evidence'])}</summary><blockquote>{_text(cut)}</blockquote></details>"
    return (
        f'<li class="fn-check fn-is-{check.verdict}"><p>{_text(check.text)}</p>'
        f'<p class="fn-small fn-scored">{mark}{meter}<span>{escape(support)}</span></p>{reason}{evidence}</li>'
    )


def measuring_html(done: int, total: int, what: str, text: Words) -> str:
    """How far an evaluation is, and a way to stop it."""
    stop = f'<button type="button" class="fn-text" name="stop-run" value="">{escape(text["stop_run"])}</button>'
    said = f"{text['measuring'].format(safe(what)[-80:])} · {done} / {total}" if total else text["measuring"].format("…")
    bar = f'<progress value="{done}" max="{max(total, 1)}" aria-label="{escape(text["measure"])}"></progress>'
    return f'<div class="fn-progress">{bar}<span>{escape(said)} {stop}</span></div>'


def report_html(page: str, text: Words) -> str:
    """A report within the page."""
    if not page:
        return f'<p class="fn-remark" role="status">{escape(text["no_report"])}</p>'
    held = f'sandbox="" referrerpolicy="no-referrer" srcdoc="{escape(page)}"'
    return f'<iframe class="fn-report" title="{escape(text["report"])}" {held}></iframe>'


def runs_html(runs: Sequence[Run], text: Words, shown: str = "") -> str:
    """The runs, newest first; ``shown`` is the one whose report stands below."""
    head = f"<h2>{escape(text['runs'])}</h2>"
    if not runs:
        return f'{head}<p class="fn-empty">{escape(text["no_runs"])}</p>'
    items = []
    for run in runs:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.when))
        what = text.get(f"kind_{run.kind}", run.kind) + (f" · {run.name}" if run.name else "")
        figures = " · ".join(f"{label(each.name, text['lang'])} {each.value:.2f}" for each in run.figures[:_FIGURES])
        here = ' aria-current="true"' if run.id == shown else ""
        items.append(
            f'<li><button type="button" class="fn-run" name="open-run" value="{escape(run.id)}"{here}><span>{_text(what)}</span>'
            f'<time>{when}</time><span class="fn-small">{_text(figures)}</span></button>'
            f"{button('delete-run', run.id, 'delete', text)}</li>"
        )
    return f'{head}<ul class="fn-runs">{"".join(items)}</ul>'


def _text(text: str) -> str:
    return escape(safe(text))
