"""The panel at the side: the passage behind a footnote in its note, or how an answer was found.

The note stands there as it reads (Markdown, formulas), the quote marked in it, some screens before and after; a page of a
PDF as the picture that a reader knows, with the place marked. Where neither can be had, as plain text.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from rag.types import Citation
from ui.render import one_line, place, safe, spot
from ui.web.frame import PLAIN
from ui.web.highlight import highlighted
from ui.web.markdown import LATEX_DELIMITERS, markdown_html, on_one_line, plain
from ui.web.markup import SIGNS, button, percent, worded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import gradio as gr

    from ingest.types import Document
    from rag.retrieve import Mode
    from rag.types import Answer, Passage
    from ui.web.desk import Visit
    from ui.web.frame import Frame

CONTEXT = 4000
"""Characters of context on each side of a quote."""
_SLACK = 400
"""How much further a side may go to end with a whole line."""
_REFERENCE = re.compile(r"(fn|near|leg)-(\d{1,6})-(\d{1,6})\Z")
_FENCE = re.compile(r"^[ \t]*(```|~~~|\$\$(?!.*\$\$))", re.MULTILINE)
_LEGS: tuple[Mode, ...] = ("hybrid", "lexical", "dense")


class SourcePanel:
    """The panel. ``outputs`` is what ``show`` and ``explain`` return values for."""

    outputs: list[gr.HTML | gr.Markdown]

    def build(self, frame: Frame) -> None:
        """Make the panel where Gradio stands now; ``ask`` fills it."""
        import gradio as gr

        with gr.Column(elem_id="fn-source", elem_classes="fn-drawer"):
            head = gr.HTML("", elem_id="fn-source-head", **PLAIN)
            picture = gr.HTML("", elem_id="fn-source-picture", **PLAIN)
            text = gr.Markdown("", elem_id="fn-source-text", latex_delimiters=LATEX_DELIMITERS, container=False)
        self.outputs = [head, picture, text]

    def show(self, visit: Visit, answers: Sequence[Answer], reference: str, words: Mapping[str, str]) -> tuple[Any, ...]:
        """The panel for ``fn-ANSWER-NUMBER``, ``near-ANSWER-RANK`` or ``leg-ANSWER-RANK`` (of its passages)."""
        import gradio as gr

        found = cited(answers, reference)
        if found is None:
            return (gr.skip(),) * 3
        kind, number, n, places = found
        title = words["footnote"].format(n) if kind == "fn" else words["source"]
        document = visit.desk.shelf.document(places[n].document_id)
        if document is None or document.text[places[n].start : places[n].end] != places[n].quote:
            return f"{head_html(title, words)}<p class='fn-gone'>{escape(words['gone'])}</p>", "", ""
        order = sorted(places)
        at = order.index(n)
        steps = [f"{kind}-{number}-{order[other]}" if 0 <= other < len(order) else "" for other in (at - 1, at + 1)]
        head = head_html(title, words, *steps) + where_html(document, places[n], words)
        return head, visit.desk.shelf.page_html(places[n], words), note_html(document, places[n])

    def explain(self, visit: Visit, answer: Answer | None, number: int, words: Mapping[str, str]) -> tuple[Any, ...]:
        """The panel with how an answer was found: its confidence, and what each way of searching found, with scores."""
        import gradio as gr

        if answer is None:
            return (gr.skip(),) * 3
        legs = {leg: visit.desk.shelf.search(answer.question, leg) for leg in _LEGS}
        return head_html(words["why"], words) + why_html(answer, legs, number, words), "", ""


def cited(answers: Sequence[Answer], reference: str) -> tuple[str, int, int, dict[int, Citation]] | None:
    """The kind, answer and number that ``reference`` names, with all places of that kind; ``None`` where there is none."""
    found = _REFERENCE.match(reference)
    if found is None or int(found[2]) >= len(answers):
        return None
    kind, number, n = found[1], int(found[2]), int(found[3])
    answer = answers[number]
    passages = answer.near if kind == "near" else answer.passages
    listed = answer.citations if kind == "fn" else [_as_citation(rank, passage) for rank, passage in enumerate(passages)]
    places = {citation.n: citation for citation in listed}
    return (kind, number, n, places) if n in places else None


def head_html(title: str, words: Mapping[str, str], previous: str = "", following: str = "") -> str:
    """The panel's head; ``previous`` and ``following`` name the neighbours, or are empty."""

    def step(reference: str, label: str) -> str:
        made = button("source", reference, label, words)
        return made if reference else made.replace("<button", "<button disabled", 1)

    steps = step(previous, "previous") + step(following, "next") if previous or following else ""
    return f'<div class="fn-head"><h2 tabindex="-1">{escape(title)}</h2>{steps}{button("close-source", "", "close", words)}</div>'


def where_html(document: Document, cite: Citation, words: Mapping[str, str]) -> str:
    """Where the quote stands, and what can be done with it: copy it with its reference, open the file."""
    file = PurePath(cite.path)
    name = f"<span>{escape(safe(file.name))}</span> · {escape(spot(cite.page, cite.lines, words))}"
    titled = "" if document.title in (file.stem, file.name) else f'<p class="fn-note">{escape(one_line(document.title, 120))}</p>'
    trail = escape(" › ".join(one_line(heading, 120) for heading in cite.trail))
    headings = "".join(f"<li>{escape(one_line(heading, 120))}</li>" for heading in cite.trail)
    quoted = "\n".join(f"> {line}" for line in safe(cite.quote).splitlines())
    reference = f"{quoted}\n>\n> —— {place(cite.path, cite.trail, cite.page, cite.lines, words)}\n"
    copy = worded("copy-text", reference, words["copy_quote"])
    page = f"#page={cite.page}" if cite.page else ""
    address = f"note/{quote(document.id, safe='')}{page}"
    opened = f'<a class="fn-text" href="{address}" target="_blank" rel="noopener">{escape(words["open_file"])}</a>'
    return (
        f'<div class="fn-where">{titled}<p class="fn-file" title="{escape(safe(cite.path))}">{name}</p>'
        f'<ol class="fn-trail" title="{trail}">{headings}</ol>'
        f'<p class="fn-doing">{copy}{opened}</p></div>'
    )


def note_html(document: Document, cite: Citation) -> str:
    """The note around the quote, as it reads, the quote in ``<mark>``."""
    before, quoted, after = context(document.text, cite.start, cite.end)
    indented = not document.path.lower().endswith(".txt")
    html = highlighted(markdown_html(before + quoted + after, lines=True, indented_code=indented), plain(before), plain(quoted))
    if html is None:
        html = f'<div class="fn-plain">{_text(before)}<mark>{_text(quoted)}</mark>{_text(after)}</div>'.replace("\n", "&#10;")
    return on_one_line(f'<div class="fn-passage fn-read">{html}</div>')


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
    left = min(_outside(text, left), start)
    return text[left:start], text[start:end], text[end:right]


def _outside(text: str, at: int) -> int:
    """``at``, or where the code or formula begins that ``at`` stands in: from its middle on, all would read the wrong way."""
    opened, mark = -1, ""
    for line in _FENCE.finditer(text, 0, at):
        if opened < 0:
            opened, mark = line.start(), line[1]
        elif line[1].startswith(mark):
            opened = -1
    return opened if opened >= 0 else at


def why_html(answer: Answer, legs: Mapping[Mode, Sequence[Passage]], number: int, words: Mapping[str, str]) -> str:
    """Confidence, and the passages with what each way of searching gave them."""
    sure, said = percent(answer), "chance" if answer.abstained else "sure"
    parts = [
        f'<div class="fn-whys"><p><strong>{escape(words[said].format(sure))}</strong> {escape(words["sure_title"])}</p>'
        f'<meter min="0" max="100" value="{sure}" aria-label="{escape(words[said].format(sure))}"></meter>'
    ]
    if answer.passages:
        scores = {leg: {found.chunk.id: found for found in passages} for leg, passages in legs.items()}
        rows = "".join(_row(rank, passage, scores, number, words) for rank, passage in enumerate(answer.passages))
        parts.append(f"<h3>{escape(words['passages'])}</h3><p>{escape(words['passages_hint'])}</p><ol>{rows}</ol>")
    signs = "".join(f"<li>{sign} {escape(words[verdict])}</li>" for verdict, sign in SIGNS.items())
    return "".join(parts) + f'<h3>{escape(words["signs"])}</h3><ul class="fn-signs">{signs}</ul></div>'


def _row(rank: int, passage: Passage, scores: Mapping[Mode, Mapping[str, Passage]], number: int, words: Mapping[str, str]) -> str:
    chunk = passage.chunk
    told = "".join(
        f"<span>{escape(words['leg_' + leg])} <b>{found.score:.2f}</b> #{found.rank}</span>"
        if (found := scores[leg].get(chunk.id)) is not None
        else f"<span>{escape(words['leg_' + leg])} –</span>"
        for leg in _LEGS
    )
    name = escape(place(passage.path, chunk.trail[-1:], chunk.page, chunk.lines, words))
    return (
        f'<li><button type="button" class="fn-near" name="source" value="leg-{number}-{rank}">{name}</button>'
        f'<p>{escape(one_line(chunk.text, 90))}</p><p class="fn-scores">{told}</p></li>'
    )


def _as_citation(rank: int, passage: Passage) -> Citation:
    chunk = passage.chunk
    return Citation(
        n=rank, document_id=chunk.document_id, path=passage.path, trail=chunk.trail, page=chunk.page, lines=chunk.lines,
        quote=chunk.text, start=chunk.start, end=chunk.end,
    )  # fmt: skip


def _text(text: str) -> str:
    return escape(safe(plain(text)))
