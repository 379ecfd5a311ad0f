"""The page: chat, source panel, notes. Built with Gradio; the words are in ``strings``, the look in ``page.css``.

Decisions:

- Gradio's Chatbot shows HTML that ``markup`` made; the session's answers stand in ``gr.State``, and the browser only ever
  sends the name of a footnote (``fn-ANSWER-NUMBER``), never offsets or paths.
- Clicks on footnotes, on suggestions and in the panel reach Python through the one ``gr.HTML`` that has a script of its own
  (``page.js``); focus, Escape, copying and the input method's Enter live there too.
- No event is a public endpoint. Nothing is fetched from another host: system fonts, telemetry off, and a
  Content-Security-Policy that would stop what slipped through (``guard``).
"""

from __future__ import annotations

import queue
import re
import sys
import threading
import traceback
from collections.abc import Iterator  # here, not under TYPE_CHECKING: Gradio looks the annotations of its events up
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ingest.errors import NotesError
from rag.types import Answer, Sentence, Turn
from ui.render import nearest, safe
from ui.web import markup, source
from ui.web.strings import STRINGS, Language, preferred

if TYPE_CHECKING:
    import gradio as gr

    from ui.web.shelf import Outcome, Shelf

HISTORY = 6
"""Messages of the chat that a follow-up question may lean on."""
_LISTED = 200
_REFERENCE = re.compile(r"#?(fn|near)-(\d{1,6})-(\d{1,6})\Z")
_FONTS = ["-apple-system", "BlinkMacSystemFont", "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "system-ui", "sans-serif"]
_MONO = ["ui-monospace", "SF Mono", "Cascadia Mono", "Consolas", "Noto Sans Mono CJK SC", "monospace"]

_LONGEST = 2000
"""Characters of a question; the rest is cut."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with its answer (``None`` where it failed) and what the chat shows for it."""

    asked: str
    answer: Answer | None
    html: str


def launch_options() -> dict[str, Any]:
    """What Gradio wants at ``launch`` rather than in ``Blocks``: look and script."""
    import gradio as gr

    style = files("ui.web").joinpath("page.css").read_text(encoding="utf-8")
    return {
        "theme": gr.themes.Base(font=_FONTS, font_mono=_MONO),
        "head": f"<style>{style}</style>",  # not as css=, which rewrites selectors that begin outside the page's container
        "footer_links": [],
    }


def build_page(shelf: Shelf) -> gr.Blocks:
    """The page over ``shelf``; ``launch`` it with ``launch_options``."""
    import gradio as gr

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    plain: dict[str, Any] = {"apply_default_css": False}
    with gr.Blocks(title="脚注 Footnote", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)) as page:
        chats = gr.State([])
        language = gr.BrowserState("", storage_key="footnote-language", secret="footnote")
        current = gr.State("")
        with gr.Row(elem_id="fn-bar"):
            gr.HTML('<h1 class="fn-brand">脚注 <span>Footnote</span></h1>', elem_id="fn-brand", **plain)
            notes_button = gr.Button("", elem_id="fn-notes-button", size="sm", min_width=0)
            new_button = gr.Button("", elem_id="fn-new-button", size="sm", min_width=0)
            language_button = gr.Button("", elem_id="fn-language-button", size="sm", min_width=0)
        with gr.Column(elem_id="fn-notes", visible=False) as notes_column:
            with gr.Row(elem_id="fn-upload-row"):
                upload = gr.UploadButton("", file_count="multiple", elem_id="fn-upload", size="sm", min_width=0)
                upload_hint = gr.HTML("", elem_id="fn-upload-hint", **plain)
            upload_status = gr.HTML("", elem_id="fn-upload-status", **plain)
            notes_list = gr.HTML("", elem_id="fn-notes-list", **plain)
        start = gr.HTML("", elem_id="fn-start", **plain)
        chat = gr.Chatbot(
            value=[],
            elem_id="fn-chat",
            show_label=False,
            container=False,
            visible=False,
            height=None,
            layout="panel",
            buttons=[],
            feedback_options=None,
            allow_tags=False,
            latex_delimiters=cast("list[dict[str, str | bool]]", markup.LATEX_DELIMITERS),
        )
        with gr.Column(elem_id="fn-ask"):
            question = gr.Textbox(
                show_label=False, container=False, lines=1, max_lines=6, max_length=_LONGEST, submit_btn=True, autofocus=True, elem_id="fn-question"
            )
        script = files("ui.web").joinpath("page.js").read_text(encoding="utf-8")
        panel = gr.HTML("", elem_id="fn-source", js_on_load=script, lang="", **plain)
        notes_open = gr.State(False)

        def words(language: str) -> dict[str, str]:
            return STRINGS["zh" if language == "zh" else "en"]

        def dress(language: str) -> tuple[Any, ...]:
            """Everything whose words change with the language."""
            text = words(language)
            notes = shelf.notes()
            megabytes = shelf.max_file_bytes // 1_000_000
            return (
                language,
                gr.update(value=text["notes"].format(len(notes))),
                gr.update(value=text["new"]),
                gr.update(value=text["language"]),
                gr.update(label=text["upload"]),
                f"<p>{escape(text['upload_hint'].format(megabytes))}</p>",
                notes_html(notes, text),
                start_html(shelf.suggestions(), text),
                gr.update(placeholder=text["ask"]),
                gr.update(lang="zh-CN" if language == "zh" else "en"),
            )

        dressed = [current, notes_button, new_button, language_button, upload, upload_hint, notes_list, start, question, panel]

        def load(chosen: str) -> tuple[Any, ...]:
            return dress(preferred(chosen))

        def switch(language: str) -> tuple[Any, ...]:
            other: Language = "en" if language == "zh" else "zh"
            return (*dress(other), other)

        page.load(load, language, dressed, js="(stored) => stored || navigator.languages.join()", **private)
        language_button.click(switch, current, [*dressed, language], **private)

        def ask(asked: str, chats: list[Exchange], language: str) -> Iterator[tuple[Any, ...]]:
            """Add the question and its growing answer to the chat."""
            asked = asked.strip()[:_LONGEST]
            if not asked:
                yield (gr.skip(),) * 4
                return
            text = words(language)
            number = len(chats)

            def show(html: str) -> tuple[Any, ...]:
                return gr.update(value=messages([*chats, Exchange(asked, None, html)]), visible=True), "", gr.skip(), gr.update(visible=False)

            def keep(html: str, answer: Answer | None) -> tuple[Any, ...]:
                kept = [*chats, Exchange(asked, answer, html)]
                return gr.update(value=messages(kept), visible=True), gr.skip(), kept, gr.skip()

            yield show(markup.message_html(text["thinking"]))
            sentences: list[Sentence] = []
            answer: Answer | None = None
            try:
                for item in shelf.stream(asked, history(chats)):
                    if isinstance(item, Answer):
                        answer = item
                    else:
                        sentences.append(item)
                        yield show(markup.answer_html(sentences, text, number=number))
            except NotesError as exc:
                yield keep(markup.message_html(f"{text['failed']}: {exc}", kind="fn-error"), None)
                return
            except Exception:
                traceback.print_exc(file=sys.stderr)
                yield keep(markup.message_html(text["failed_detail"], kind="fn-error"), None)
                return
            final = answer.sentences if answer is not None else sentences
            yield keep(markup.answer_html(final, text, number=number, answer=answer, asked=asked), answer)

        asking = [chat, question, chats, start]
        question.submit(ask, [question, chats, current], asking, **private)

        def suggest(event: gr.EventData, chats: list[Exchange], language: str) -> Iterator[tuple[Any, ...]]:
            yield from ask(str(event._data.get("question", "")), chats, language)

        def open_source(event: gr.EventData, chats: list[Exchange], language: str) -> Any:
            return source_html(shelf, chats, str(event._data.get("reference", "")), words(language)) or gr.skip()

        for listener in (suggest, open_source):  # what Gradio hands over by the type, which it must find as a class
            listener.__annotations__["event"] = gr.EventData
        panel.select(suggest, [chats, current], asking, **private)
        panel.click(open_source, [chats, current], panel, queue=False, **private)

        def restart(language: str) -> tuple[Any, ...]:
            return gr.update(value=[], visible=False), "", [], gr.update(value=start_html(shelf.suggestions(), words(language)), visible=True)

        new_button.click(restart, current, asking, **private)

        def toggle(is_open: bool) -> tuple[bool, Any]:
            return not is_open, gr.update(visible=not is_open)

        notes_button.click(toggle, notes_open, [notes_open, notes_column], queue=False, **private)

        def add(uploaded: list[str] | None, language: str) -> Iterator[tuple[Any, ...]]:
            """Build the uploaded files into the library, with a bar that moves as they are read."""
            text = words(language)
            for html, done in _adding(shelf, [Path(path) for path in uploaded or []], text):
                if not done:
                    yield html, *[gr.skip()] * 3
                    continue
                notes = shelf.notes()
                label = gr.update(value=text["notes"].format(len(notes)))
                yield html, label, notes_html(notes, text), start_html(shelf.suggestions(), text)

        upload.upload(add, [upload, current], [upload_status, notes_button, notes_list, start], concurrency_limit=1, **private)

    page.queue(default_concurrency_limit=4, max_size=64, api_open=False)
    return page


# ---------------------------------------------------------------------------------------------- what the events show


def messages(chats: list[Exchange]) -> list[dict[str, str]]:
    """The chat as Gradio's Chatbot takes it."""
    shown = []
    for exchange in chats:
        shown.append({"role": "user", "content": markup.question_html(exchange.asked)})
        shown.append({"role": "assistant", "content": exchange.html})
    return shown


def history(chats: list[Exchange]) -> list[Turn]:
    """The last messages of the chat, as the answer line takes them."""
    turns = []
    for exchange in chats[-HISTORY // 2 :]:
        turns.append(Turn(role="user", content=exchange.asked))
        if exchange.answer is not None:
            turns.append(Turn(role="assistant", content=exchange.answer.text))
    return turns


def source_html(shelf: Shelf, chats: list[Exchange], reference: str, text: dict[str, str]) -> str:
    """The source panel for ``fn-ANSWER-NUMBER`` or ``near-ANSWER-RANK`` of this session; empty where there is no such thing."""
    found = _REFERENCE.match(reference)
    if found is None or int(found[2]) >= len(chats):
        return ""
    kind, number, n = found[1], int(found[2]), int(found[3])
    answer = chats[number].answer
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
        return source.missing(title, text)
    order = sorted(places)
    at = order.index(n)
    return source.panel(
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


def start_html(suggestions: list[str], text: dict[str, str]) -> str:
    """What stands in place of the chat before the first question."""
    items = "".join(f'<li><button type="button" class="fn-suggestion">{escape(safe(heading))}</button></li>' for heading in suggestions)
    listed = f"<h3>{escape(text['suggestions'])}</h3><ul>{items}</ul>" if items else ""
    return f'<div class="fn-welcome"><h2>{escape(text["tagline"])}</h2><p>{escape(text["intro"])}</p>{listed}</div>'


def notes_html(notes: list[Any], text: dict[str, str]) -> str:
    """The list of notes: file name, sections, blank ones."""
    if not notes:
        return f'<p class="fn-empty">{escape(text["no_notes"])}</p>'
    items = []
    for note in notes[:_LISTED]:
        counts = [text["sections"].format(note.sections)]
        if note.blank_sections:
            counts.append(text["blank_sections"].format(note.blank_sections))
        name = escape(safe(Path(note.paths[0]).name))
        items.append(f'<li><span class="fn-name" title="{escape(safe(note.title))}">{name}</span><span>{escape(" · ".join(counts))}</span></li>')
    more = f'<p class="fn-empty">{escape(text["more_notes"].format(len(notes) - _LISTED))}</p>' if len(notes) > _LISTED else ""
    return f"<ul>{''.join(items)}</ul>{more}"


def outcomes_html(outcomes: list[Outcome], text: dict[str, str]) -> str:
    """What became of each uploaded file, with the reason where it was not read."""
    items = []
    for outcome in outcomes:
        said = text[outcome.state] + (f": {outcome.reason}" if outcome.reason else "")
        items.append(
            f'<li class="fn-{outcome.state}"><span class="fn-name">{escape(safe(outcome.name))}</span><span>{escape(safe(said))}</span></li>'
        )
    return f'<ul class="fn-outcomes" role="status">{"".join(items)}</ul>'


def progress_html(done: int, total: int, what: str, text: dict[str, str]) -> str:
    """A bar of ``done`` steps out of ``total``, with the file that is being read (the index, where there is none)."""
    said = text["reading"].format(safe(Path(what).name)) if what else text["indexing"]
    bar = f'<progress value="{done}" max="{max(total, 1)}"></progress>'
    return f'<div class="fn-progress" role="status">{bar}<span>{escape(said)}</span></div>'


def _adding(shelf: Shelf, paths: list[Path], text: dict[str, str]) -> Iterator[tuple[str, bool]]:
    """Add the files in a thread of its own; HTML of its progress, then of the outcome with ``True``."""
    steps: queue.Queue[tuple[int, int, str] | list[Outcome] | Exception] = queue.Queue()

    def work() -> None:
        try:
            steps.put(shelf.add(paths, lambda done, total, what: steps.put((done, total, what))))
        except Exception as exc:
            steps.put(exc)

    threading.Thread(target=work, name="footnote-add", daemon=True).start()
    yield progress_html(0, len(paths), paths[0].name if paths else "", text), False
    while True:
        step = steps.get()
        while isinstance(step, tuple) and not steps.empty():
            step = steps.get()
        if isinstance(step, tuple):
            yield progress_html(*step, text), False
        elif isinstance(step, Exception):
            if not isinstance(step, NotesError):
                traceback.print_exception(step, file=sys.stderr)
            reason = str(step) if isinstance(step, NotesError) else text["failed_detail"]
            yield f'<p class="fn-error" role="alert">{escape(safe(reason))}</p>', True
            return
        else:
            yield outcomes_html(step, text), True
            return
