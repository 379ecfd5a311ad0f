"""The source panel: the passage behind a footnote, in its context, as HTML.

The note stands there as plain text, escaped whole (``gr.HTML`` sanitises nothing): code and formulas keep every character
and space. The quote is marked. Some 600 characters before and after it are shown, from the start of a line to the end of one.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import PurePath
from typing import TYPE_CHECKING

from ui.render import nearest, one_line, safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.types import Document
    from rag.types import Answer
    from ui.web.shelf import Shelf

CONTEXT = 600
"""Characters of context on each side of a quote."""
_REFERENCE = re.compile(r"#?(fn|near)-(\d{1,6})-(\d{1,6})\Z")
_SLACK = 200
"""How much further a side may go to end with a whole line."""


def source_html(shelf: Shelf, answers: Sequence[Answer | None], reference: str, text: Mapping[str, str]) -> str:
    """The source panel for ``fn-ANSWER-NUMBER`` or ``near-ANSWER-RANK`` of ``answers``; empty where there is no such thing."""
    found = _REFERENCE.match(reference)
    if found is None or int(found[2]) >= len(answers):
        return ""
    kind, number, n = found[1], int(found[2]), int(found[3])
    answer = answers[number]
    if answer is None:
        return ""
    if kind == "fn":
        places = {c.n: (c.document_id, c.path, c.trail, c.page, c.lines, c.start, c.end, c.quote) for c in answer.citations}
    else:
        chunks = [(p.path, p.chunk) for p in nearest(answer)]
        places = {
            rank: (c.document_id, path, c.trail, c.page, c.lines, c.start, c.end, c.text) for rank, (path, c) in enumerate(chunks)
        }
    if n not in places:
        return ""
    document_id, path, trail, page, lines, start, end, quote = places[n]
    title = text["footnote"].format(n) if kind == "fn" else text["source"]
    document = shelf.document(document_id)
    if document is None or document.text[start:end] != quote:
        return missing(title, text)
    order = sorted(places)
    at = order.index(n)
    return panel(
        document,
        title=title,
        path=path,
        trail=trail,
        page=page,
        lines=lines,
        start=start,
        end=end,
        strings=text,
        previous=f"#{kind}-{number}-{order[at - 1]}" if at > 0 else "",
        following=f"#{kind}-{number}-{order[at + 1]}" if at + 1 < len(order) else "",
    )


def panel(
    document: Document,
    *,
    title: str,
    path: str,
    trail: tuple[str, ...],
    page: int | None,
    lines: tuple[int, int],
    start: int,
    end: int,
    strings: Mapping[str, str],
    previous: str = "",
    following: str = "",
) -> str:
    """The panel for ``document.text[start:end]``; ``previous`` and ``following`` are references of its neighbours or empty."""
    before, quote, after = context(document.text, start, end)
    spot = [strings["page"].format(page)] if page is not None else []
    spot.append(strings["line"].format(lines[0]) if lines[0] == lines[1] else strings["lines"].format(*lines))
    headings = "".join(f"<li>{escape(one_line(heading, 120))}</li>" for heading in trail)
    passage = (
        f'<span class="fn-around">{_text(before)}</span><mark>{_text(quote)}</mark><span class="fn-around">{_text(after)}</span>'
    )
    if not document.text.strip() or not (before + quote + after).strip():
        passage = escape(strings["empty_section"])
    return (
        f"{_head(title, strings, previous, following)}"
        f'<div class="fn-where"><p class="fn-note">{escape(one_line(document.title, 120))}</p>'
        f'<p class="fn-file" title="{escape(safe(path))}">{escape(safe(PurePath(path).name))} · {escape(" · ".join(spot))}</p>'
        f'<ol class="fn-trail">{headings}</ol></div>'
        f'<div class="fn-passage" tabindex="0">{passage}</div>'
    )


def missing(title: str, strings: Mapping[str, str]) -> str:
    """The panel for a note that has gone or changed since the answer."""
    return f'{_head(title, strings, "", "")}<div class="fn-passage"><p>{escape(strings["gone"])}</p></div>'


def context(text: str, start: int, end: int) -> tuple[str, str, str]:
    """The quote with about ``CONTEXT`` characters on each side, cut where lines begin and end as far as they do nearby."""
    left = max(0, start - CONTEXT)
    if left:
        newline = text.rfind("\n", max(0, left - _SLACK), left)
        left = newline + 1 if newline >= 0 else left
    right = min(len(text), end + CONTEXT)
    if right < len(text):
        newline = text.find("\n", right, right + _SLACK)
        right = newline if newline >= 0 else right
    before = text[left:start].lstrip("\n")
    after = text[end:right].rstrip()
    return ("…" if left and text[left - 1] != "\n" else "") + before, text[start:end], after + ("…" if right < len(text) else "")


def _head(title: str, strings: Mapping[str, str], previous: str, following: str) -> str:
    def step(reference: str, name: str, sign: str) -> str:
        state = "" if reference else " disabled"
        label = escape(strings[name])
        return f'<button type="button" class="fn-step" data-ref="{escape(reference)}" title="{label}" aria-label="{label}"{state}>{sign}</button>'

    close = escape(strings["close"])
    return (
        f'<div class="fn-head"><h2 tabindex="-1">{escape(title)}</h2>'
        f"{step(previous, 'previous', '‹')}{step(following, 'next', '›')}"
        f'<button type="button" class="fn-close" title="{close}" aria-label="{close}">×</button></div>'
    )


def _text(text: str) -> str:
    return escape(safe(text))
