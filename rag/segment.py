"""Cut a section into units: the smallest pieces that an answer may quote.

A unit is a sentence, a list item, a displayed formula, a code block or a table; it knows the paragraph or list it stands
in and the line that introduces it ("the drawbacks are:"). Units are spans of ``document.text``, so a quote is verbatim.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ingest.types import Document, Section

Kind = Literal["sentence", "item", "formula", "code", "table", "lead"]

LONGEST_TITLE = 40
"""Characters of an item that may be no more than a title."""

_CJK = "\u3400-\u9fff"
_MARKER = re.compile(r"[ \t]*(?:[-*+•·●▪◦]\s+|\(?\d{1,2}[.、)）](?!\d)\s*|[①-⑳]\s*|[（(][一二三四五六七八九十\d]{1,2}[)）]\s*|[一二三四五六七八九十]{1,2}、\s*)")
_LABEL = re.compile(rf"[ \t]*[^\s:：,，。;；][^:：,，。;；\n]{{0,38}}[:：](?!//)(?=\s*\S)")
_END = re.compile(rf"[。！？!?…]+[”’\"')）】」』]*|[；;](?=[^\S\n]*[{_CJK}A-Z*])|(?<=[a-z0-9)\]\"'{_CJK}])\.(?=\s+[A-Z{_CJK}])")
_ENDED = re.compile(r"[。！？!?.,，;；=]\s*$")
_FENCE = re.compile(r"[ \t]*(```|~~~)")
_MATH_LINE = re.compile(r"[ \t]*(?:\$\$.*\$\$|\$[^$]+\$|\\\[.*\\\]|\\\(.*\\\))[ \t]*[,，。.;；]?[ \t]*$")
_CODE_LINE = re.compile(
    r"\s{0,40}(?:(?:import|from)\s+[\w.]+|(?:class|def|for|while|if|elif|else|try|except|with|return|assert|raise|print|@)\b.*[:)\]\w]\s*$|"
    r"[\w.\[\], ]+\s*(?:[-+*/@]?=)\s*[^=\s].*|\w[\w.]*\(.*\)?\s*,?$|[)\]}]+,?\s*$|#.*|.*[;{]\s*$)"
)
_BARE_FORMULA = re.compile(r"[^\u3400-\u9fff。！？]{0,160}[=≈:]=?[^\u3400-\u9fff。！？]{1,160}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """``document.text[start:end]``; ``lead`` is the index, among the section's units, of what it hangs on, or -1: the line
    that introduces a list, the item that a sentence explains."""

    start: int
    end: int
    kind: Kind
    block: int
    """Number of the paragraph, list or code block within the section."""
    lead: int
    depth: int
    """Indentation of a list item, in characters."""


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str


def units(document: Document, section: Section) -> list[Unit]:
    """All units of ``section`` in order; together they cover its text but for white space."""
    lines = _lines(document.text, section.start, section.end)
    out: list[Unit] = []
    block, lead, index, gap = 0, -1, 0, True
    items: list[tuple[int, int]] = []  # depth and index of the items that are open around a line
    while index < len(lines):
        line = lines[index]
        if not line.text.strip():
            gap, index = True, index + 1
            continue
        stop, kind = _block(lines, index)
        if gap or kind in ("code", "formula", "table"):
            block += 1
        gap = False
        if kind in ("code", "formula", "table"):
            out.append(_unit(lines[index].start, lines[stop - 1].end, kind, block, items[-1][1] if items else lead, 0))
            index = stop
            continue
        marker = _MARKER.match(line.text)
        depth = len(line.text) - len(line.text.lstrip())
        while items and items[-1][0] >= depth:
            items.pop()
        parent = items[-1][1] if items else lead
        if kind == "lead":
            out.append(_unit(line.start, line.end, "lead", block, parent, depth))
            lead = len(out) - 1
        elif marker or kind == "item":
            first = len(out)
            spans = list(_sentences(document.text, line.start, line.end))
            for number, (start, end) in enumerate(spans):
                out.append(_unit(start, end, "item" if number == 0 else "sentence", block, parent if number == 0 else first, depth))
            items.append((depth, first))
        else:
            if not items and out and out[-1].kind != "lead":
                lead = parent = -1
            for start, end in _sentences(document.text, line.start, line.end):
                out.append(_unit(start, end, "sentence", block, parent, depth))
        index += 1
    return [_titled(unit, number, out, document.text) for number, unit in enumerate(out)]


def _titled(unit: Unit, number: int, found: list[Unit], text: str) -> Unit:
    """A short item that only names what stands below it introduces it, as a lead does."""
    below = any(other.lead == number and other.block != unit.block for other in found[number + 1 : number + 3])
    short = unit.end - unit.start <= LONGEST_TITLE and not _ENDED.search(text[unit.start : unit.end])
    return replace(unit, kind="lead") if unit.kind == "item" and below and short else unit


def _unit(start: int, end: int, kind: Kind, block: int, lead: int, depth: int) -> Unit:
    return Unit(start=start, end=end, kind=kind, block=block, lead=lead, depth=depth)


def _lines(text: str, start: int, end: int) -> list[_Line]:
    out = []
    at = start
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        out.append(_Line(at, stop, text[at:stop]))
        at = stop + 1
    return out


def _block(lines: list[_Line], index: int) -> tuple[int, Kind]:
    """What begins at ``index`` and the line after its end (for code, formulas and tables; else ``index + 1``)."""
    text = lines[index].text
    fence = _FENCE.match(text)
    if fence:
        stop = index + 1
        while stop < len(lines) and not lines[stop].text.strip().startswith(fence.group(1)):
            stop += 1
        return min(stop + 1, len(lines)), "code"
    if text.strip().startswith(("$$", "\\[")) and not _MATH_LINE.match(text):
        stop = index + 1
        while stop < len(lines) and not lines[stop].text.rstrip().endswith(("$$", "\\]")):
            stop += 1
        return min(stop + 1, len(lines)), "formula"
    if text.strip().startswith("$\\begin"):
        stop = index
        while stop < len(lines) and not lines[stop].text.rstrip().endswith("$"):
            stop += 1
        return min(stop + 1, len(lines)), "formula"
    stop = _code_end(lines, index)
    if stop > index + 2:
        return stop, "code"
    if text.lstrip().startswith("|"):
        stop = index
        while stop < len(lines) and lines[stop].text.lstrip().startswith("|"):
            stop += 1
        return stop, "table"
    if _MATH_LINE.match(text) or (_BARE_FORMULA.fullmatch(text.strip()) and "=" in text and not _MARKER.match(text)):
        return index + 1, "formula"
    if len(text.strip()) <= 80 and text.rstrip().endswith((":", "：")):
        return index + 1, "lead"
    if len(text.strip()) <= 12 and not _ENDED.search(text) and not _MARKER.match(text):
        below = next((line.text for line in lines[index + 1 :] if line.text.strip()), "")
        if _MARKER.match(below):
            return index + 1, "lead"
    if _LABEL.match(text):
        return index + 1, "item"
    return index + 1, "sentence"


def _code_end(lines: list[_Line], index: int) -> int:
    """End of a run of unfenced code that begins at ``index``; ``index`` if none does."""
    stop, last = index, index
    while stop < len(lines):
        text = lines[stop].text
        if not text.strip():
            stop += 1
            continue
        indented = text.startswith(("    ", "\t")) and last > index
        if _MARKER.match(text) and not text.lstrip().startswith("*"):
            break
        if not (_CODE_LINE.match(text) or indented) or (re.search(rf"[{_CJK}]", text) and "#" not in text and '"' not in text):
            break
        stop += 1
        last = stop
    first = lines[index].text.lstrip()
    begins = first.startswith(("import ", "from ", "class ", "def ", "#", "@", "public ", "int ", "void ")) or "=" in first or "(" in first
    return last if begins else index


def _sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Sentence spans of one line, trimmed of white space; brackets, quotes and inline formulas are not cut."""
    spans: list[tuple[int, int]] = []
    at = start
    for match in _END.finditer(text, start, end):
        piece = text[at : match.end()]
        if piece.count("$") % 2 or _open(piece) or len(piece.strip()) < 6:
            continue
        spans.append((at, match.end()))
        at = match.end()
    if text[at:end].strip():
        spans.append((at, end))
    out = []
    for first, last in spans:
        raw = text[first:last]
        left = len(raw) - len(raw.lstrip())
        out.append((first + left, first + len(raw.rstrip())))
    return out


def _open(piece: str) -> bool:
    """A bracket or Chinese quote that opened in ``piece`` and has not closed (within reason)."""
    depth = 0
    for char in piece[-400:]:
        if char in "(（“「『":
            depth += 1
        elif char in ")）”」』" and depth:
            depth -= 1
    return depth > 0 and len(piece) < 300
