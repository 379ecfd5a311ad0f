"""A library: one folder in which SQLite is the truth and its transaction the only commit point.

    library.sqlite3        documents with their cleaned text, names, sections, chunks, vectors, generation
    snapshots/7-1f0c…/     the indexes of generation 7 (:mod:`ingest.index`)

Decisions:

- A writer is a SQLite write transaction: the lock of the operating system that SQLite takes is the writer's lock, it falls
  with the process, and a second writer gets ``LibraryBusy`` after two seconds. Whatever a killed writer did is undone.
- The snapshot of a generation is written and synced to a folder of its own before the commit that names it with the
  SHA-256 of each file. A folder that no commit names is waste and goes with the next writer. A reader that finds its
  snapshot gone or changed builds it in memory from SQLite.
- A reader holds one read transaction from ``open`` to ``close``: texts, vectors and both indexes are of one generation.
- A vector is kept under the hash of what was embedded and the fingerprint of the model, so no text is embedded twice, nor
  when it moves to another note.
- The library remembers its embedding model and asks with that one. When ``Settings.embedding_model`` names another one,
  or the program ships new weights, the next ingest embeds everything anew; until then asking with other weights
  is refused (``ModelError``), because vectors of two models cannot be compared.
- Every text has a checksum, as SQLite does not notice a changed byte within a value; ``check`` verifies them.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import sqlite3
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from ingest.errors import LibraryBusy, LibraryDamaged, LibraryMissing, ModelError, StoreError
from ingest.types import Chunk, Document, Dropped, Section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    from ingest.index import DenseIndex, LexicalIndex
    from ingest.lexical import Terms
    from ingest.settings import Settings
    from ingest.types import Embedder

DATABASE = "library.sqlite3"
SNAPSHOTS = "snapshots"
SCHEMA_VERSION = 1
REBUILD_UP_TO = 5_000
"""Passages up to which the lexical index is built anew; above, it is copied and changed (unless a fifth has changed)."""

_BUSY_SECONDS = 2.0
_CACHED_DOCUMENTS = 256
_CACHED_CHUNKS = 4096
_FIRST_PAGE = 4096
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, checked_ns INTEGER NOT NULL,
    digest TEXT NOT NULL, recipe TEXT NOT NULL);
CREATE TABLE documents (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, digest TEXT NOT NULL,
    recipe TEXT NOT NULL, record TEXT, title TEXT NOT NULL, text TEXT NOT NULL, line_starts TEXT NOT NULL,
    page_starts TEXT NOT NULL, dropped TEXT NOT NULL, checksum TEXT NOT NULL, line INTEGER NOT NULL);
CREATE TABLE names (number INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL REFERENCES files ON DELETE CASCADE,
    record TEXT, document INTEGER NOT NULL REFERENCES documents);
CREATE INDEX names_by_path ON names (path);
CREATE INDEX names_by_document ON names (document);
CREATE TABLE sections (document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE, position INTEGER NOT NULL,
    trail TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, heading_start INTEGER NOT NULL,
    blank INTEGER NOT NULL, PRIMARY KEY (document, position));
CREATE TABLE chunks (row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL,
    document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE, trail TEXT NOT NULL, text TEXT NOT NULL,
    start INTEGER NOT NULL, end INTEGER NOT NULL, page INTEGER, first_line INTEGER NOT NULL, last_line INTEGER NOT NULL,
    key BLOB NOT NULL);
CREATE INDEX chunks_by_document ON chunks (document);
CREATE TABLE vectors (key BLOB NOT NULL, fingerprint TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (key, fingerprint));
"""
_CHUNK = (
    "SELECT c.row, c.id, d.id, c.trail, c.text, c.start, c.end, c.page, c.first_line, c.last_line"
    " FROM chunks c JOIN documents d ON d.number = c.document"
)
_VECTOR = "FROM chunks c JOIN vectors v ON v.key = c.key AND v.fingerprint = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentInfo:
    """A document as the list of notes shows it."""

    id: str
    paths: tuple[str, ...]
    """Every file that holds it, the one that is cited first."""
    record: str | None
    title: str
    characters: int
    sections: int
    blank_sections: int
    chunks: int


@dataclass(frozen=True, slots=True)
class FileState:
    """How a file was when it was last read."""

    size: int
    mtime_ns: int
    checked_ns: int
    """The clock when it was read: a file changed since, within the clock's grain, can look the same."""
    digest: str
    recipe: str
    """The version of the program's stages and of the settings that shaped its chunks."""


class Library:
    """One generation of a library, for reading; any number of them at a time, from any number of threads.

    ``generation`` counts the commits. A row is a chunk's number: it is never given to another chunk.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, embedder: Embedder | None) -> None:
        self.folder = folder
        self._connection = connection
        self._lock = RLock()
        self._dense: DenseIndex | None = None
        self._lexical: LexicalIndex | None = None
        self._documents: dict[str, Document] = {}
        self._paths: dict[str, str] = {}
        self._parts: dict[str, tuple[Section, ...]] = {}
        self._chunks: dict[int, Chunk] = {}
        self._count = -1
        self._begin()
        self._embedder = embedder
        if embedder is not None:
            self._same_model(embedder)

    @classmethod
    def open(cls, folder: Path, settings: Settings, *, embedder: Embedder | None = None) -> Library:
        """The library in ``folder`` as it stands now; later commits stay out of sight (see :meth:`outdated`).

        Questions are embedded with the model of the library, whatever ``settings`` says; ``embedder`` spares
        loading it. Raises ``LibraryMissing``, ``LibraryDamaged``, or ``ModelError`` when ``embedder`` is another model.
        """
        connection = _open(folder.absolute())
        try:
            return cls(folder.absolute(), connection, embedder)
        except BaseException:
            connection.close()
            raise

    def __enter__(self) -> Library:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the library; to be called once it is no longer asked."""
        with self._lock:
            self._dense = self._lexical = None
            self._connection.close()

    def outdated(self) -> bool:
        """Whether a later generation has been committed: open the library again to see it."""
        with _translated(self.folder):
            try:
                connection = _open(self.folder)
            except LibraryMissing:
                return True
            try:
                return int(_meta(connection)["generation"]) != self.generation
            finally:
                connection.close()

    @property
    def embedder(self) -> Embedder:
        """The library's embedding model, loaded when first asked for.

        Raises ``ModelError`` when its weights are not those that the vectors were made with.
        """
        with self._lock:
            if self._embedder is None:
                from ingest.embed import load_embedder

                embedder = load_embedder(self.model)
                self._same_model(embedder)
                self._embedder = embedder
            return self._embedder

    def documents(self) -> list[DocumentInfo]:
        """All documents, in the order in which they came."""
        names: dict[int, list[str]] = {}
        for number, path in self._rows("SELECT document, path FROM names ORDER BY number"):
            names.setdefault(number, []).append(path)
        return [
            DocumentInfo(
                id=id_,
                paths=tuple(names.get(number, ())),
                record=record,
                title=title,
                characters=characters,
                sections=sections,
                blank_sections=blank,
                chunks=chunks,
            )
            for number, id_, record, title, characters, sections, blank, chunks in self._rows(
                "SELECT d.number, d.id, d.record, d.title, length(d.text),"
                " (SELECT count(*) FROM sections WHERE document = d.number),"
                " (SELECT count(*) FROM sections WHERE document = d.number AND blank),"
                " (SELECT count(*) FROM chunks WHERE document = d.number) FROM documents d ORDER BY d.number"
            )
        ]

    def document(self, document_id: str) -> Document:
        """The document with its cleaned text and maps; ``KeyError`` when there is none of that id."""
        with self._lock:
            if (document := self._documents.get(document_id)) is None:
                found = self._rows(f"SELECT {_DOCUMENT} FROM documents WHERE id = ?", document_id)
                if not found:
                    raise KeyError(document_id)
                with _translated(self.folder):
                    document = _document(found[0], self.path(document_id))
                if len(self._documents) >= _CACHED_DOCUMENTS:
                    self._documents.clear()
                self._documents[document_id] = document
            return document

    def path(self, document_id: str) -> str:
        """The file to cite: the first of the document's names; ``KeyError`` when there is no such document."""
        with self._lock:
            if (path := self._paths.get(document_id)) is None:
                found = self._rows(
                    "SELECT n.path FROM names n JOIN documents d ON d.number = n.document WHERE d.id = ? ORDER BY n.number",
                    document_id,
                )
                if not found:
                    raise KeyError(document_id)
                path = self._paths[document_id] = str(found[0][0])
            return path

    def sections(self, document_id: str) -> tuple[Section, ...]:
        """The document's sections in order of the text."""
        with self._lock:
            if (sections := self._parts.get(document_id)) is None:
                sections = tuple(self._sections("d.id = ?", document_id))
                if len(self._parts) >= _CACHED_DOCUMENTS:
                    self._parts.clear()
                self._parts[document_id] = sections
            return sections

    def blank_sections(self) -> list[Section]:
        """The headings of all documents under which nothing is written."""
        return self._sections("s.blank")

    def chunks(self, rows: Sequence[int]) -> list[Chunk]:
        """The chunks of ``rows``, in that order; ``KeyError`` for a row that is not there."""
        with self._lock:
            if len(self._chunks) >= _CACHED_CHUNKS:
                self._chunks.clear()
            new = [int(row) for row in rows if row not in self._chunks]
            for first in range(0, len(new), 500):
                part = new[first : first + 500]
                for record in self._rows(f"{_CHUNK} WHERE c.row IN ({','.join('?' * len(part))})", *part):
                    self._chunks[record[0]] = self._chunk(record)
            return [self._chunks[row] for row in rows]

    def chunk_count(self) -> int:
        """Number of chunks."""
        if self._count < 0:
            self._count = int(self._rows("SELECT count(*) FROM chunks")[0][0])
        return self._count

    def dump(self) -> Iterator[Chunk]:
        """All chunks by row."""
        last = 0
        while batch := self._rows(f"{_CHUNK} WHERE c.row > ? ORDER BY c.row LIMIT 1000", last):
            yield from map(self._chunk, batch)
            last = batch[-1][0]

    def dense(self, vector: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """The ``k`` rows whose vectors have the largest cosine with the unit ``vector``, best first; none for zeros."""
        return self._dense_index().search(vector, k)

    def lexical(self, query: str | Terms, k: int) -> list[tuple[int, float]]:
        """The ``k`` best rows by BM25, summed over headings and passage, best first."""
        return self._lexical_index().search(query, k)

    def lexical_scores(self, query: str | Terms, rows: Sequence[int]) -> list[float]:
        """The score that :meth:`lexical` gives each of ``rows``, found or not."""
        return self._lexical_index().scores(query, rows)

    def idf(self, tokens: Sequence[str]) -> list[float]:
        """BM25's ``ln(1 + (N - n + 0.5) / (n + 0.5))`` of each token that stands in ``n`` of the ``N`` chunks."""
        return self._lexical_index().idf(tokens)

    def known(self, tokens: Sequence[str]) -> list[bool]:
        """Whether each token stands anywhere in the notes."""
        return self._lexical_index().known(tokens)

    def spelled(self, token: str) -> dict[str, int]:
        """Tokens of the notes that begin with the same character as ``token``, with the number of chunks that hold each."""
        return self._lexical_index().spelled(token)

    def vectors(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """The unit vectors of ``rows``, ``[len(rows), dimensions]``; ``KeyError`` for a row that is not there."""
        return self._dense_index().vectors(rows)

    def check(self) -> list[str]:
        """Everything that is wrong with the library, a line each; empty when all is well. Changes nothing."""
        try:
            with self._lock, _translated(self.folder):
                return [*self._check_rows(), *self._check_snapshot()]
        except LibraryDamaged as exc:
            return [str(exc)]

    def repair(self) -> list[str]:
        """Put right what can be: embed what has no vector, drop what belongs to nothing, build both indexes anew.

        Damaged notes are dropped and come back with the next ingest of their files. Returns what was done, a line each.
        Raises ``LibraryBusy``, and ``LibraryDamaged`` when the database itself cannot be read.
        """
        if not self.check():
            return []
        with self._lock:
            self._connection.rollback()
            self._dense = self._lexical = None
            for kept in (self._documents, self._paths, self._parts, self._chunks):
                kept.clear()
            self._count = -1
            try:
                with Writer(self.folder) as writer:
                    done = [*writer.drop_damaged(), *writer.drop_orphans()]
                    embedded = writer.embed(self.model)
                    writer.index(afresh=True)
                    writer.commit()
            finally:
                self._begin()
        return [*done, *([f"embedded {embedded} passages"] if embedded else []), "built both indexes anew"]

    def _begin(self) -> None:
        with _translated(self.folder):
            self._connection.execute("BEGIN")
            meta = _meta(self._connection)
            self.generation = int(meta["generation"])
            self.model = meta["model"]
            self._fingerprint = meta["fingerprint"]
            self.kept = _kept(meta)
            """Texts that cleaning keeps because the user said so; see ``ingest.overrule``."""
            self._snapshot: dict[str, Any] = json.loads(meta["snapshot"])

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock, _translated(self.folder):
            return self._connection.execute(query, values).fetchall()

    def _sections(self, where: str, *values: object) -> list[Section]:
        found = self._rows(
            "SELECT d.id, s.trail, s.start, s.end, s.heading_start, s.blank FROM sections s"
            f" JOIN documents d ON d.number = s.document WHERE {where} ORDER BY s.document, s.position",
            *values,
        )
        with _translated(self.folder):
            return [
                Section(
                    document_id=id_,
                    trail=tuple(json.loads(trail)),
                    start=start,
                    end=end,
                    heading_start=heading,
                    blank=bool(blank),
                )
                for id_, trail, start, end, heading, blank in found
            ]

    def _chunk(self, record: tuple[Any, ...]) -> Chunk:
        with _translated(self.folder):
            return _chunk(record)

    def _same_model(self, embedder: Embedder) -> None:
        if embedder.fingerprint != self._fingerprint:
            raise ModelError(
                f"the library was made with other weights of the model {self.model!r}:"
                " ingest again, or run 'footnote check --repair'"
            )

    def _dense_index(self) -> DenseIndex:
        with self._lock:
            if self._dense is None:
                from ingest.index import DenseIndex, SnapshotDamaged

                try:
                    self._dense = DenseIndex.open(_snapshot(self.folder, self._snapshot), self._snapshot["sums"])
                except SnapshotDamaged:
                    with _translated(self.folder):
                        self._dense = DenseIndex.build(*_vectors(self._connection, self._fingerprint))
            return self._dense

    def _lexical_index(self) -> LexicalIndex:
        with self._lock:
            if self._lexical is None:
                from ingest.index import LexicalIndex, SnapshotDamaged

                try:
                    self._lexical = LexicalIndex.open(_snapshot(self.folder, self._snapshot), self._snapshot["sums"])
                except SnapshotDamaged:
                    with _translated(self.folder):
                        self._lexical = LexicalIndex.build(None, _passages(self._connection))
            return self._lexical

    def _check_rows(self) -> Iterator[str]:
        from ingest.embed import known_fingerprint

        run = self._connection.execute
        for (line,) in run("PRAGMA integrity_check(20)"):
            if line != "ok":
                yield f"database: {line}"
        for table, row, parent, _ in run("PRAGMA foreign_key_check"):
            yield f"{table} {row}: its row of {parent} is missing"
        for number, id_, problem in _damaged(self._connection):
            yield f"document {id_} (number {number}): {problem}"
        for (id_,) in run(f"SELECT id FROM documents WHERE {_NAMELESS}"):
            yield f"document {id_}: no file has it"
        if known_fingerprint(self.model) not in (None, self._fingerprint):
            yield f"vectors: made with other weights of the model {self.model!r}"
        (unused,) = run(f"SELECT count(*) FROM vectors WHERE {_UNUSED}", (self._fingerprint,)).fetchone()
        (embedded,) = run(f"SELECT count(*) {_VECTOR}", (self._fingerprint,)).fetchone()
        if unused:
            yield f"{unused} vectors belong to no passage"
        if embedded != self.chunk_count():
            yield f"{self.chunk_count() - embedded} passages have no vector"

    def _check_snapshot(self) -> Iterator[str]:
        import numpy as np

        from ingest.index import DenseIndex, LexicalIndex, SnapshotDamaged

        sums = self._snapshot["sums"]
        rows, vectors = _vectors(self._connection, self._fingerprint)
        try:
            dense = DenseIndex.open(_snapshot(self.folder, self._snapshot), sums)
            if not np.array_equal(dense.rows, rows) or not np.array_equal(dense.vectors(list(rows)), vectors.astype(np.float32)):
                yield "index of vectors: not those of the database"
        except SnapshotDamaged as exc:
            yield f"index of vectors: {exc}"
        try:
            if LexicalIndex.open(_snapshot(self.folder, self._snapshot), sums).count != self.chunk_count():
                yield "index of words: not the passages of the database"
        except SnapshotDamaged as exc:
            yield f"index of words: {exc}"


class Writer:
    """The one writer of a library: what it does is seen by nobody before :meth:`commit`, and undone without it.

    Makes the folder when there is none. Raises ``LibraryBusy`` while another process writes, ``LibraryDamaged``, and
    ``StoreError`` when the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder = folder.absolute()
        try:
            (folder / SNAPSHOTS).mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise StoreError(f"{folder}: no library can be made here ({exc.strerror})") from exc
        _not_cut(folder)
        with _translated(folder):
            self._connection, _ = _connect(f"{(folder / DATABASE).as_uri()}?mode=rwc")
        try:
            with _translated(folder):
                self._run("PRAGMA journal_mode = WAL")
                self._run("PRAGMA synchronous = FULL")
                self._run("BEGIN IMMEDIATE")
                if _version(self._connection) == 0:
                    self._create()
                self._meta = _meta(self._connection)
                self._clear()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with _translated(self.folder):
            self._connection.close()  # what was not committed is rolled back

    @property
    def generation(self) -> int:
        """The generation that this writer found; 0 for a new library."""
        return int(self._meta["generation"])

    @property
    def model(self) -> str:
        """The embedding model of the library; empty for a new one."""
        return self._meta["model"]

    @property
    def fingerprint(self) -> str:
        """The fingerprint of that model's weights."""
        return self._meta["fingerprint"]

    @property
    def repeated(self) -> frozenset[str]:
        """The lines known to stand in several files, from this and earlier runs."""
        return frozenset(json.loads(self._meta["repeated"]))

    @repeated.setter
    def repeated(self, lines: frozenset[str]) -> None:
        self._meta["repeated"] = json.dumps(sorted(lines), ensure_ascii=False)

    @property
    def kept(self) -> frozenset[str]:
        """Texts that cleaning keeps because the user said so; see ``ingest.overrule``."""
        return _kept(self._meta)

    @kept.setter
    def kept(self, texts: frozenset[str]) -> None:
        self._meta["kept"] = json.dumps(sorted(texts), ensure_ascii=False)

    def files(self) -> dict[str, FileState]:
        """What is known of each file, by path."""
        rows = self._run("SELECT path, size, mtime_ns, checked_ns, digest, recipe FROM files")
        return {path: FileState(*state) for path, *state in rows}

    def put_file(self, path: str, state: FileState) -> None:
        """Remember how the file was found; keeps the names of its documents."""
        self._run(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET size = excluded.size,"
            " mtime_ns = excluded.mtime_ns, checked_ns = excluded.checked_ns, digest = excluded.digest, recipe = excluded.recipe",
            path,
            *asdict(state).values(),
        )

    def names(self) -> dict[tuple[str, str | None], str]:
        """``(path, record)`` to document id, of every name in the library."""
        query = "SELECT n.path, n.record, d.id FROM names n JOIN documents d ON d.number = n.document ORDER BY n.number"
        return {(path, record): id_ for path, record, id_ in self._run(query)}

    def versions(self) -> dict[str, tuple[str, str]]:
        """Document id to the digest of its source and the recipe by which it was processed."""
        return {id_: (digest, recipe) for id_, digest, recipe in self._run("SELECT id, digest, recipe FROM documents")}

    def forget(self, path: str) -> None:
        """Take the file out, with its names; its documents go with :meth:`drop_orphans` unless another file has them."""
        self._run("DELETE FROM files WHERE path = ?", path)

    def unname(self, path: str) -> None:
        """Take away the names of the file's documents, to give it new ones."""
        self._run("DELETE FROM names WHERE path = ?", path)

    def forget_document(self, document_id: str) -> list[str]:
        """Take away all names of a document; says of which files, which will be read again when they are next given."""
        this = "document = (SELECT number FROM documents WHERE id = ?)"
        paths = [str(path) for (path,) in self._run(f"SELECT DISTINCT path FROM names WHERE {this}", document_id)]
        self._run(f"DELETE FROM names WHERE {this}", document_id)
        for path in paths:
            self._run("UPDATE files SET size = -1, digest = '' WHERE path = ?", path)
        return paths

    def outdate(self, document_id: str) -> list[str]:
        """Have a document made anew when its files are next given; says which files."""
        this = "(SELECT number FROM documents WHERE id = ?)"
        paths = [str(path) for (path,) in self._run(f"SELECT DISTINCT path FROM names WHERE document = {this}", document_id)]
        self._run("UPDATE documents SET recipe = '' WHERE id = ?", document_id)
        for path in paths:
            self._run("UPDATE files SET size = -1, digest = '' WHERE path = ?", path)
        return paths

    def holder(self, document_id: str) -> str | None:
        """A file that has the document; ``None`` when none has (any more)."""
        query = "SELECT n.path FROM names n JOIN documents d ON d.number = n.document WHERE d.id = ? ORDER BY n.number"
        found = self._run(query, document_id)
        return str(found[0][0]) if found else None

    def name(self, path: str, record: str | None, document_id: str, line: int) -> None:
        """Say that the file (its record, in that line of it) holds the document, which must be in the library.

        Lines are cited of the document's first name, so a record that only moved in its file takes its chunks along.
        """
        ((number, old),) = self._run("SELECT number, line FROM documents WHERE id = ?", document_id)
        if line != old and self.holder(document_id) is None:
            self._run("UPDATE documents SET line = ? WHERE number = ?", line, number)
            by = line - old
            self._run(
                "UPDATE chunks SET first_line = first_line + ?, last_line = last_line + ? WHERE document = ?", by, by, number
            )
        self._run("INSERT INTO names (path, record, document) VALUES (?, ?, ?)", path, record, number)

    def put(
        self,
        document: Document,
        sections: Sequence[Section],
        chunks: Sequence[Chunk],
        *,
        record: str | None,
        digest: str,
        recipe: str,
    ) -> None:
        """Store a document in place of the one of the same id, if any."""
        lines, pages = json.dumps(document.line_starts), json.dumps(document.page_starts)
        dropped = json.dumps([[*part.lines, part.text, part.reason] for part in document.dropped], ensure_ascii=False)
        values = (digest, recipe, record, document.title, document.text, lines, pages, dropped)
        checksum = _checksum(document.title, document.text, lines, pages, dropped)
        found = self._run("SELECT number FROM documents WHERE id = ?", document.id)
        if found:
            number = found[0][0]
            self._run("DELETE FROM sections WHERE document = ?", number)
            self._run("DELETE FROM chunks WHERE document = ?", number)
            self._run(
                "UPDATE documents SET digest = ?, recipe = ?, record = ?, title = ?, text = ?, line_starts = ?, page_starts = ?,"
                " dropped = ?, checksum = ?, line = ? WHERE number = ?",
                *values,
                checksum,
                document.first_line,
                number,
            )
        else:
            columns = "digest, recipe, record, title, text, line_starts, page_starts, dropped, checksum, line, id"
            cursor = self._connection.execute(
                f"INSERT INTO documents ({columns}) VALUES ({','.join('?' * 11)})",
                (*values, checksum, document.first_line, document.id),
            )
            number = cursor.lastrowid
        self._connection.executemany(
            "INSERT INTO sections VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (number, position, _trail(part.trail), part.start, part.end, part.heading_start, part.blank)
                for position, part in enumerate(sections)
            ),
        )
        self._connection.executemany(
            "INSERT INTO chunks (id, document, trail, text, start, end, page, first_line, last_line, key)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (part.id, number, _trail(part.trail), part.text, part.start, part.end, part.page, *part.lines, _key(part))
                for part in chunks
            ),
        )

    def drop_orphans(self) -> list[str]:
        """Take out documents that no file has; says which."""
        gone = [str(id_) for (id_,) in self._run(f"SELECT id FROM documents WHERE {_NAMELESS}")]
        self._run(f"DELETE FROM documents WHERE {_NAMELESS}")
        return [f"dropped document {id_}, which no file has" for id_ in gone]

    def drop_damaged(self) -> list[str]:
        """Take out documents whose texts are not what was stored, and forget their files so that they are read again."""
        done = []
        for _, id_, problem in list(_damaged(self._connection)):
            paths = self.forget_document(id_)
            done.append(f"dropped document {id_} of {', '.join(paths)} ({problem}): ingest the file again")
        return done

    def embed(self, model: str) -> int:
        """Give every chunk its vector by ``model``, embedding only texts that have none yet; says how many."""
        from ingest.embed import load_embedder

        fingerprint = self._fingerprint_of(model)
        missing = self._missing(fingerprint)
        if missing or not fingerprint:
            embedder = load_embedder(model)
            if embedder.fingerprint != fingerprint:
                fingerprint = embedder.fingerprint
                missing = self._missing(fingerprint)
            for first in range(0, len(missing), 512):
                self._embed(embedder, missing[first : first + 512])
        self._meta["model"], self._meta["fingerprint"] = model, fingerprint
        self._run(f"DELETE FROM vectors WHERE {_UNUSED}", fingerprint)
        return len(missing)

    def current(self, model: str) -> bool:
        """Whether the vectors are of ``model`` and the indexes of this version of the program."""
        from ingest.index import FORMAT

        indexed = json.loads(self._meta["snapshot"])["format"] == FORMAT
        return indexed and model == self.model and self.fingerprint == self._fingerprint_of(model)

    def _fingerprint_of(self, model: str) -> str:
        """What is known of the model's fingerprint without loading it; empty for nothing."""
        from ingest.embed import known_fingerprint

        return known_fingerprint(model) or (self.fingerprint if model == self.model else "")

    def _missing(self, fingerprint: str) -> list[tuple[bytes, int]]:
        """Key and first row of each text that has no vector."""
        return self._run(
            "SELECT key, min(row) FROM chunks c WHERE NOT EXISTS"
            " (SELECT 1 FROM vectors v WHERE v.key = c.key AND v.fingerprint = ?) GROUP BY key ORDER BY min(row)",
            fingerprint,
        )

    def _embed(self, embedder: Embedder, batch: Sequence[tuple[bytes, int]]) -> None:
        rows = [row for _, row in batch]
        found = self._run(f"{_CHUNK} WHERE c.row IN ({','.join('?' * len(rows))}) ORDER BY c.row", *rows)
        vectors = embedder.encode([_chunk(record).embedded_text() for record in found]).astype("<f2")
        self._connection.executemany(
            "INSERT INTO vectors VALUES (?, ?, ?)",
            ((key, embedder.fingerprint, vector.tobytes()) for (key, _), vector in zip(batch, vectors, strict=True)),
        )

    def index(self, *, afresh: bool = False) -> None:
        """Write the snapshot of the next generation from the database as it stands; ``afresh`` without the last one."""
        from ingest.index import FORMAT, DenseIndex, seal

        name = f"{self.generation + 1}-{secrets.token_hex(8)}"
        folder = self.folder / SNAPSHOTS / name
        try:
            folder.mkdir()
            DenseIndex.build(*_vectors(self._connection, self.fingerprint)).save(folder)
            self._index_words(folder, None if afresh else json.loads(self._meta["snapshot"]))
            sums = seal(folder)
        except OSError as exc:
            raise StoreError(f"{folder}: cannot be written ({exc.strerror or exc})") from exc
        self._meta["snapshot"] = json.dumps({"folder": name, "sums": sums, "format": FORMAT})

    def _index_words(self, folder: Path, last: dict[str, Any] | None) -> None:
        """The lexical index: the last one with what has changed where that is worth it and it is sound, else a new one."""
        from ingest.index import DenseIndex, LexicalIndex, SnapshotDamaged

        rows = {int(row) for (row,) in self._run("SELECT row FROM chunks")}
        if last is not None and len(rows) > REBUILD_UP_TO:
            try:
                old = _snapshot(self.folder, last)
                before = {int(row) for row in DenseIndex.open(old, last["sums"]).rows}
                LexicalIndex.open(old, last["sums"])
            except SnapshotDamaged:
                before = set()
            if len(rows ^ before) * 5 < len(rows):
                LexicalIndex.update(old, folder, sorted(before - rows), _passages(self._connection, max(before, default=0)))
                return
        LexicalIndex.build(folder, _passages(self._connection))

    def commit(self, *, new_generation: bool = True) -> None:
        """Make everything since the start visible and durable at once; ends this writer."""
        if new_generation:
            self._meta["generation"] = str(self.generation + 1)
        with _translated(self.folder):
            self._connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", self._meta.items())
            self._connection.execute("COMMIT")

    def totals(self) -> tuple[int, int, int, int]:
        """Documents, sections, blank sections and chunks as they stand now."""
        counts = "(SELECT count(*) FROM documents), (SELECT count(*) FROM sections), (SELECT count(*) FROM sections WHERE blank)"
        documents, sections, blank, chunks = self._run(f"SELECT {counts}, (SELECT count(*) FROM chunks)")[0]
        return documents, sections, blank, chunks

    def _run(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with _translated(self.folder):
            return self._connection.execute(query, values).fetchall()

    def _create(self) -> None:
        for statement in _TABLES.split(";"):
            self._run(statement)
        fresh = {
            "generation": "0",
            "model": "",
            "fingerprint": "",
            "repeated": "[]",
            "snapshot": '{"folder": "", "sums": {}, "format": 0}',
        }
        self._connection.executemany("INSERT INTO meta VALUES (?, ?)", fresh.items())
        self._run(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _clear(self) -> None:
        """Remove snapshots that no commit names: those before the last one, and what a killed writer left."""
        named = json.loads(self._meta["snapshot"])["folder"]
        for folder in (self.folder / SNAPSHOTS).iterdir():
            if folder.name != named:
                shutil.rmtree(folder, ignore_errors=True)


_DOCUMENT = "id, title, text, line_starts, page_starts, dropped, line"
_NAMELESS = "number NOT IN (SELECT document FROM names)"
_UNUSED = "fingerprint != ? OR key NOT IN (SELECT key FROM chunks)"


def _document(record: tuple[Any, ...], path: str) -> Document:
    id_, title, text, line_starts, page_starts, dropped, line = record
    return Document(
        id=id_,
        path=path,
        title=title,
        text=text,
        page_starts=tuple(json.loads(page_starts)),
        line_starts=tuple(json.loads(line_starts)),
        dropped=tuple(Dropped(lines=(first, last), text=part, reason=why) for first, last, part, why in json.loads(dropped)),
        first_line=line,
    )


def _chunk(record: tuple[Any, ...]) -> Chunk:
    _, id_, document, trail, text, start, end, page, first, last = record
    return Chunk(
        id=id_,
        document_id=document,
        trail=tuple(json.loads(trail)),
        text=text,
        start=start,
        end=end,
        page=page,
        lines=(first, last),
    )


def _trail(trail: Sequence[str]) -> str:
    return json.dumps(trail, ensure_ascii=False)


def _key(chunk: Chunk) -> bytes:
    """What a chunk's vector is kept under."""
    return hashlib.blake2b(chunk.embedded_text().encode(), digest_size=16).digest()


def _checksum(*parts: str) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()


def _damaged(connection: sqlite3.Connection) -> Iterator[tuple[int, str, str]]:
    """Number, id and fault of each document that is not what was stored, or whose chunks or sections do not fit it."""
    query = f"SELECT number, {_DOCUMENT}, checksum FROM documents ORDER BY number"
    for number, id_, title, text, lines, pages, dropped, _, checksum in connection.execute(query):
        if _checksum(title, text, lines, pages, dropped) != checksum:
            yield number, id_, "its text has changed"
            continue
        spans = connection.execute("SELECT trail, heading_start, start, end FROM sections WHERE document = ?", (number,))
        if any(not 0 <= heading <= start <= end <= len(text) for _, heading, start, end in spans):
            yield number, id_, "a section stands outside its text"
            continue
        for *record, key in connection.execute(f"{_CHUNK.replace(' FROM', ', c.key FROM', 1)} WHERE c.document = ?", (number,)):
            try:
                chunk = _chunk(tuple(record))
            except ValueError:
                yield number, id_, f"passage {record[0]} cannot be read"
                break
            if text[chunk.start : chunk.end] != chunk.text or _key(chunk) != key:
                yield number, id_, f"passage {record[0]} is not in its text"
                break


def _passages(connection: sqlite3.Connection, after: int = 0) -> Iterator[tuple[int, Sequence[str], str]]:
    """Row, trail and text of every chunk whose row is above ``after``."""
    for row, trail, text in connection.execute("SELECT row, trail, text FROM chunks WHERE row > ? ORDER BY row", (after,)):
        yield row, json.loads(trail), text


def _vectors(connection: sqlite3.Connection, fingerprint: str) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
    """Rows, ascending, and their vectors ``[n, d]`` by the model of that fingerprint."""
    import numpy as np

    count, size = connection.execute(f"SELECT count(*), coalesce(max(length(v.vector)), 2) {_VECTOR}", (fingerprint,)).fetchone()
    rows, vectors = np.empty(count, dtype=np.int64), np.zeros((count, size // 2), dtype="<f2")
    for place, (row, vector) in enumerate(connection.execute(f"SELECT c.row, v.vector {_VECTOR} ORDER BY c.row", (fingerprint,))):
        rows[place] = row
        vectors[place] = np.frombuffer(vector, dtype="<f2")
    return rows, vectors


def _snapshot(folder: Path, snapshot: dict[str, Any]) -> Path:
    """The folder of a snapshot; ``SnapshotDamaged`` when another version of the program has made it, or none."""
    from ingest.index import FORMAT, SnapshotDamaged

    if snapshot["format"] != FORMAT:
        raise SnapshotDamaged("made by another version of the program")
    return folder / SNAPSHOTS / str(snapshot["folder"])


def _kept(meta: dict[str, str]) -> frozenset[str]:
    return frozenset(json.loads(meta.get("kept", "[]")))  # a library made before there was such a list has none


def _meta(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT key, value FROM meta").fetchall())


def _connect(uri: str) -> tuple[sqlite3.Connection, int]:
    """A connection and the version of the tables; 0 where there are none yet."""
    connection = sqlite3.connect(uri, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True)
    try:
        for pragma in ("foreign_keys = ON", "trusted_schema = OFF", "cell_size_check = ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection, _version(connection)
    except BaseException:
        connection.close()
        raise


def _open(folder: Path) -> sqlite3.Connection:
    """A connection for reading to the library in ``folder``, which must have been committed once."""
    path = folder / DATABASE
    missing = LibraryMissing(f"{folder}: there is no library here; make one with 'footnote ingest'")
    if not path.is_file():
        raise missing
    _not_cut(folder)
    with _translated(folder):
        try:
            connection, version = _connect(f"{path.as_uri()}?mode=rw")
        except sqlite3.OperationalError as exc:  # a folder that cannot be written: no writer can be at work either
            if "readonly" not in str(exc) and "unable to open" not in str(exc):
                raise
            connection, version = _connect(f"{path.as_uri()}?mode=ro&immutable=1")
        connection.execute("PRAGMA query_only = ON")
    if version == 0:
        connection.close()
        raise missing
    return connection


def _not_cut(folder: Path) -> None:
    """Tell a database that lost its bytes from one that a killed writer had only begun: SQLite takes either for new."""
    path = folder / DATABASE
    size = path.stat().st_size if path.is_file() else _FIRST_PAGE
    if size < _FIRST_PAGE and (size or any((folder / SNAPSHOTS).glob("*"))):
        raise LibraryDamaged(f"{path}: cut to {size} bytes; remove the folder and ingest again")


def _version(connection: sqlite3.Connection) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version not in (0, SCHEMA_VERSION) or (version == 0 and tables):
        raise sqlite3.DatabaseError("not a library that this version of the program knows")
    return version


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    """SQLite's errors as ours, with the file and a reason in one line."""
    path = folder / DATABASE
    try:
        yield
    except sqlite3.OperationalError as exc:
        reason = str(exc).partition("\n")[0]  # SQLite quotes what it cannot decode
        if "locked" in reason or "busy" in reason:
            raise LibraryBusy(f"{folder}: another process is writing to this library; try again when it is done") from exc
        if "readonly" in reason:
            raise StoreError(f"{folder}: the library is read-only here; nothing can be changed in it") from exc
        if "full" in reason or "unable to open" in reason:
            raise StoreError(f"{path}: {reason}") from exc
        raise LibraryDamaged(f"{path}: {reason}") from exc
    except sqlite3.ProgrammingError as exc:  # the connection is closed, which says nothing about the file
        raise StoreError(f"{folder}: {exc}") from exc
    except sqlite3.DatabaseError as exc:
        raise LibraryDamaged(f"{path}: {exc}; remove the folder and ingest again") from exc
    except (ValueError, KeyError) as exc:
        raise LibraryDamaged(f"{path}: a value in it cannot be read ({exc})") from exc
