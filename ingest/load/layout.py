"""Lines as they stand on pages to running text: what a PDF does not say, judged from where its lines stand.

- **Running heads, footers and page numbers** are dropped here and not left to cleaning, because only here is it known
  that a line stands at the edge of its page. A line among the first or last two goes if the same words stand at that edge
  on at least three pages (or both of two), with no number in them that changes, or one that counts the pages; a number
  alone goes if it counts the pages or says that it is a page number.
- **Wrapped lines** are joined: a line goes on in the next one if that one's first word would not have fitted into it,
  unless the next is indented, stands lower than usual, or begins a list item. Between Chinese characters nothing comes in
  between, else a space; a hyphen at the end of a line is undone. Sentences run on over pages.
- **Headings** are the lines that the PDF's outline names, else lines set larger than the body's text.
- **Code** is what is set in a fixed-width font, indented as it stands on the page.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_EDGE = 2
"""Lines at the top and at the bottom of a page that may be running heads and footers."""
_REPEATS = 3
_LARGER = 1.15
"""How much larger than the body's text a heading is set."""
_LEVELS = 4
_NARROW = 15
"""The narrowest column of text, in Chinese characters; shorter lines were meant to be short."""
_ITEM = re.compile(
    r"(?:[-–—•·●○■□▪◦*➢✓]\s|\(?\d{1,3}(?:\.\d{1,3})*[.、)）．]\s?(?!\d)|\d{1,2}(?:\.\d{1,2})+\s|[（(]?[一二三四五六七八九十]{1,3}[、）)]|"
    r"第[\d一二三四五六七八九十百]{1,5}[章节篇部条题]|[①-⑳]|[（(][a-zA-Z\d]{1,2}[)）]|[a-zA-Z][)）]|Q\d|#{1,6}\s)"
)
_WIDE = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60\u3000-\u303f]")
_END = tuple("。！？!?；;：:.…")
_OPEN = tuple("，、（《“‘【")
_WORD = re.compile(r"[^\s\u2e80-\u9fff\uff00-\uff60]{1,30}")
_PAGE_NUMBER = re.compile(
    r"[\W_]*(?P<word>第|page)?\s*(?P<number>[0-9]{1,4})\s*(?P<unit>页)?(?:[\s,，]*(?:/|of|共)[\s共]*(?P<total>[0-9]{1,4})\s*页?)?[\W_]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line of a page: its text, size in points, where it begins (points from the left and from the bottom), and font."""

    text: str
    size: float
    x: float
    y: float
    fixed: bool
    """The whole line is set in a fixed-width font."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline: its level from 1, its title, and its page from 0."""

    level: int
    title: str
    page: int


@dataclass(frozen=True, slots=True)
class _Block:
    """A line with what was found about it. ``kind``: "text", "code", or a heading's "#", "##", ..."""

    kind: str
    line: PageLine
    page: int
    text: str


def flow(pages: Sequence[Sequence[PageLine]], outline: Sequence[Bookmark]) -> tuple[str, tuple[int, ...]]:
    """The running text, with Markdown for headings and code, and the offset in it at which each page begins."""
    blocks = _blocks(_without_edges(pages), outline)
    measure = _Measure(blocks)
    parts: list[str] = []
    starts: list[int] = []
    length = 0
    last: _Block | None = None
    for block in blocks:
        between = _between(last, block, measure) if last else ""
        if between == "-":  # the hyphen at the end of the last line goes
            between, parts[-1], length = "", parts[-1][:-1], length - 1
        if block.kind == "code":
            before = "" if last and last.kind == "code" else "```\n"
        else:
            before = "" if block.kind == "text" or (last and between in ("", " ")) else block.kind + " "
        length += len(between)
        starts += [length] * (block.page + 1 - len(starts))
        parts += [between, before + block.text]
        length += len(parts[-1])
        last = block
    if last:
        parts.append("\n```\n" if last.kind == "code" else "\n")
    text = "".join(parts)
    starts += [len(text)] * (len(pages) - len(starts))
    return text, tuple(starts)


# running heads, footers, page numbers


def _without_edges(pages: Sequence[Sequence[PageLine]]) -> list[list[PageLine]]:
    size = _body_size(pages)
    dropped: set[tuple[int, int]] = set()
    for top in (True, False):
        repeats: dict[str, list[tuple[int, int, list[int]]]] = defaultdict(list)
        for page, lines in enumerate(pages):
            places = range(min(_EDGE, len(lines))) if top else range(max(0, len(lines) - _EDGE), len(lines))
            for at in places:
                words = " ".join(unicodedata.normalize("NFKC", lines[at].text).lower().split())
                if words and lines[at].size < size * _LARGER:
                    repeats[re.sub(r"[0-9]+", "#", words)].append((page, at, [int(n[:9]) for n in re.findall(r"[0-9]+", words)]))
        for key, found in repeats.items():
            if _runs_over(key, found, len(pages)):
                dropped.update((page, at) for page, at, _ in found)
        dropped |= _page_numbers(pages, [(page, at) for found in repeats.values() for page, at, _ in found])
    return [[line for at, line in enumerate(lines) if (page, at) not in dropped] for page, lines in enumerate(pages)]


def _runs_over(key: str, found: list[tuple[int, int, list[int]]], count: int) -> bool:
    """Whether lines that read alike, but for their numbers, are one running head."""
    pages = sorted({page for page, _, _ in found})
    near = sum(later - earlier <= 2 for earlier, later in pairwise(pages)) + 1
    enough = min(_REPEATS, max(2, count))
    if (near < enough and len(pages) < max(enough, 0.3 * count)) or len(re.sub(r"[\W_]", "", key)) < 4:
        return False
    for numbers in zip(*((page, *numbers) for page, _, numbers in found), strict=False):
        if numbers == tuple(page for page, _, _ in found):
            continue
        same = Counter(numbers).most_common(1)[0][1]
        counting = Counter(number - page for number, (page, _, _) in zip(numbers, found, strict=True)).most_common(1)[0][1]
        if max(same, counting) < max(enough, 0.6 * len(found)):
            return False
    return True


def _page_numbers(pages: Sequence[Sequence[PageLine]], places: list[tuple[int, int]]) -> set[tuple[int, int]]:
    certain: set[tuple[int, int]] = set()
    bare: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for page, at in places:
        match = _PAGE_NUMBER.fullmatch(unicodedata.normalize("NFKC", pages[page][at].text).strip())
        if match and (match["word"] or match["unit"] or match["total"] == str(len(pages))):
            certain.add((page, at))
        elif match and not match["total"]:
            bare[int(match["number"]) - page].add((page, at))
    counting = (found for found in bare.values() if len({page for page, _ in found}) >= 2)
    return certain.union(*counting)


# headings and code


def _body_size(pages: Sequence[Sequence[PageLine]]) -> float:
    """The size in which most characters are set."""
    sizes: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _blocks(pages: Sequence[Sequence[PageLine]], outline: Sequence[Bookmark]) -> list[_Block]:
    named = {(mark.page, _key(mark.title)): mark.level for mark in outline if _key(mark.title)}
    found = {(page, _key(line.text)) for page, lines in enumerate(pages) for line in lines} & named.keys()
    levels = {} if len(found) >= 2 else _size_levels(pages)
    blocks: list[_Block] = []
    for page, lines in enumerate(pages):
        left = min((line.x for line in lines if line.fixed), default=0.0)
        for line in lines:
            level = named.get((page, _key(line.text))) if len(found) >= 2 else levels.get(round(line.size, 1))
            if level and _may_head(line):
                blocks.append(_Block("#" * min(level, 6), line, page, line.text.strip()))
            elif line.fixed:
                indent = round((line.x - left) / (0.6 * line.size)) if line.size > 0 else 0
                blocks.append(_Block("code", line, page, " " * max(0, min(indent, 40)) + line.text.rstrip()))
            else:
                blocks.append(_Block("text", line, page, line.text.strip()))
    return blocks


def _key(title: str) -> str:
    """A title without its number, white space and case."""
    return re.sub(r"^[0-9.]+|\s", "", unicodedata.normalize("NFKC", title).lower().strip())


def _may_head(line: PageLine) -> bool:
    text = line.text.strip()
    return not line.fixed and _em(text) <= 60 and sum(map(str.isalpha, text)) >= 2 and not text.endswith((*"。；;，,", "……"))


def _size_levels(pages: Sequence[Sequence[PageLine]]) -> dict[float, int]:
    """Sizes larger than the body's that lines are set in, with the level of each: the largest is 1."""
    body = _body_size(pages)
    larger = {round(line.size, 1) for lines in pages for line in lines if line.size >= body * _LARGER and _may_head(line)}
    levels: dict[float, int] = {}
    level, above = 0, float("inf")
    for size in sorted(larger, reverse=True):
        if size < 0.95 * above:
            level, above = level + 1, size
        levels[size] = min(level, _LEVELS)
    return levels


# wrapped lines


def _em(text: str) -> float:
    """The width of a line in units of its size, roughly: Chinese characters 1, others half of it."""
    return (len(text) + len(_WIDE.findall(text))) / 2


class _Measure:
    """What is usual in a document: how wide its full lines are, how far below each other lines stand, which script."""

    def __init__(self, blocks: Sequence[_Block]) -> None:
        texts = [block for block in blocks if block.kind == "text"]
        widths = sorted(_em(block.text) * block.line.size for block in texts)
        narrow = _NARROW * median(block.line.size for block in texts) if texts else 0.0
        self.width = max(widths[int(0.9 * (len(widths) - 1))], narrow) if widths else 0.0
        drops = (abs(last.line.y - block.line.y) for last, block in pairwise(texts) if last.page == block.page)
        leads = [drop for drop in drops if drop > 1]
        self.lead = median(leads) if leads else float("inf")
        self.is_wide = sum(len(_WIDE.findall(block.text)) for block in texts) > 0.3 * sum(len(block.text) for block in texts)


def _between(last: _Block, block: _Block, usual: _Measure) -> str:
    """What stands between two lines: nothing, a space, one or two newlines; ``"-"`` to join and undo a hyphen."""
    drop = abs(last.line.y - block.line.y) if last.page == block.page else 0.0
    if last.kind == "code":
        return "\n" if block.kind == "code" else "\n```\n\n"
    if last.kind != block.kind:
        return "\n\n"
    if last.kind != "text":  # a heading of two lines
        return _joint(last.text, block.text) if 0 < drop <= 1.6 * block.line.size else "\n\n"
    if last.page == block.page and drop <= 0.2 * block.line.size:  # side by side
        return _joint(last.text, block.text)
    if drop > 1.6 * usual.lead and last.line.y > block.line.y:
        return "\n\n"
    return _joint(last.text, block.text) if _goes_on(last.line, block.line, usual.width, usual.is_wide) else "\n"


def _goes_on(last: PageLine, line: PageLine, width: float, wide: bool) -> bool:
    """Whether a line was broken only because the next word did not fit.

    Widths are estimates, good for Chinese characters and less so for others: a page of Latin text gets more tolerance.
    """
    before, after, size = last.text.strip(), line.text.strip(), max(line.size, 1.0)
    if not before or not after or not width or _ITEM.match(after) or not 0.9 <= last.size / size <= 1.1:
        return False
    if before.endswith(_OPEN) or (before.endswith("-") and before[-2:-1].isalpha() and after[0].islower()):
        return True
    indent = line.x - last.x
    if indent > 1.5 * size and not (_ITEM.match(before) and indent < 4 * size):
        return False
    word = _WORD.match(after)
    reach = _em(before) * last.size + _em(word[0] if word else after[0]) * size + (-indent if -4 * size < indent < 0 else 0.0)
    if wide:
        return reach >= (1.0 if before.endswith(_END) else 0.95) * width
    return reach >= (0.95 if before.endswith(_END) else 0.8 if after[0].islower() else 0.86) * width


def _joint(before: str, after: str) -> str:
    if before.endswith("-") and before[-2:-1].isalpha() and after[:1].islower():
        return "" if "-" in before.split()[-1][:-1] else "-"
    return "" if _WIDE.match(before[-1:]) or _WIDE.match(after) else " "
