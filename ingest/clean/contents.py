"""Tables of contents and running heads: what repeats the note's own lines."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from typing import TYPE_CHECKING

from ingest import blocks
from ingest.blocks import Kind
from ingest.clean.page import LINK, normal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.blocks import Line
    from ingest.clean.page import Page

_CONTENTS = re.compile(
    r"(?:#{1,6}\s*|\*\*)?[【\[]?(?:(?:文章|本文|全文|内容)?目\s*[录錄](?:结构)?|内容导航|文章导航|table of contents"
    r"|contents|toc|on this page|in this article)"
    r"[】\]]?(?:\*\*)?\s*[:：]?",
    re.IGNORECASE,
)
_ANCHOR = re.compile(r"\[[^\]]+\]\(#[^)]*\)")
_LEADER = re.compile(r"(?:\.{4,}|…{2,}|(?:\. ){4,}|·{4,})\s*\d{1,4}$")


def _entry(text: str) -> str:
    """A line as an entry of contents: the mark of the list off, links by their text, for comparison."""
    text = blocks.ITEM.sub("", text, count=1) if text[:1] in "-*+•·●○◦" else text
    text = _LEADER.sub("", LINK.sub(r"\1", text)).strip("#* \t")
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "")


def _bare_entry(entry: str) -> str:
    return entry.lstrip("0123456789.、一二三四五六七八九十()第章节 ")


def drop_contents(page: Page) -> None:
    """A list (with or without the word) whose entries come back below as lines of their own."""
    lines = page.lines
    head = [i for i in range(min(len(lines), _HEAD)) if lines[i].text and not lines[i].protected]
    marked = [i for i in head if len(lines[i].text) <= 40 and _CONTENTS.fullmatch(lines[i].text)]
    listed = [i for i in head if lines[i].kind == Kind.ITEM]
    if not marked and len(listed) < 4:
        return
    later = _last_places(lines)
    for start in marked:
        run, entries = _contents_run(lines, start + 1)
        if not entries:
            if lines[start].text.strip("[]【】").casefold() == "toc":
                page.drop(start, "table of contents")
            continue
        backed, linked = _evidence(lines, entries, later)
        if backed >= 0.6 or linked > 0.5:
            for i in (start, *run):
                page.drop(i, "table of contents")
    start = 0
    while start < len(listed):
        stop = start
        while stop + 1 < len(listed) and all(not lines[k].text for k in range(listed[stop] + 1, listed[stop + 1])):
            stop += 1
        entries = [i for i in listed[start : stop + 1] if i not in page.reasons]
        start = stop + 1
        if len(entries) < 4:
            continue
        backed, linked = _evidence(lines, entries, later)
        if linked >= 0.8 or (len(entries) >= 5 and backed >= 0.9):
            for i in range(entries[0], entries[-1] + 1):
                page.drop(i, "table of contents")


_HEAD = 400
"""Lines from the top among which contents are looked for."""


def _last_places(lines: Sequence[Line]) -> dict[str, int]:
    """Where each line that could be a heading stands last, with its number and without."""
    later: dict[str, int] = {}
    for i, line in enumerate(lines):
        if line.text and len(line.text) <= 200 and not line.protected:
            entry = _entry(line.text)
            later[entry] = later[_bare_entry(entry)] = i
    later.pop("", None)
    return later


def _evidence(lines: Sequence[Line], entries: Sequence[int], later: dict[str, int]) -> tuple[float, float]:
    """The share of the entries that come back below the last of them, and of those that link into the page or count pages."""
    backed = linked = 0
    for i in entries:
        text = lines[i].text
        entry = _entry(text)
        backed += max(later.get(entry, -1), later.get(_bare_entry(entry), -1)) > entries[-1]
        linked += bool(_ANCHOR.search(text) or _LEADER.search(text))
    return backed / len(entries), linked / len(entries)


def _contents_run(lines: Sequence[Line], start: int) -> tuple[list[int], list[int]]:
    """The lines from ``start`` that can be contents, and those of them that are entries; ends where an entry comes back."""
    run: list[int] = []
    entries: list[int] = []
    seen: set[str] = set()
    listed: bool | None = None
    for i in range(start, len(lines)):
        line = lines[i]
        if not line.text:
            run.append(i)
            continue
        entry = _entry(line.text)
        is_item = line.kind == Kind.ITEM or bool(_ANCHOR.search(line.text) or _LEADER.search(line.text))
        if line.protected or len(line.text) > 120 or line.text[-1] in "。；;" or line.text[0] == "#" or entry in seen:
            break
        if listed is None:
            listed = is_item
        elif listed and not is_item:
            break
        seen.add(entry)
        run.append(i)
        entries.append(i)
    while run and entries and run[-1] > entries[-1]:
        run.pop()
    return run, entries


def drop_running(page: Page, page_starts: Sequence[int]) -> None:
    """Page numbers and lines that stand at the head or foot of most pages."""
    if len(page_starts) < 3:
        return
    lines = page.lines
    edges: list[list[int]] = []
    for number, start in enumerate(page_starts):
        end = page_starts[number + 1] if number + 1 < len(page_starts) else len(page.text)
        full = [i for i in range(bisect_left(page.starts, start), bisect_left(page.starts, end)) if lines[i].text]
        edges.append(sorted({*full[:2], *full[-2:]}))
    counts: dict[str, int] = {}
    for edge in edges:
        for key in {normal(lines[i].text) for i in edge}:
            counts[key] = counts.get(key, 0) + 1
    often = {key for key, count in counts.items() if count >= 3 and count * 10 >= len(edges) * 5}
    for edge in edges:
        for i in edge:
            if normal(lines[i].text) in often and len(lines[i].text) <= 100 and not lines[i].protected:
                page.drop(i, "running head")
