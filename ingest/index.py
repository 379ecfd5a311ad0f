"""The two search indexes of a library, dense (FAISS) and lexical (tantivy): snapshots that SQLite can always replace.

Decisions:

- Up to ``EXACT_UP_TO`` passages FAISS compares the question with every vector. Above, it scans 4-bit product codes of
  two dimensions each (fast scan) and the best few hundred are compared exactly with the float16 vectors, mapped from
  disk. On 100,000 Chinese passages of the shipped model and 256 dimensions one core took 0.5 ms instead of 8, with 6 MB
  in memory instead of 102 and the same best ten for each of 400 questions; HNSW, IVF and PQ alone lost more than 5 %.
- One FAISS thread a query: more of them wait for each other on busy cores.
- FAISS has no checksum and answers wrongly from a damaged file, so nothing is opened before its SHA-256 is the one that
  stands in SQLite, and FAISS parses the very bytes that were hashed.
- tantivy gets the tokens of :mod:`ingest.lexical` joined by blanks, in two fields: the trail of headings and the
  passage. The score is the sum of both BM25 (k1 1.2, b 0.75), the headings times ``HEADING_WEIGHT``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import weakref
from functools import lru_cache
from math import log
from typing import TYPE_CHECKING, Any

from ingest.lexical import Terms, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

FORMAT = 1
"""To be raised with every change of the tokens, fields or files: snapshots of another format are built anew."""
EXACT_UP_TO = 20_000
"""Passages up to which the dense search compares every vector."""
HEADING_WEIGHT = 0.7
"""What a match in the headings counts against one in the passage."""
QUERY_TOKENS = 96
"""A longer question is searched by that many of its rarest tokens."""
IDFS = 50_000
"""Tokens whose inverse document frequency is remembered."""

_TRAINING = 20_000
_REFINE = 400
_CODES, _VECTORS, _ROWS, _LEXICAL = "dense.faiss", "vectors.f16", "rows.i64", "lexical"


class SnapshotDamaged(Exception):
    """A file of the snapshot is missing or is not the one that SQLite names; the caller builds it anew."""


def seal(folder: Path) -> dict[str, str]:
    """Bring every file under ``folder`` to the disk; give the SHA-256 of each by its path in the folder."""
    sums: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.endswith(".lock"):
            with path.open("rb+") as file:
                sums[path.relative_to(folder).as_posix()] = _sha256(file)
                os.fsync(file.fileno())
    for path in (*(path for path in folder.rglob("*") if path.is_dir()), folder, folder.parent):
        sync_folder(path)
    return sums


def sync_folder(folder: Path) -> None:
    """Bring the names of a folder's files to the disk, where the system knows of such a thing."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class DenseIndex:
    """Vectors by row number, best cosine first."""

    def __init__(self, codes: Any, vectors: NDArray[np.float16], rows: NDArray[np.int64]) -> None:
        self._codes = codes
        self._vectors = vectors
        self._rows = rows

    @classmethod
    def build(cls, rows: NDArray[np.int64], vectors: NDArray[np.float16]) -> DenseIndex:
        """Index unit ``vectors`` (``[n, d]``) under ``rows`` (ascending); the same input gives the same index."""
        import faiss
        import numpy as np

        faiss.omp_set_num_threads(1)
        count, dimensions = vectors.shape
        if count <= EXACT_UP_TO or dimensions % 2:
            codes: Any = faiss.IndexFlatIP(dimensions)
        else:
            codes = faiss.IndexPQFastScan(dimensions, dimensions // 2, 4, faiss.METRIC_INNER_PRODUCT)
            sample = np.linspace(0, count - 1, _TRAINING).astype(np.int64)
            codes.train(vectors[sample].astype(np.float32))
        for first in range(0, count, 8192):
            codes.add(vectors[first : first + 8192].astype(np.float32))
        return cls(codes, vectors, rows)

    def save(self, folder: Path) -> None:
        """Write the three files of the index into ``folder``."""
        import faiss

        faiss.serialize_index(self._codes).tofile(folder / _CODES)
        self._vectors.astype("<f2", copy=False).tofile(folder / _VECTORS)
        self._rows.astype("<i8", copy=False).tofile(folder / _ROWS)

    @classmethod
    def open(cls, folder: Path, sums: Mapping[str, str]) -> DenseIndex:
        """The index that :meth:`save` wrote, if its files have the SHA-256 in ``sums``; else ``SnapshotDamaged``."""
        import faiss
        import numpy as np

        parts = {name: _map(folder / name) for name in (_CODES, _VECTORS, _ROWS)}
        for name, part in parts.items():
            if hashlib.sha256(part.data).hexdigest() != sums.get(name):
                raise SnapshotDamaged(f"{folder / name} has changed")
        rows = parts[_ROWS].view("<i8")
        try:
            codes = faiss.deserialize_index(parts[_CODES])
            vectors = parts[_VECTORS].view("<f2").reshape(len(rows), codes.d)
        except (RuntimeError, ValueError) as exc:
            raise SnapshotDamaged(f"{folder}: {exc}") from exc
        if codes.ntotal != len(rows):
            raise SnapshotDamaged(f"{folder}: {codes.ntotal} codes for {len(rows)} passages")
        return cls(codes, np.asarray(vectors), np.asarray(rows))

    @property
    def rows(self) -> NDArray[np.int64]:
        """The rows in it, ascending."""
        return self._rows

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """The ``k`` best ``(row, cosine)`` for a unit vector; none for a zero vector."""
        import faiss
        import numpy as np

        faiss.omp_set_num_threads(1)  # counts for the calling thread alone
        count = len(self._rows)
        k = min(k, count)
        if k <= 0 or not vector.any():
            return []
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
        if isinstance(self._codes, faiss.IndexFlat):
            scores, found = (result[0] for result in self._codes.search(query, k))
        else:
            found = self._codes.search(query, min(count, max(_REFINE, 4 * k)))[1][0]
            found = np.sort(found[found >= 0])
            scores = self._vectors[found].astype(np.float32) @ query[0]
        best = np.lexsort((found, -scores))[:k]
        return [(int(self._rows[found[i]]), min(float(scores[i]), 1.0)) for i in best]

    def vectors(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """The vectors of ``rows``, ``[len(rows), d]``, in that order; ``KeyError`` for a row that is not there."""
        import numpy as np

        wanted = np.asarray(rows, dtype=np.int64)
        places = np.searchsorted(self._rows, wanted)
        if len(wanted) and (places.max(initial=0) >= len(self._rows) or (self._rows[places] != wanted).any()):
            raise KeyError(f"no such passage among {list(rows)[:5]}")
        return np.asarray(self._vectors[places].astype(np.float32))


class LexicalIndex:
    """BM25 over the tokens of :func:`ingest.lexical.tokens`, by row number."""

    def __init__(self, index: Any) -> None:
        index.reload()
        self._schema = index.schema
        self._searcher = index.searcher()
        self._idf = lru_cache(maxsize=IDFS)(self._counted)  # of one state of the index, which never changes

    @classmethod
    def build(cls, folder: Path | None, passages: Iterable[tuple[int, Sequence[str], str]]) -> LexicalIndex:
        """Index ``(row, trail, text)`` in ``folder / "lexical"``; in memory for ``None``."""
        import tantivy

        if folder is not None:
            (folder / _LEXICAL).mkdir()
        index = _quiet(tantivy.Index(_schema(), str(folder / _LEXICAL) if folder is not None else None))
        cls._write(index, (), passages)
        return cls(index)

    @classmethod
    def update(
        cls, old: Path, folder: Path, removed: Sequence[int], passages: Iterable[tuple[int, Sequence[str], str]]
    ) -> LexicalIndex:
        """A copy of the index under ``old`` in ``folder``, without the rows ``removed`` and with ``passages``."""
        import tantivy

        shutil.copytree(old / _LEXICAL, folder / _LEXICAL, ignore=shutil.ignore_patterns("*.lock"))
        index = _quiet(tantivy.Index.open(str(folder / _LEXICAL)))
        cls._write(index, removed, passages)
        return cls(index)

    @classmethod
    def open(cls, folder: Path, sums: Mapping[str, str]) -> LexicalIndex:
        """The index in ``folder``, if its files have the SHA-256 in ``sums``; else ``SnapshotDamaged``."""
        import tantivy

        expected = {name: digest for name, digest in sums.items() if name.startswith(f"{_LEXICAL}/")}
        for name, digest in expected.items():
            if hashlib.sha256(_map(folder / name).data).hexdigest() != digest:
                raise SnapshotDamaged(f"{folder / name} has changed")
        try:
            return cls(_quiet(tantivy.Index.open(str(folder / _LEXICAL))))
        except (OSError, ValueError) as exc:
            if "lock" not in str(exc).lower():
                raise SnapshotDamaged(f"{folder}: {exc}") from exc
        return cls._open_copy(folder)

    @classmethod
    def _open_copy(cls, folder: Path) -> LexicalIndex:
        """The index in ``folder``, which cannot be written: tantivy makes a lock even to read, so it reads a copy."""
        import tempfile

        import tantivy

        copy = tempfile.mkdtemp(prefix="footnote-")
        try:
            for file in (folder / _LEXICAL).iterdir():
                if file.is_file() and not file.name.endswith(".lock"):
                    shutil.copyfile(file, os.path.join(copy, file.name))
            opened = cls(_quiet(tantivy.Index.open(copy)))
        except (OSError, ValueError) as exc:
            shutil.rmtree(copy, ignore_errors=True)
            raise SnapshotDamaged(f"{folder}: {exc}") from exc
        weakref.finalize(opened, shutil.rmtree, copy, ignore_errors=True)
        return opened

    @staticmethod
    def _write(index: Any, removed: Sequence[int], passages: Iterable[tuple[int, Sequence[str], str]]) -> None:
        import tantivy

        writer = index.writer(64_000_000, 1)
        if removed:  # by query: deleting by term misses unsigned fields
            writer.delete_documents_by_query(tantivy.Query.term_set_query(index.schema, "row", list(removed)))
        for row, trail, text in passages:
            document = tantivy.Document()
            document.add_unsigned("row", row)
            document.add_text("heading", " ".join(tokens("\n".join(trail))))
            document.add_text("body", " ".join(tokens(text)))
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()

    @property
    def count(self) -> int:
        """Number of passages."""
        return int(self._searcher.num_docs)

    def search(self, query: str | Terms, k: int) -> list[tuple[int, float]]:
        """The ``k`` best ``(row, score)`` for ``query``; only rows with a token of it."""
        terms = self._terms(query)
        return self._hits(terms, k) if terms is not None and k > 0 else []

    def scores(self, query: str | Terms, rows: Sequence[int]) -> list[float]:
        """What :meth:`search` would give each of ``rows``; 0.0 without a common token."""
        from tantivy import Occur, Query

        terms = self._terms(query)
        if terms is None or not rows:
            return [0.0] * len(rows)
        among = Query.const_score_query(Query.term_set_query(self._schema, "row", list(rows)), 0.0)
        found = dict(self._hits(Query.boolean_query([(Occur.Must, among), (Occur.Must, terms)]), len(rows)))
        return [found.get(row, 0.0) for row in rows]

    def idf(self, words: Sequence[str]) -> list[float]:
        """BM25's inverse document frequency of each token over the passages with their headings."""
        return [self._idf(word) for word in words]

    def known(self, words: Sequence[str]) -> list[bool]:
        """Whether each token stands in any passage or heading."""
        return [any(self._searcher.doc_freq(field, word) for field in ("heading", "body")) for word in words]

    def spelled(self, word: str) -> dict[str, int]:
        """Tokens that begin like ``word`` (its first character), with the number of passages that hold them."""
        found: dict[str, int] = {}
        for field in ("heading", "body"):
            for term, count in self._searcher.terms_with_prefix(field, word[:1]):
                found[term] = max(found.get(term, 0), count)
        return found

    def _counted(self, word: str) -> float:
        count = self._searcher.num_docs
        frequency = min(count, max(self._searcher.doc_freq(field, word) for field in ("heading", "body")))
        return log(1 + (count - frequency + 0.5) / (frequency + 0.5))

    def _terms(self, query: str | Terms) -> Any:
        from tantivy import Occur, Query

        if isinstance(query, str):
            query = Terms(tokens=dict.fromkeys(tokens(query), 1.0))
        weights = query.tokens
        words = list(weights)
        if len(words) > QUERY_TOKENS:
            words = sorted(words, key=lambda word: -weights[word] * self._idf(word))[:QUERY_TOKENS]
        parts = [part for word in words for part in self._fields(word, weights[word])]
        for weight, names in query.names:
            each = [
                Query.boolean_query(
                    [
                        (Occur.Must, Query.boolean_query([(Occur.Should, part) for part in self._fields(word, weight)]))
                        for word in name
                    ]
                )
                for name in names
            ]
            if each:
                parts.append(Query.disjunction_max_query(each))
        return Query.boolean_query([(Occur.Should, part) for part in parts]) if parts else None

    def _fields(self, word: str, weight: float) -> list[Any]:
        """The query for one token, in both fields."""
        from tantivy import Query

        return [
            Query.boost_query(Query.term_query(self._schema, field, word, "freq"), weight * factor)
            for field, factor in (("heading", HEADING_WEIGHT), ("body", 1.0))
        ]

    def _hits(self, query: Any, k: int) -> list[tuple[int, float]]:
        hits = self._searcher.search(query, k, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return sorted(
            ((int(row), float(score)) for row, (score, _) in zip(rows, hits, strict=True)), key=lambda hit: (-hit[1], hit[0])
        )


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder().add_unsigned_field("row", indexed=True, fast=True)
    for field in ("heading", "body"):
        builder = builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _quiet(index: Any) -> Any:
    """Without the thread of tantivy's that opens the files again after every commit."""
    index.config_reader("manual", 0)
    return index


def _map(path: Path) -> NDArray[np.uint8]:
    """The bytes of a file, mapped; ``SnapshotDamaged`` when it cannot be."""
    import numpy as np

    try:
        return np.memmap(path, dtype=np.uint8, mode="r") if path.stat().st_size else np.zeros(0, dtype=np.uint8)
    except (OSError, ValueError) as exc:
        raise SnapshotDamaged(f"{path} cannot be read") from exc


def _sha256(file: Any) -> str:
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()
