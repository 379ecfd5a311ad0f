"""The types of the build line: one a stage, frozen, keyword-only, nothing "filled in later".

    Source → Document → Section → Chunk

Offsets count characters (Python ``str`` indices) of ``Document.text``; lines and pages are 1-based.
The invariant that every stage keeps: ``document.text[c.start:c.end] == c.text``.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a loader read from one file (or from one record of a ``.jsonl`` file), before cleaning.

    Structure that the format knows is written as Markdown in ``text``: headings as ``#`` lines, lists as ``-``
    or ``1.``, code in fences, tables with ``|``. ``.txt`` and ``.md`` stand as they are.
    """

    path: str
    """The file as an absolute POSIX path; for people and programs to open."""
    record: str | None
    """The ``_id`` of a ``.jsonl`` record; ``None`` for a whole file."""
    title: str
    """From the format's metadata or the file name; never empty."""
    text: str
    r"""Decoded, ``\r\n`` and ``\r`` made ``\n``, no NUL, lone surrogate or other control character but ``\n`` and ``\t``."""
    line_starts: tuple[int, ...]
    """``line_starts[i]`` is the offset in ``text`` at which line ``i + 1`` of the decoded file begins; not decreasing."""
    page_starts: tuple[int, ...]
    """The same for pages; empty for formats without pages."""
    first_line: int = 1
    """The file's line with which ``line_starts`` begins: above 1 only for a ``.jsonl`` record, which is one line (so
    that a file of n records does not need n tuples of up to n offsets)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A run of source lines that cleaning took out, and why."""

    lines: tuple[int, int]
    """First and last line, 1-based, inclusive, of the decoded file."""
    text: str
    reason: str
    """A short name: "table of contents", "image placeholder", "footer", "related articles", ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One cleaned note."""

    id: str
    """Content hash (BLAKE2b of the decoded file, 16 hex digits), or the record's own ``_id``."""
    path: str
    title: str
    text: str
    page_starts: tuple[int, ...]
    """Offset in ``text`` at which page ``i + 1`` begins; empty without pages."""
    line_starts: tuple[int, ...]
    """Offset in ``text`` at which line ``i + 1`` of the *source file* begins. Dropped lines have no width: they
    share the offset of the next kept one, so that :meth:`lines` answers with lines of the file the user gave."""
    dropped: tuple[Dropped, ...] = ()
    first_line: int = 1
    """As in :class:`Source`."""

    def lines(self, start: int, end: int) -> tuple[int, int]:
        """First and last source line (1-based, inclusive) of the characters ``start:end``."""
        first = bisect_right(self.line_starts, start)
        last = bisect_right(self.line_starts, max(start, end - 1))
        return max(first, 1) + self.first_line - 1, max(last, 1) + self.first_line - 1

    def page(self, offset: int) -> int | None:
        """The page on which the character at ``offset`` stands, 1-based; ``None`` without pages."""
        return max(bisect_right(self.page_starts, offset), 1) if self.page_starts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with its body: ``document.text[start:end]`` is the body, without the heading line."""

    document_id: str
    trail: tuple[str, ...]
    """Headings from the top down to this one, without marks (``#``) but with their numbers; ``()`` before any heading."""
    start: int
    end: int
    heading_start: int
    """Offset of the heading line; equal to ``start`` where there is none."""
    blank: bool
    """The heading has no body, or only a placeholder: the writer left a hole here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A passage to retrieve; never crosses a section."""

    id: str
    """Hash of document, trail and span; stable as long as none of them changes."""
    document_id: str
    trail: tuple[str, ...]
    text: str
    start: int
    end: int
    page: int | None
    lines: tuple[int, int]

    def embedded_text(self) -> str:
        """What is embedded and never stored: the headings with their passage."""
        return "\n".join((" > ".join(self.trail), self.text)) if self.trail else self.text


class Embedder(Protocol):
    """Text to unit vectors. ``fingerprint`` names the weights: vectors of different fingerprints are never mixed."""

    fingerprint: str
    dimensions: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of shape ``[len(texts), dimensions]``; a text without a known token gives a zero row."""
        ...

    def directions(self, text: str) -> tuple[list[tuple[int, int]], NDArray[np.float32], NDArray[np.float32]]:
        """The words of ``text`` that have a vector: as spans of it in Simplified characters, their unit vectors ``[words,
        dimensions]``, and what each weighs; a model without words gives the text as one.
        """
        ...
