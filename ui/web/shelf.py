"""What the page knows of the library: answers, passages, the list of notes, first questions, and adding notes.

Decisions:

- All questions share one open ``Library``. It is opened anew when something has been committed since, by the page or by a
  command beside it: each answer comes from one generation, the next one from the newest.
- An uploaded file is kept in a folder beside the library's (``library-uploads``; what lies in the library itself is never
  read as a note), with its own name made safe: a footnote can name it, and the same name uploaded again replaces it.
"""

from __future__ import annotations

import re
import shutil
import threading
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath, PureWindowsPath
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest.settings import Settings
    from ingest.store import DocumentInfo, Library
    from ingest.types import Document
    from rag.types import Answer, Sentence, Turn

State = Literal["added", "changed", "unchanged", "skipped"]

_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_NUMBER = re.compile(
    r"^(?:第?[\d一二三四五六七八九十]+[、.．)）章节]\s*|\d+(?:\.\d+)*[.)]?\s+|[(（][\d一二三四五六七八九十]+[)）]\s*|\d+(?:\.\d+)+\s*)+"
)
_ASKS = re.compile(
    r"[?？]$|^(?:什么|为什么|为何|如何|怎么|怎样|哪些|简述|介绍|what|why|how|which|when)|(?:是什么|有哪些|区别|怎么办)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one uploaded file."""

    name: str
    state: State
    reason: str = ""


class _Open:
    """An open library and how many use it."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.users = 0


class Shelf:
    """The library as the page uses it; every method may be called from any thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._newest: _Open | None = None

    @property
    def max_file_bytes(self) -> int:
        """The largest file that is taken."""
        return self._settings.max_file_bytes

    @contextmanager
    def _library(self) -> Iterator[Library]:
        """The newest generation, which stays open as long as it is used here."""
        from ingest.store import Library

        with self._lock:
            if self._newest is None or self._newest.library.outdated():
                newest = _Open(Library.open(self._settings.library_folder, self._settings))
                self._retire()
                self._newest = newest
            mine = self._newest
            mine.users += 1
        try:
            yield mine.library
        finally:
            with self._lock:
                mine.users -= 1
                if mine is not self._newest and not mine.users:
                    mine.library.close()

    def _retire(self) -> None:
        old, self._newest = self._newest, None
        if old is not None and not old.users:
            old.library.close()

    def close(self) -> None:
        """Let go of the library; whoever still uses it closes it when done."""
        with self._lock:
            self._retire()

    def stream(self, question: str, history: Sequence[Turn]) -> Iterator[Sentence | Answer]:
        """The answer sentence by sentence, whole at last; see ``rag.answer.stream``."""
        from rag.answer import stream

        with self._library() as library:
            yield from stream(question, library, history=history)

    def document(self, document_id: str) -> Document | None:
        """A cleaned note, or ``None`` where it has gone."""
        with self._library() as library:
            try:
                return library.document(document_id)
            except KeyError:
                return None

    def notes(self) -> list[DocumentInfo]:
        """All notes in the library."""
        with self._library() as library:
            return library.documents()

    def suggestions(self, count: int = 4) -> list[str]:
        """First questions: headings of the notes themselves, those that ask first, spread over the notes."""
        with self._library() as library:
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

    def add(self, files: Sequence[Path], progress: Callable[[int, int, str], None]) -> list[Outcome]:
        """Keep the files beside the library and build them into it; one outcome a file, in their order.

        Raises ``NotesError`` where the library itself refuses (busy, damaged).
        """
        from ingest.build import build

        library = self._settings.library_folder
        folder = library.with_name(f"{library.name}-uploads")
        folder.mkdir(parents=True, exist_ok=True)
        before = self._versions()
        kept = []
        for file in files:
            target = folder / safe_name(file.name)
            shutil.copyfile(file, target)
            kept.append(target)
        summary = build(list(dict.fromkeys(kept)), self._settings, progress=progress)
        after = self._versions()
        skipped = {Path(skip.path).name: skip.reason for skip in summary.skipped}
        outcomes = []
        for target in kept:
            key = target.absolute().as_posix()
            reason = skipped.get(target.name, "")
            if reason and key not in after:
                target.unlink(missing_ok=True)
                outcomes.append(Outcome(name=target.name, state="skipped", reason=reason))
                continue
            state: State = "unchanged" if before.get(key) == after.get(key) else "changed" if key in before else "added"
            outcomes.append(Outcome(name=target.name, state=state, reason=reason))
        return outcomes

    def _versions(self) -> dict[str, set[str]]:
        versions: dict[str, set[str]] = {}
        for note in self.notes():
            for path in note.paths:
                versions.setdefault(str(path), set()).add(note.id)
        return versions


def safe_name(name: str) -> str:
    """A file name that is one on every system and stays in its folder; it keeps its suffix and what can be read of it."""
    last = PureWindowsPath(PurePath(name).name).name
    clean = _UNSAFE.sub("_", unicodedata.normalize("NFC", last.encode("utf-8", "replace").decode("utf-8"))).strip(" .")
    stem, dot, suffix = clean.rpartition(".")
    if not dot:
        stem, suffix = clean, ""
    while len(stem.encode()) > 150:
        stem = stem[:-1]
    stem = stem.strip(" .") or "note"
    return ("_" if _RESERVED.match(stem + ".") else "") + stem + dot + suffix[:16]


def _questions(library: Library, document_id: str) -> list[tuple[str, bool]]:
    found = {}
    for section in library.sections(document_id):
        if section.blank or not section.trail:
            continue
        text = " ".join(_NUMBER.sub("", section.trail[-1].strip()).split())
        if 5 <= len(text) <= 60:
            found[text] = bool(_ASKS.search(text))
    return list(found.items())
