"""The build line: load → clean → section → chunk → embed → index, then one commit.

The library says what the files say:

- A file that looks as it did (size and time; its hash where they cannot tell) is not read again. One that changed is;
  only passages that stood in no note before are embedded.
- A file that is gone from a folder that was given, or that was named itself, is taken out. One that can no longer be
  read is skipped with its reason; what it said before goes too if its bytes have changed. Of a folder that cannot be
  looked into nothing is known: it is skipped with its reason, and what lay in it stays.
- Files with the same text are one document with several names. Records of ``.jsonl`` files keep their own ids; where
  two files use one id for different records, the first stays and the other is skipped.
- Lines that stand in several files of a run are evidence for cleaning, in later runs too; a file that has not changed
  is not cleaned again for them.
"""

from __future__ import annotations

import os
import time
from array import array
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import LoadError, StoreError
from ingest.store import FileState, Library, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest.settings import Settings
    from ingest.types import Chunk, Document, Section, Source

PIPELINE = 2
"""To be raised when load, clean, section or chunk give something else for the same file: every file is then read again."""

_GRAIN_NS = 2_000_000_000
"""A file that was written so shortly before it was read may have been written again without a trace in its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A file, a record of one, or a folder, that could not be read, and why."""

    path: str
    error: str
    """The name of the error's class."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run left in the library (totals), and what it did to documents to get there."""

    documents: int
    sections: int
    blank_sections: int
    chunks: int
    added: int
    """New."""
    changed: int
    """In place of what their file (or record) said before."""
    unchanged: int
    """In the given files, and there already."""
    removed: int
    """In no file any more."""
    skipped: tuple[Skipped, ...]
    seconds: float
    empty: tuple[str, ...] = ()
    """The given folders in which no note was found."""
    other_formats: int = 0
    """Files in the given folders whose format is none that is read."""


def build(paths: Sequence[Path], settings: Settings, *, progress: Callable[[int, int, str], None] | None = None) -> Summary:
    """Bring the library up to date with ``paths``: files, and folders with all that lies in them.

    ``progress`` is told the steps done, the steps in all (each file that is new or has changed is read, then taken
    apart), and the file at work, at last an empty string. Nobody sees anything before all is done; killed before, the
    library is as it was. What is wrong with a file stands in ``Summary.skipped``.

    Raises ``LibraryBusy``, ``LibraryDamaged``, ``StoreError``, ``ModelError``, ``MissingExtra``.
    """
    started = time.perf_counter()
    with Writer(settings.library_folder) as library:
        run = _Run(library, settings, progress or (lambda done, total, path: None))
        if files := run.load(run.look(paths)):
            from ingest.chunk import chunk
            from ingest.clean import clean, repeated_lines
            from ingest.section import section

            library.repeated |= repeated_lines(source for file in files for source in file.sources if source.record is None)
            repeated, keep = library.repeated, library.kept
            for source, digest in run.new(files):
                document = clean(source, repeated=repeated, keep=keep, digest=digest)
                sections = section(document)
                chunks = chunk(document, sections, limit=settings.chunk_characters)
                run.put(source, document, sections, chunks)
        if run.has_changed or not library.current(settings.embedding_model):
            library.drop_orphans()
            library.embed(settings.embedding_model)
            library.index()
            library.commit()
        elif run.looked_closer:
            library.commit(new_generation=False)
        return run.summary(time.perf_counter() - started)


def remove(names: Sequence[str], settings: Settings) -> list[str]:
    """Take notes out of the library; each name is a path, a folder, a file's name or a document's id.

    Returns the paths of the files that were taken out, in whole or (an id) in part. The files themselves stay as they
    are, and come back with the next ingest of their folder. Raises ``StoreError`` for a name that fits nothing, and
    then takes out nothing; ``LibraryMissing``, ``LibraryBusy``, ``LibraryDamaged``.
    """
    Library.open(settings.library_folder, settings).close()  # raises where there is none; a writer would make one
    removed: dict[str, None] = {}
    with Writer(settings.library_folder) as library:
        held = library.versions()
        for name in names:
            path = _posix(Path(name))
            files = [file for file in library.files() if name and (_within(file, path) or file.endswith(f"/{name}"))]
            if not files and name not in held:
                raise StoreError(f"{name}: the library has no note of this name")
            for file in files:
                library.forget(file)
            removed.update(dict.fromkeys((*files, *library.forget_document(name))))
        library.drop_orphans()
        library.embed(library.model)
        library.index()
        library.commit()
    return list(removed)


def corpus_folder() -> Path:
    """The notes that ship with the program."""
    return Path(__file__).parent.parent / "corpus"


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file that is to be read, and what was read from it."""

    path: str
    state: FileState
    sources: tuple[Source, ...] = ()


class _Run:
    """Which files are new or have changed, what becomes of their documents, and the summary of it."""

    def __init__(self, library: Writer, settings: Settings, progress: Callable[[int, int, str], None]) -> None:
        self.has_changed = False
        """Something that a reader sees."""
        self.looked_closer = False
        """Files were found unchanged by their hash, which next time their size and time will tell."""
        self._library = library
        self._settings = settings
        self._progress = progress
        self._recipe = f"{PIPELINE}/{settings.chunk_characters}"
        self._names = library.names()
        self._versions = library.versions()
        self._given: set[str] = set()
        self._folders: list[str] = []
        self._other_formats = 0
        self._skipped: list[Skipped] = []
        self._steps = 0

    def look(self, paths: Sequence[Path]) -> list[_File]:
        """Find the files, take out those that are gone, and give those that are to be read."""
        from ingest.load import look

        known = self._library.files()
        own = _posix(self._settings.library_folder)
        seen = look(paths)
        found = [path for path in map(_posix, seen.files) if not _within(path, own)]
        self._given = {path for path in found if path not in known or not _gone(path)}
        self._folders = list(dict.fromkeys(map(_posix, seen.folders)))
        self._other_formats = sum(not _within(path, own) for path in {_posix(path) for path in seen.others})
        closed = {error.path: error for error in seen.unreadable}
        for error in closed.values():
            self._skip(error)
        roots = [_posix(path) for path in paths]
        for path in known:
            unknown = path in self._given or any(_within(path, folder) for folder in closed)
            if not unknown and any(_within(path, root) for root in roots):
                self._library.forget(path)
                self.has_changed = True
        return [file for path in found if path in self._given and (file := self._look_at(path, known.get(path)))]

    def _look_at(self, path: str, known: FileState | None) -> _File | None:
        if known is not None and known.recipe != self._recipe:
            known = None
        checked = time.time_ns()
        try:
            stat = os.stat(path)
            same = known is not None and (known.size, known.mtime_ns) == (stat.st_size, stat.st_mtime_ns)
            if known is not None and same and known.mtime_ns < known.checked_ns - _GRAIN_NS:
                return None
            digest = _digest(path) if stat.st_size <= self._settings.max_file_bytes else ""
        except (OSError, ValueError):
            return _File(path=path, state=_UNSEEN)  # load says what is wrong with it
        state = FileState(stat.st_size, stat.st_mtime_ns, checked, digest, self._recipe)
        if known is None or not digest or digest != known.digest:
            return _File(path=path, state=state)
        self._library.put_file(path, state)
        self.looked_closer = True
        return None

    def load(self, files: Sequence[_File]) -> list[_File]:
        """Read the files; skip those that cannot be read, and forget them if they were read before and have changed."""
        from ingest.load import load

        known = self._library.files()
        loaded = []
        self._steps = 2 * len(files)
        for number, file in enumerate(files):
            self._progress(number, self._steps, file.path)
            try:
                sources = load(Path(file.path), self._settings)
            except LoadError as exc:
                self._skip(exc)
                if file.path in known and file.state != _UNSEEN:
                    self._library.forget(file.path)
                    self.has_changed = True
                continue
            loaded.append(replace(file, sources=tuple(sources)))
            self._library.put_file(file.path, file.state)
            self._library.unname(file.path)
            self.has_changed = True
        return loaded

    def new(self, files: Sequence[_File]) -> Iterator[tuple[Source, str]]:
        """The sources that the library does not have in this form, with the hash of their text; the others get their name."""
        now = dict(self._versions)
        for number, file in enumerate(files, self._steps - len(files)):
            self._progress(number, self._steps, file.path)
            for source in file.sources:
                content = blake2b(source.text.encode(), digest_size=8).hexdigest()
                document = content if source.record is None else source.record
                version = (_version(source), self._recipe)
                holder = self._library.holder(document)
                if holder is not None and source.record is not None and now.get(document, version) != version:
                    reason = f"another record in {holder} has the id {document!r}"
                    self._skip(LoadError(file.path, reason))
                    continue
                if holder is None and now.get(document) != version:
                    yield source, content
                    now[document] = version
                self._library.name(file.path, source.record, document, source.first_line)
        self._progress(self._steps, self._steps, "")

    def put(self, source: Source, document: Document, sections: Sequence[Section], chunks: Sequence[Chunk]) -> None:
        """Store what the stages made of a source."""
        version = _version(source)
        self._library.put(document, sections, chunks, record=source.record, digest=version, recipe=self._recipe)

    def summary(self, seconds: float) -> Summary:
        """What has become of the documents since the run began."""
        names, versions = self._library.names(), self._library.versions()
        documents, sections, blank, chunks = self._library.totals()
        named_before = {document: name for name, document in self._names.items()}
        fresh = {id_ for id_, version in versions.items() if self._versions.get(id_) != version}
        changed = {id_ for name, id_ in names.items() if id_ in fresh and name in self._names}
        gone = {id_ for id_ in self._versions if id_ not in versions}
        return Summary(
            documents=documents,
            sections=sections,
            blank_sections=blank,
            chunks=chunks,
            added=len(fresh - changed),
            changed=len(changed),
            unchanged=len({id_ for (path, _), id_ in names.items() if path in self._given} - fresh),
            removed=len({id_ for id_ in gone if named_before.get(id_) not in names}),
            skipped=tuple(self._skipped),
            seconds=seconds,
            empty=tuple(self._empty({path for path, _ in names})),
            other_formats=self._other_formats,
        )

    def _empty(self, held: set[str]) -> Iterator[str]:
        """The given folders of which the library holds nothing; not those that could not be looked into."""
        skipped = {skip.path for skip in self._skipped}
        for folder in self._folders:
            if folder not in skipped and not any(_within(path, folder) for path in held):
                yield folder

    def _skip(self, error: LoadError) -> None:
        self._skipped.append(Skipped(path=error.path, error=type(error).__name__, reason=error.reason))


_UNSEEN = FileState(-1, 0, 0, "", "")


def _posix(path: Path) -> str:
    """How a path stands in the library: absolute, with links as they are."""
    return Path(os.path.abspath(path)).as_posix()


def _gone(path: str) -> bool:
    """There is no such file; one that the system does not let us see is not gone."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return True
    except OSError:
        return False
    return False


def _within(path: str, root: str) -> bool:
    return path == root or path.startswith(root if root.endswith("/") else f"{root}/")


def _digest(path: str) -> str:
    digest = blake2b(digest_size=16)
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _version(source: Source) -> str:
    """A hash of all that shapes the document: its text, where its lines and pages begin, a title of its own."""
    digest = blake2b(source.text.encode(), digest_size=16)
    digest.update(array("q", (len(source.line_starts), *source.line_starts, *source.page_starts)).tobytes())
    if source.record is not None or source.title != Path(source.path).stem:
        digest.update(source.title.encode())
    return digest.hexdigest()
