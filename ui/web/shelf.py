"""What the page knows of the library: answers, passages, the list of notes, first questions. Changing it: ``keeper``.

Decisions:

- The notes are a ``Footnote``, the same that answers other programs by the doors beside the page.
- Answers in the notes' own words are made one at a time, each in a few milliseconds: threads that take turns within them on one
  interpreter would all be done late.
"""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from operator import itemgetter
from typing import TYPE_CHECKING

from rag.footnote import Footnote

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from ingest.settings import Settings
    from ingest.store import DocumentInfo, Library
    from ingest.types import Document, Section
    from rag.retrieve import Mode
    from rag.types import Answer, Citation, Passage, Sentence, Turn
    from ui.web.settings import Choices

READABLE, LONGEST = 28, 40
"""How wide a suggested question is where it can be cut, and where it cannot; in Chinese characters, two letters to each."""
WRITERS = 4
"""Answers that a model writes at the same time; further questions wait for their turn."""

_NUMBER = re.compile(
    r"^(?:第?[\d一二三四五六七八九十]+[、.．)）章节]\s*|\d+(?:\.\d+)*[.)]?\s+|[(（][\d一二三四五六七八九十]+[)）]\s*|\d+(?:\.\d+)+\s*)+"
)
_ASKS = re.compile(
    r"[?？]$|^(?:什么|为什么|为何|如何|怎么|怎样|哪些|简述|介绍|what|why|how|which|when)|(?:是什么|有哪些|区别|怎么办)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^?？。！!;；]+[?？。！!;；]*")
_CLAUSE = re.compile(r"[,，:：(（]")


class Shelf:
    """The library as the page uses it; every method may be called from any thread."""

    def __init__(self, settings: Settings, notes: Footnote | None = None) -> None:
        """Over ``notes``, which the caller closes; by default those of ``settings``."""
        self._settings = settings
        self._notes = notes or Footnote(settings)
        self._reading, self._writing = threading.Lock(), threading.BoundedSemaphore(WRITERS)

    @property
    def max_file_bytes(self) -> int:
        """The largest file that is taken."""
        return self._settings.max_file_bytes

    def close(self) -> None:
        """Let go of the library; whoever still uses it closes it when done."""
        self._notes.close()

    @property
    def settings(self) -> Settings:
        """What the library was opened with."""
        return self._settings

    def stream(
        self, question: str, history: Sequence[Turn], choices: Choices, stop: threading.Event
    ) -> Generator[Sentence | Answer, None, None]:
        """The answer sentence by sentence, whole at last; see ``rag.answer.stream``."""
        from rag.answer import stream

        model = None if choices.quoting else choices.model or self._notes.model
        with self._reading if model is None else self._writing, self._notes.library() as library:
            yield from stream(
                question, library, history=history, model=model, stop=stop, characters=choices.characters, shown=choices.shown
            )

    def search(self, question: str, mode: Mode, k: int = 20) -> list[Passage]:
        """What one way of searching finds, best first."""
        return self._notes.search(question, k=k, mode=mode)

    def follow_ups(self, answer: Answer, asked: Sequence[str], count: int = 3) -> list[str]:
        """Questions to go on with: headings beside those that the answer cites, nearest first; none that was asked."""
        places = dict.fromkeys((each.document_id, each.trail) for each in answer.citations)
        known = {_bare(text) for text in (*asked, answer.question)} | {_bare(trail[-1]) for _, trail in places if trail}
        found: dict[str, None] = {}
        with self._notes.library() as library:
            for document, trail in () if answer.abstained else places:
                with suppress(KeyError):
                    for heading in _beside(library.sections(document), trail):
                        if not any(_alike(_bare(heading), other) for other in known):
                            found[heading] = None
        return list(found)[:count]

    def document(self, document_id: str) -> Document | None:
        """A cleaned note, or ``None`` where it has gone."""
        with self._notes.library() as library:
            try:
                return library.document(document_id)
            except KeyError:
                return None

    def path(self, document_id: str) -> str:
        """The file of a note; empty where it has gone."""
        with self._notes.library() as library:
            try:
                return library.path(document_id)
            except KeyError:
                return ""

    def page_html(self, cite: Citation, words: Mapping[str, str]) -> str:
        """The picture of the page of a PDF with the place marked; empty for other notes."""
        if cite.page is None or not cite.path.lower().endswith(".pdf"):
            return ""
        from ui.web.pdf_page import page_html

        return page_html(cite.path, cite.page, cite.quote, words)

    def library(self) -> AbstractContextManager[Library]:
        """The newest generation, for reading, which stays open as long as it is used here."""
        return self._notes.library()

    def notes(self) -> list[DocumentInfo]:
        """All notes in the library."""
        return self._notes.notes()

    def suggestions(self, count: int = 4) -> list[str]:
        """First questions: headings of the notes themselves, those that ask first, spread over the notes."""
        with self._notes.library() as library:
            notes = library.documents()
            step = max(1, len(notes) // 12)
            columns = [_questions(library, note.id) for note in notes[::step][:12]]
        asked = [questions for column in columns if (questions := [text for text, asks in column if asks])]
        start = max(1, -(-len(asked) // count))
        spread = [
            column[(len(column) // 2 + turn) % len(column)]
            for turn in range(count)
            for column in (asked[turn % start :: start] if asked else [])
            if turn < len(column)
        ]
        rest = [text for column in columns for text, _ in column]
        return list(dict.fromkeys([*spread, *rest]))[:count]


def _questions(library: Library, document_id: str) -> list[tuple[str, bool]]:
    headings = (_heading(section) for section in library.sections(document_id))
    return list({text: bool(_ASKS.search(text)) for text in headings if text}.items())


def _heading(section: Section) -> str:
    """The heading without its number, where it makes a question; else ``""``."""
    if section.blank or not section.trail:
        return ""
    text = _readable(_name(section.trail[-1]))
    if not text or _ASKS.search(text) or _wide(text) >= 5:
        return text
    above = _name(section.trail[-2]) if len(section.trail) > 1 else ""  # "优点" alone asks nothing
    asked = f"{above}: {text}"
    return asked if above and _wide(asked) <= READABLE else ""


def _name(heading: str) -> str:
    return " ".join(_NUMBER.sub("", heading.strip()).split())


def _readable(text: str) -> str:
    """The first sentences of a heading that can be read at a glance, or its first clauses; ``""`` where there are none."""
    out = ""
    for part in _SENTENCE.findall(text):
        if out and _wide(out + part) > READABLE:
            break
        out += part
    if _wide(out) > READABLE:
        cuts = [cut for each in _CLAUSE.finditer(out) if 6 <= _wide(cut := out[: each.start()].rstrip()) <= READABLE]
        out = cuts[-1] if cuts else out
    return out.strip() if _wide(out) <= LONGEST else ""


def _wide(text: str) -> float:
    return sum(0.5 if letter.isascii() else 1 for letter in text)


def _alike(one: str, other: str) -> bool:
    """Whether two bare questions are the same, or one is most of the other."""
    short, long = sorted((one, other), key=len)
    return short in long and 3 * len(short) >= 2 * len(long)


def _beside(sections: Sequence[Section], trail: tuple[str, ...]) -> list[str]:
    """The headings under the same heading as ``trail``, and those below it, nearest first."""
    at = next((number for number, section in enumerate(sections) if section.trail == trail), None)
    if at is None or not trail:
        return []
    near = [
        (abs(number - at), _heading(section))
        for number, section in enumerate(sections)
        if section.trail[:-1] in (trail[:-1], trail) and section.trail != trail
    ]
    return [heading for _, heading in sorted(near, key=itemgetter(0)) if heading]


def _bare(text: str) -> str:
    """The letters of a question, to compare it with another."""
    return "".join(letter for letter in _NUMBER.sub("", text.strip()).casefold() if letter.isalnum())
