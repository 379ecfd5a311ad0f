"""Cut sections into passages to retrieve.

Decisions. A section's text is a row of atoms: paragraphs, list items, rows of tables, formulas, blocks of code; long
paragraphs are rows of sentences. Passages are runs of neighbouring atoms up to the limit, filled evenly, so that no
small rest remains; the line that announces a list, a formula or code ("as follows:") goes with what it announces where
both fit. Code and formulas are never cut, whatever their length; a table is cut between rows; a sentence longer than
the limit is cut at a comma or a space, and outside inline formulas if it can be.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from ingest import blocks
from ingest.blocks import Kind, Line
from ingest.types import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.types import Document, Section


class _Atom(NamedTuple):
    """A span that is not cut. ``weight`` is the price of a cut before it: lower is better."""

    start: int
    end: int
    weight: int


_SENTENCE = re.compile(r"[。！？；!?;]+[”’」』）)\"']*|\.(?:[\"')\]]*)(?=\s+[A-Z\"'(\[])")
_CLAUSE = re.compile(r"[，、,：:]|\s")
_INLINE = re.compile(r"\$[^$\n]{1,300}\$|\\\([^\n]{1,300}?\\\)|`[^`\n]{1,300}`|https?://[^\s<>]{1,300}")
_AFTER_HEADING, _BEFORE_PARAGRAPH, _BEFORE_ITEM, _BEFORE_LINE, _BEFORE_SENTENCE, _BEFORE_ROW, _ANNOUNCED = 0, 1, 3, 3, 6, 6, 9


def chunk(document: Document, sections: Sequence[Section], *, limit: int) -> tuple[Chunk, ...]:
    """The passages of the sections, in order: each within one section, at most ``limit`` characters unless it is one
    block of code or one formula, together all of the sections' text but white space. Blank sections give none.

    ``ValueError`` if the limit is not above 0. Time is linear in the length of the text.
    """
    if limit <= 0:
        raise ValueError(f"limit must be above 0, got {limit}")
    lines = blocks.read(document.text)
    starts = [line.start for line in lines]
    out: list[Chunk] = []
    for part in sections:
        if part.blank or part.start >= part.end:
            continue
        first = max(bisect_right(starts, part.start) - 1, 0)
        last = bisect_left(starts, part.end)
        atoms = list(_atoms(document.text, lines[first:last], part.start, part.end, limit))
        for start, end in _pack(atoms, limit):
            out.append(_chunk(document, part.trail, start, end))
    return tuple(out)


def _chunk(document: Document, trail: tuple[str, ...], start: int, end: int) -> Chunk:
    text = document.text[start:end]
    key = "\x1f".join((document.id, *trail, f"{start}:{end}", text))
    return Chunk(
        id=blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest(),
        document_id=document.id,
        trail=trail,
        text=text,
        start=start,
        end=end,
        page=document.page(start),
        lines=document.lines(start, end),
    )


def _atoms(text: str, lines: Sequence[Line], start: int, end: int, limit: int) -> Iterator[_Atom]:
    """The spans of the section that are not cut, in order, without white space around them."""
    after_blank = first = True
    announced = False
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.text:
            after_blank = True
            at += 1
            continue
        stop = at
        whole = line.kind is Kind.CODE or line.kind is Kind.FORMULA
        while whole and stop + 1 < len(lines) and lines[stop + 1].run == line.run:
            stop += 1
        begin, finish = max(line.start, start), min(lines[stop].end, end)
        if stop > at or finish - begin != len(line.text):
            if line.kind is not Kind.CODE:
                begin += len(text[begin:finish]) - len(text[begin:finish].lstrip())
            finish = begin + len(text[begin:finish].rstrip())
        if finish > begin:
            weight = _AFTER_HEADING if first else _ANNOUNCED if announced else _weight(line, after_blank)
            if whole or finish - begin <= limit // 2:
                yield _Atom(begin, finish, weight)
            else:
                yield from _sentences(text, begin, finish, weight, limit)
            first = False
            announced = text[finish - 1] in ":：" and line.kind <= Kind.ITEM
        after_blank = False
        at = stop + 1


def _weight(line: Line, after_blank: bool) -> int:
    """The price of a cut before the line."""
    if line.kind is Kind.ITEM:
        return _BEFORE_ITEM - after_blank
    if line.kind is Kind.TABLE and not after_blank:
        return _BEFORE_ROW
    return _BEFORE_PARAGRAPH if after_blank else _BEFORE_LINE


def _sentences(text: str, start: int, end: int, weight: int, limit: int) -> Iterator[_Atom]:
    position = start
    for match in _SENTENCE.finditer(text, start, end):
        if match.end() >= end:
            break
        yield from _pieces(text, position, match.end(), weight, limit)
        position = match.end()
        weight = _BEFORE_SENTENCE
    yield from _pieces(text, position, end, weight, limit)


def _pieces(text: str, start: int, end: int, weight: int, limit: int) -> Iterator[_Atom]:
    """A sentence in pieces of at most ``limit``, without white space around them."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > limit:
        cut = _cut(text, start, limit)
        stop = cut
        while stop > start and text[stop - 1].isspace():
            stop -= 1
        if stop > start:
            yield _Atom(start, stop, weight)
        start = cut
        while start < end and text[start].isspace():
            start += 1
        weight = _BEFORE_SENTENCE + 1
    if end > start:
        yield _Atom(start, end, weight)


def _cut(text: str, start: int, limit: int) -> int:
    """Where to cut a piece that is too long: behind the last comma or space in its second half, outside formulas."""
    window = text[start : start + limit]
    inline = [match.span() for match in _INLINE.finditer(window)]
    last = window.count("$") % 2 and window.rfind("$")
    half = limit // 2
    ends = [match.end() for match in _CLAUSE.finditer(window, half)]
    for at in reversed(ends):
        if not any(low < at < high for low, high in inline) and not (last and at > last >= half):
            return start + at
    return start + (last if last and last >= half else limit)


def _pack(atoms: Sequence[_Atom], limit: int) -> Iterator[tuple[int, int]]:
    """Runs of atoms of at most ``limit`` characters, evenly filled and cut where a cut costs least."""
    first = 0
    count = len(atoms)
    ends = [atom.end for atom in atoms]
    while first < count:
        start = atoms[first].start
        last = max(first, bisect_right(ends, start + limit) - 1)
        if last + 1 < count and last > first:
            rest = ends[min(bisect_left(ends, start + 3 * limit), count - 1)] - start
            pieces = -(-rest // limit)
            target = rest / pieces
            floor = min(target * 0.6, limit * 0.5)
            best = last
            price = None
            for at in range(last, first - 1, -1):
                length = atoms[at].end - start
                if length < floor and price is not None:
                    break
                cost = atoms[at + 1].weight * limit * 0.04 + abs(length - target) * 0.5
                if price is None or cost < price:
                    best, price = at, cost
            last = best
        yield start, atoms[last].end
        first = last + 1
