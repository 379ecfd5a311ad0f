"""Cut a section into units: the smallest pieces that an answer may quote.

A unit is a sentence, a list item, a displayed formula, a code block or a table; it knows the paragraph or list it stands
in and the line that introduces it ("the drawbacks are:"). Units are spans of ``document.text``, so a quote is verbatim.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from ingest.blocks import Kind as LineKind
from ingest.blocks import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Set

    from ingest.blocks import Line
    from ingest.types import Document, Section

Kind = Literal["sentence", "item", "formula", "code", "table", "lead"]

LONGEST_TITLE, LONGEST_LEAD, LONGEST_LABEL = 40, 80, 12
"""Characters of an item that may be no more than a title, of a line that introduces what follows by its colon, and of a bare
word ("优点") above a list."""
LONGEST_SENTENCE = 400
"""Characters after which text without a stop is cut at a comma or blank, else where it is."""
DISPLAYED = frozenset(("code", "formula", "table"))

_CJK = "\u3400-\u9fff"
_SOURCES = re.compile(r"\W*(?:参考(?:资料|文献)?|来源|出处|引用|原文|链接|作者|references?|sources?)\W*[:：]", re.IGNORECASE)
"""A line that names where the text comes from."""
_LABEL = re.compile(r"[ \t]*[^\s:：,，。;；][^:：,，。;；\n]{0,38}[:：](?!//)(?=\s*\S)")
_END = re.compile(rf"[。！？!?…]+[”’\"')）】」』]*|[；;](?=[^\S\n]*[{_CJK}A-Z*])|(?<=[a-z0-9)\]\"'{_CJK}])\.(?=\s+[A-Z{_CJK}])")
_ENDED = re.compile(r"[。！？!?.,，;；=]\s*$")
_STOPPED = re.compile(r"[。！？!?.;；]\s*$")
_BARE_FORMULA = re.compile(r"[^\u3400-\u9fff。！？]{0,160}[=≈:]=?[^\u3400-\u9fff。！？]{1,160}$")
_ONE_FORMULA = re.compile(r"\$[^$]+\$\s?[,，.。;；]?$")
_PASTED = re.compile(r"(?=.*=)(?=.*(?:\\[a-zA-Z]{2}|[_^]\{))[^\u3400-\u9fff。！？]{1,1000}$")
"""A line of MathJax copied from a web page, where each formula stands several times: as spaced characters, as LaTeX, as text."""
_NUMBER = re.compile(r"\s*(\d{1,2})[.、．](?!\d)")
_GLUED = re.compile(r"\s*(\d{1,2})\.(?=\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """``document.text[start:end]``; ``lead`` is the index, among the section's units, of what it hangs on, or -1: the line
    that introduces a list, the item that a sentence explains.
    """

    start: int
    end: int
    kind: Kind
    block: int
    """Number of the paragraph, list or code block within the section."""
    lead: int


def units(document: Document, section: Section, headings: Set[int] = frozenset()) -> tuple[Unit, ...]:
    """All units of ``section`` in order; together they cover its text but for white space.

    ``headings``: where lines begin that are headings of sections below; each introduces what follows it.
    """
    return _cut(document.text, section.start, section.end, frozenset(headings))


@lru_cache(maxsize=512)
def _cut(text: str, begin: int, stop: int, headings: Set[int]) -> tuple[Unit, ...]:
    """The units of ``text[begin:stop]``; kept, as the same sections answer many questions."""
    lines = [line for line in read(text) if begin <= line.start and line.end <= stop]
    below = _below(lines)
    out: list[Unit] = []
    items: list[tuple[int, int]] = []  # indentation and index of the items that are open around a line
    titles: set[int] = set()  # leads that are headings
    opened = -1  # the line that the formulas below it go on with
    listed = -1  # the lead of the last item with a mark
    block, lead, gap, number = 0, -1, True, 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if line.kind is LineKind.BLANK:
            gap = True
            continue
        titled, following = line.start in headings, below[number - 1]
        kind: Kind = "lead" if titled else _kind(lines[number - 2] if number > 1 else None, line, following)
        block += gap or kind in DISPLAYED
        gap = False
        if kind in DISPLAYED:
            end = line.end
            while number < len(lines) and line.run and lines[number].run == line.run:
                end, number = lines[number].end, number + 1
            parent = opened if opened >= 0 else items[-1][1] if items else lead
            out.append(Unit(start=line.start, end=end, kind=kind, block=block, lead=parent))
            continue
        opened = -1
        while items and (titled or items[-1][0] >= line.indent):
            items.pop()
        behind = kind == "sentence" and not items and bool(out) and out[-1].kind != "lead"
        if behind or (lead == listed and _is_label(kind, line)):  # a label behind a list that has marks is none of its items
            lead = -1
        first = len(out)
        above_it = out[lead].lead if 0 <= lead < first - 1 and lead not in titles else lead
        parent = -1 if titled else items[-1][1] if items else above_it if kind == "lead" else lead
        if kind == "lead":
            out.append(Unit(start=line.start, end=line.end, kind=kind, block=block, lead=parent))
            lead = first
            titles |= {first} if titled else set()
            opened = first if following is not None and _is_formula(following) else -1
            continue
        for start, end in _sentences(text, line.start, line.end):
            explains = kind == "item" and len(out) > first
            out.append(
                Unit(start=start, end=end, kind="sentence" if explains else kind, block=block, lead=first if explains else parent)
            )
        if kind == "item":
            items.append((line.indent, first))
            listed = lead if line.kind is LineKind.ITEM else listed
        if _opens_formula(line, following) or (line.kind is not LineKind.ITEM and _opens_rest(out[first:], line, following)):
            opened = len(out) - 1
            if not line.text.endswith((",", "，", "=")):
                out[-1] = replace(out[-1], kind="lead", lead=out[-1].lead if items else above_it)
                lead = opened
    return tuple(_titled(unit, number, out, text) for number, unit in enumerate(out))


def _is_label(kind: Kind, line: Line) -> bool:
    """Whether the line is an item that has no mark, only a label: "代价：…"."""
    return kind == "item" and line.kind is LineKind.PROSE and not _GLUED.match(line.text)


def _below(lines: Sequence[Line]) -> list[Line | None]:
    """For each line the next one that is not blank."""
    out: list[Line | None] = []
    following = None
    for line in reversed(lines):
        out.append(following)
        following = following if line.kind is LineKind.BLANK else line
    return out[::-1]


def _opens_formula(line: Line, following: Line | None) -> bool:
    """Whether the line breaks off in mid-sentence and a displayed formula goes on with it."""
    return following is not None and _is_formula(following) and not _is_formula(line) and not _STOPPED.search(line.text)


def _opens_rest(found: Sequence[Unit], line: Line, following: Line | None) -> bool:
    """Whether the last of a line's sentences introduces what follows by its colon."""
    last = found[-1]
    return following is not None and len(found) > 1 and line.text.endswith((":", "：")) and last.end - last.start <= LONGEST_LEAD


def _is_formula(line: Line) -> bool:
    """Whether the line is a displayed formula, with or without the marks of one."""
    if line.kind is LineKind.FORMULA:
        return True
    if line.kind is not LineKind.PROSE:
        return False
    if _ONE_FORMULA.match(line.text):
        return True
    return "=" in line.text and bool(_BARE_FORMULA.match(line.text) or _PASTED.match(line.text))


def glued(above: str, line: str, below: str) -> int:
    """Length of a list number with the text's own number after it ("4.1.2 trillion words" below "3.SwiGLU"), or 0.

    It is one where the line above or below is the neighbour in such a list.
    """
    match = _GLUED.match(line)
    if match is None:
        return 0
    beside = [(_NUMBER.match(text), step) for text, step in ((above, 1), (below, -1))]
    return match.end() if any(mark and int(mark[1]) + step == int(match[1]) for mark, step in beside) else 0


def _listed(*neighbours: Line | None) -> bool:
    """Whether a line beside it also is a label with its text: a list whose marks were lost."""
    labels = [line.text for line in neighbours if line is not None and line.kind is LineKind.PROSE and _LABEL.match(line.text)]
    return any(not _SOURCES.match(text) for text in labels)


def _kind(above: Line | None, line: Line, following: Line | None) -> Kind:
    """What a line that is not blank begins; ``following`` is the next one that is not blank."""
    if line.protected:
        return "code" if line.kind is LineKind.CODE else "table" if line.kind is LineKind.TABLE else "formula"
    if line.kind is not LineKind.ITEM:
        if _is_formula(line):
            return "formula"
        if glued(above.text if above else "", line.text, following.text if following else ""):
            return "item"
        if len(line.text) <= LONGEST_LEAD and line.text.endswith((":", "：")):
            return "lead"
        if following and not _ENDED.search(line.text):
            longest = LONGEST_LEAD if _is_formula(following) else LONGEST_LABEL if following.kind is LineKind.ITEM else 0
            if len(line.text) <= longest:
                return "lead"
        return "item" if _LABEL.match(line.text) and _listed(above, following) else "sentence"
    return "item"


def _titled(unit: Unit, number: int, found: list[Unit], text: str) -> Unit:
    """A short item that only names what stands below it introduces it, as a lead does."""
    below = any(other.lead == number and other.block != unit.block for other in found[number + 1 : number + 3])
    short = unit.end - unit.start <= LONGEST_TITLE and not _ENDED.search(text[unit.start : unit.end])
    return replace(unit, kind="lead") if unit.kind == "item" and below and short else unit


def _sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Sentence spans of one line, trimmed of white space; brackets, quotes and inline formulas are not cut."""
    spans: list[tuple[int, int]] = []
    at = start
    for match in _END.finditer(text, start, end):
        piece = text[at : match.end()]
        if (piece.count("$") % 2 and text.find("$", match.end(), end) >= 0) or _open(piece) or len(piece.strip()) < 6:
            continue
        # the asterisks that close what is bold belong to the sentence
        closed = match.end() + 2 * (text.count("**", start, match.end()) % 2 and text.startswith("**", match.end(), end))
        spans.append((at, closed))
        at = closed
    if text[at:end].strip():
        spans.append((at, end))
    out = []
    for first, last in (piece for span in spans for piece in _short(text, *span)):
        raw = text[first:last]
        left = len(raw) - len(raw.lstrip())
        out.append((first + left, first + len(raw.rstrip())))
    return out


def _short(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span itself, or pieces of at most ``LONGEST_SENTENCE`` characters of one that is longer."""
    while end - start > LONGEST_SENTENCE:
        limit = start + LONGEST_SENTENCE
        cut = max(text.rfind(mark, start + LONGEST_SENTENCE // 2, limit) for mark in ",，、 ") + 1 or limit
        if text[start:cut].strip():
            yield start, cut
        start = cut
    if text[start:end].strip():
        yield start, end


def _open(piece: str) -> bool:
    """A bracket or Chinese quote that opened in ``piece`` and has not closed (within reason)."""
    depth = 0
    for char in piece[-400:]:
        if char in "(（“「『":
            depth += 1
        elif char in ")）”」』" and depth:
            depth -= 1
    return depth > 0 and len(piece) < 300
