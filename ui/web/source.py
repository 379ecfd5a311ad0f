"""The source panel: the passage behind a footnote, in its context, as HTML.

The note stands there as plain text, escaped whole (``gr.HTML`` sanitises nothing): code and formulas keep every character
and space. The quote is marked. Some 600 characters before and after it are shown, from the start of a line to the end of one.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import PurePath
from typing import TYPE_CHECKING

from rag.types import Citation
from ui.render import nearest, one_line, safe, spot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.types import Document
    from rag.types import Answer, Passage
    from ui.web.shelf import Shelf

CONTEXT = 600
"""Characters of context on each side of a quote."""
_REFERENCE = re.compile(r"#?(fn|near)-(\d{1,6})-(\d{1,6})\Z")
_SLACK = 200
"""How much further a side may go to end with a whole line."""


def source_html(shelf: Shelf, answers: Sequence[Answer | None], reference: str, strings: Mapping[str, str]) -> str:
    """The source panel for ``fn-ANSWER-NUMBER`` or ``near-ANSWER-RANK`` of ``answers``; empty where there is no such thing."""
    found = _REFERENCE.match(reference)
    answer = answers[int(found[2])] if found is not None and int(found[2]) < len(answers) else None
    if found is None or answer is None:
        return ""
    kind, number, n = found[1], found[2], int(found[3])
    cited = answer.citations if kind == "fn" else [_as_citation(rank, passage) for rank, passage in enumerate(nearest(answer))]
    places = {citation.n: citation for citation in cited}
    if n not in places:
        return ""
    title = strings["footnote"].format(n) if kind == "fn" else strings["source"]
    document = shelf.document(places[n].document_id)
    if document is None or document.text[places[n].start : places[n].end] != places[n].quote:
        return f'{_head(title, strings, "", "")}<div class="fn-passage"><p>{escape(strings["gone"])}</p></div>'
    order = sorted(places)
    at = order.index(n)
    previous = f"#{kind}-{number}-{order[at - 1]}" if at > 0 else ""
    following = f"#{kind}-{number}-{order[at + 1]}" if at + 1 < len(order) else ""
    return panel(document, places[n], strings, title=title, previous=previous, following=following)


def panel(
    document: Document, cited: Citation, strings: Mapping[str, str], *, title: str, previous: str = "", following: str = ""
) -> str:
    """The panel for what is ``cited`` of ``document``; ``previous`` and ``following`` name its neighbours, or are empty."""
    before, quote, after = context(document.text, cited.start, cited.end)
    name = escape(f"{safe(PurePath(cited.path).name)} · {spot(cited.page, cited.lines, strings)}")
    headings = "".join(f"<li>{escape(one_line(heading, 120))}</li>" for heading in cited.trail)
    return (
        f"{_head(title, strings, previous, following)}"
        f'<div class="fn-where"><p class="fn-note">{escape(one_line(document.title, 120))}</p>'
        f'<p class="fn-file" title="{escape(safe(cited.path))}">{name}</p><ol class="fn-trail">{headings}</ol></div>'
        f'<div class="fn-passage" tabindex="0"><span class="fn-around">{_text(before)}</span>'
        f'<mark>{_text(quote)}</mark><span class="fn-around">{_text(after)}</span></div>'
    )


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
        label = f'title="{escape(strings[name])}" aria-label="{escape(strings[name])}"'
        state = "" if reference else " disabled"
        return f'<button type="button" class="fn-step" data-ref="{escape(reference)}" {label}{state}>{sign}</button>'

    close = escape(strings["close"])
    return (
        f'<div class="fn-head"><h2 tabindex="-1">{escape(title)}</h2>'
        f"{step(previous, 'previous', '‹')}{step(following, 'next', '›')}"
        f'<button type="button" class="fn-close" title="{close}" aria-label="{close}">×</button></div>'
    )


def _as_citation(rank: int, passage: Passage) -> Citation:
    chunk = passage.chunk
    return Citation(
        n=rank,
        document_id=chunk.document_id,
        path=passage.path,
        trail=chunk.trail,
        page=chunk.page,
        lines=chunk.lines,
        quote=chunk.text,
        start=chunk.start,
        end=chunk.end,
    )


def _text(text: str) -> str:
    return escape(safe(text))
