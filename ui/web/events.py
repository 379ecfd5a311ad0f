"""What the page does: one method an event; each returns (or yields, as it grows) what Gradio's components are to show.

The session's chat is a list of ``Exchange`` in a ``gr.State``, so what the browser sends is only ever a question, a file,
or the name of a footnote. The chat is shown from that list alone.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator  # here, not under TYPE_CHECKING: Gradio looks the annotations of its events up
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import NotesError
from rag.types import Answer, Sentence, Turn
from ui.web import markup
from ui.web.notes import adding, notes_html
from ui.web.source import source_html
from ui.web.strings import STRINGS, language_of, preferred

if TYPE_CHECKING:
    import gradio as gr

    from ui.web.shelf import Shelf

HISTORY = 6
"""Messages of the chat that a follow-up question may lean on."""
LONGEST = 2000
"""Characters of a question; the rest is cut."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with its answer (``None`` where it failed) and what the chat shows for it."""

    asked: str
    answer: Answer | None
    html: str


class Events:
    """The page's events over a ``Shelf``. Every method may run in any thread, for any session."""

    def __init__(self, shelf: Shelf) -> None:
        import gradio as gr

        self._shelf = shelf
        self._skip = gr.skip()
        self._update = gr.update
        for event in (Events.suggest, Events.open_source):  # Gradio hands the event over by its class
            event.__annotations__["event"] = gr.EventData

    def load(self, chosen: str) -> tuple[Any, ...]:
        """The page in the first language of ``chosen``; see ``dress``."""
        return self.dress(preferred(chosen))

    def switch(self, language: str) -> tuple[Any, ...]:
        """The page in the other language, which is also what the browser is to remember."""
        other = "en" if language == "zh" else "zh"
        return *self.dress(other), other

    def dress(self, language: str) -> tuple[Any, ...]:
        """Everything whose words change with the language."""
        text = _words(language)
        notes = self._shelf.notes()
        return (
            language,
            self._update(value=text["notes"].format(len(notes))),
            self._update(value=text["new"]),
            self._update(value=text["language"]),
            self._update(label=text["upload"]),
            f"<p>{escape(text['upload_hint'].format(self._shelf.max_file_bytes // 1_000_000))}</p>",
            notes_html(notes, text),
            markup.welcome_html(self._shelf.suggestions(), text),
            self._update(placeholder=text["ask"]),
            self._update(lang="zh-CN" if language == "zh" else "en"),
        )

    def ask(self, asked: str, chat: list[Exchange], language: str) -> Iterator[tuple[Any, ...]]:
        """The chat with the question and its growing answer; the question box; the chat's state; the welcome."""
        asked = asked.strip()[:LONGEST]
        if not asked:
            yield (self._skip,) * 4
            return
        text = _words(language)
        html = markup.message_html(text["thinking"])
        yield self._shown([*chat, Exchange(asked, None, html)]), "", self._skip, self._update(visible=False)
        sentences: list[Sentence] = []
        answer: Answer | None = None
        try:
            for item in self._shelf.stream(asked, history(chat)):
                if isinstance(item, Answer):
                    answer = item
                    sentences = list(item.sentences)
                else:
                    sentences.append(item)
                    html = markup.answer_html(sentences, _words(language_of(asked)), number=len(chat))
                    yield self._shown([*chat, Exchange(asked, None, html)]), *(self._skip,) * 3
            spoken = _words(language_of(answer.question if answer else asked))  # the question's language, as the answer has
            html = markup.answer_html(sentences, spoken, number=len(chat), answer=answer, asked=asked)
        except NotesError as exc:
            html = markup.message_html(f"{text['failed']}: {exc}", kind="fn-error")
        except Exception:
            traceback.print_exc(file=sys.stderr)
            html = markup.message_html(text["failed_detail"], kind="fn-error")
        kept = [*chat, Exchange(asked, answer, html)]
        yield self._shown(kept), self._skip, kept, self._skip

    def suggest(self, event: gr.EventData, chat: list[Exchange], language: str) -> Iterator[tuple[Any, ...]]:
        """``ask`` for a suggested question."""
        yield from self.ask(str(event._data.get("question", "")), chat, language)

    def open_source(self, event: gr.EventData, chat: list[Exchange], language: str) -> Any:
        """The source panel for the footnote that was clicked."""
        answers = [exchange.answer for exchange in chat]
        return source_html(self._shelf, answers, str(event._data.get("reference", "")), _words(language)) or self._skip

    def restart(self, language: str) -> tuple[Any, ...]:
        """An empty chat, and the welcome again; what was typed stays."""
        welcome = markup.welcome_html(self._shelf.suggestions(), _words(language))
        return self._update(value=[], visible=False), self._skip, [], self._update(value=welcome, visible=True)

    def toggle_notes(self, is_open: bool) -> tuple[Any, ...]:
        """The notes panel shown or put away."""
        return not is_open, self._update(visible=not is_open)

    def add(self, uploaded: list[str] | None, language: str) -> Iterator[tuple[Any, ...]]:
        """How the files are being added and what became of each; at the end also all that shows the library's notes."""
        text = _words(language)
        for html, done in adding(self._shelf, [Path(path) for path in uploaded or []], text):
            if not done:
                yield html, *(self._skip,) * 3
                continue
            notes = self._shelf.notes()
            count = self._update(value=text["notes"].format(len(notes)))
            yield html, count, notes_html(notes, text), markup.welcome_html(self._shelf.suggestions(), text)

    def _shown(self, chat: list[Exchange]) -> Any:
        messages = []
        for exchange in chat:
            messages.append({"role": "user", "content": markup.question_html(exchange.asked)})
            messages.append({"role": "assistant", "content": exchange.html})
        return self._update(value=messages, visible=True)


def history(chat: list[Exchange]) -> list[Turn]:
    """The last messages of the chat, as the answer line takes them."""
    turns = []
    for exchange in chat[-HISTORY // 2 :]:
        turns.append(Turn(role="user", content=exchange.asked))
        if exchange.answer is not None:
            turns.append(Turn(role="assistant", content=exchange.answer.text))
    return turns


def _words(language: str) -> dict[str, str]:
    return STRINGS["zh" if language == "zh" else "en"]
