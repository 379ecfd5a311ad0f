"""Footnote for Python programs: open some notes, ask them.

    from rag import Footnote

    with Footnote.open("notes/") as notes:
        answer = notes.ask("RoPE 的思路是什么?")
        print(answer.text)
        for citation in answer.citations:
            print(citation.n, citation.path, citation.lines, citation.quote)

Decisions:

- The library of a folder of notes lies in the user's data folder, under a name made from the folder's absolute path. Not
  in the notes' own folder: that is often synchronised, shared or read-only, which a database in use does not stand.
- All methods may be called from any thread. They share one open ``Library``; it is opened anew when something has been
  committed since, by this program or another: each answer comes from one generation, the next one from the newest.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import LoadError, SettingsError
from ingest.settings import Settings, data_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from types import TracebackType

    from ingest.build import Summary
    from ingest.store import DocumentInfo, Library
    from rag.retrieve import Mode
    from rag.types import Answer, Passage, Sentence, Turn
    from rag.verify import Verification

    Progress = Callable[[int, int, str], None]


class Footnote:
    """Notes that answer. Made by :meth:`open`; to be closed, or used in a ``with``."""

    def __init__(self, settings: Settings, *, model: Any = None) -> None:
        """Over the library that ``settings`` names, which is opened when first asked (``LibraryMissing`` where none is).

        ``model``: a LangChain chat model that writes the answers; by default the one of ``settings``, if it names one.
        """
        self.settings = settings
        self.model = model if model is not None else _load_model(settings)
        self.summary: Summary | None = None
        """What the last ingest through this object did."""
        self._given: tuple[Path, ...] = ()
        self._lock = threading.Lock()
        self._newest: _Open | None = None

    @classmethod
    def open(
        cls,
        notes: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
        *,
        library: str | os.PathLike[str] | None = None,
        settings: Settings | None = None,
        model: Any = None,
        progress: Progress | None = None,
    ) -> Footnote:
        """Read ``notes`` (a folder, a file, or a list of them) into their library, or only what has changed there, and open it.

        ``notes`` may also be the folder of a library, which is opened as it is; without ``notes`` it is the library of
        ``settings``. Where the library lies: ``library``, else what ``settings`` (by default those of the environment,
        ``FOOTNOTE_LIBRARY`` among them) says, else a folder in the user's data folder that belongs to these notes alone.
        ``model``: ``"provider:name"``, as in ``--model``, or a LangChain chat model; by default the one of ``settings``.
        ``progress`` is told steps done, steps in all, and the file at work.

        Files that could not be read stand in ``summary.skipped``. Raises ``LoadError`` for a path where nothing is,
        ``SettingsError``, ``LibraryMissing``, ``LibraryBusy``, ``LibraryDamaged``, ``ModelError``, ``MissingExtra``.
        """
        from ingest.store import Library

        settings = settings or Settings.load()
        if isinstance(model, str):
            settings, model = replace(settings, model=model), None
        given = () if notes is None else (notes,) if isinstance(notes, str | os.PathLike) else notes
        paths = [Path(path).expanduser().absolute() for path in given]
        if notes is not None and not paths:
            raise SettingsError("notes: an empty list; give a folder or files")
        if library is None and len(paths) == 1 and _is_library(paths[0]):
            library, paths = paths[0], []
        if library is not None:
            settings = replace(settings, library=str(Path(library).expanduser().absolute()))
        elif paths and not settings.library:
            settings = replace(settings, library=str(own_library(paths)))
        opened = cls(settings, model=model)
        if paths:
            opened.ingest(*paths, progress=progress)
        else:
            Library.open(settings.library_folder, settings).close()  # raises where there is none
        return opened

    def __enter__(self) -> Footnote:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the library; an answer that is still being made keeps it open until it is done."""
        with self._lock:
            self._retire()

    def ask(self, question: str, *, history: Sequence[Turn] = (), quoting: bool = False) -> Answer:
        """The answer, or why the notes have none; ``history``: the chat so far, oldest first.

        ``quoting``: in the notes' own words, even where a model is set.
        """
        from rag.answer import ask

        with self.library() as library:
            return ask(question, library, history=history, model=None if quoting else self.model)

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        quoting: bool = False,
        stop: threading.Event | None = None,
    ) -> Generator[Sentence | Answer, None, None]:
        """The answer sentence by sentence, whole at last. Closing the generator ends the work; so does ``stop``, which may be
        set in another thread, also while a model is silent.
        """
        from rag.answer import stream

        with self.library() as library:
            yield from stream(question, library, history=history, model=None if quoting else self.model, stop=stop)

    def search(self, query: str, *, k: int = 10, mode: Mode = "hybrid") -> list[Passage]:
        """The ``k`` best passages, best first."""
        from rag.answer import search

        with self.library() as library:
            return search(query, library, k=k, mode=mode)

    def verify(self, answer: str, contexts: Sequence[str], question: str = "") -> Verification:
        """Whether each sentence of ``answer``, whoever wrote it, is supported by ``contexts``; needs no notes."""
        from rag.verify import verify

        return verify(answer, contexts, question)

    def ingest(self, *paths: str | os.PathLike[str], progress: Progress | None = None) -> Summary:
        """Bring the library up to date with files and folders; without ``paths``, with those that were opened.

        Raises ``LoadError`` for a path where nothing is, ``LibraryBusy`` while another process writes.
        """
        from ingest.build import build

        given = tuple(Path(path).expanduser().absolute() for path in paths) or self._given
        if not given:
            raise SettingsError("ingest: name files or folders; this library was opened without its notes")
        for path in given:
            if not path.exists():
                raise LoadError(str(path), "there is no such file or folder")
        self._given = tuple(dict.fromkeys((*self._given, *given)))
        self.summary = build(given, self.settings, progress=progress)
        return self.summary

    def add(self, files: Mapping[str, bytes], *, progress: Progress | None = None) -> Summary:
        """Take notes by name and content; each is kept beside the library, and replaces the one added under its name."""
        from ingest.uploads import add

        _, self.summary = add(list(files.items()), self.settings, progress=progress)
        return self.summary

    def notes(self) -> list[DocumentInfo]:
        """All notes in the library, in the order in which they came."""
        with self.library() as library:
            return library.documents()

    @contextmanager
    def library(self) -> Iterator[Library]:
        """The newest generation, for reading, which stays open as long as it is used here."""
        from ingest.store import Library

        with self._lock:
            if self._newest is None or self._newest.library.outdated():
                newest = _Open(Library.open(self.settings.library_folder, self.settings))
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


class _Open:
    """An open library and how many use it."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.users = 0


def own_library(paths: Sequence[Path]) -> Path:
    """Where the library of these notes lies when nothing else is said: by the first one's name, and a hash of all paths."""
    from hashlib import blake2b

    key = "\n".join(sorted({path.absolute().as_posix() for path in paths}))
    return data_folder() / "libraries" / f"{paths[0].name or 'notes'}-{blake2b(key.encode(), digest_size=6).hexdigest()}"


def _is_library(path: Path) -> bool:
    from ingest.store import DATABASE

    return (path / DATABASE).is_file()


def _load_model(settings: Settings) -> Any:
    if not settings.model:
        return None
    from rag.generate import load_model

    return load_model(settings)
