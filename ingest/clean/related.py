"""Teasers of other articles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.clean.page import LINK, URL
from ingest.clean.signs import FORM, RELATED, TRUNCATED, bigrams, furniture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.clean.page import Page

_RELATED_HINT = (
    "相关",
    "相關",
    "推荐",
    "阅读",
    "喜欢",
    "都在看",
    "回顾",
    "热门",
    "最新",
    "related",
    "also like",
    "also enjoy",
    "more from",
    "recommended",
    "next",
    "trending",
    "popular",
    "收录",
    "档案",
    "keep reading",
    "排行",
)


_MOST_MARKERS = 100
"""Markers that are looked at; no page has more."""


def drop_related(page: Page) -> None:
    """From a marker such as "related articles" to the end, or to where the note resumes, if teasers follow it."""
    lines = page.lines
    body: set[str] = set()
    read = seen = 0
    for index in page.lines_with(_RELATED_HINT):
        if seen > _MOST_MARKERS:
            break
        title = lines[index].text.strip("#*【】[]:：> -•—|").strip()
        if (
            index in page.reasons
            or len(title) > 40
            or not RELATED.fullmatch(title)
            or not (page.standalone(index) or index + 1 == len(lines) or not lines[index + 1].text)
        ):
            continue
        seen += 1
        body.update(bigrams(page.text[read : lines[index].start]))
        read = lines[index].start
        following = page.kept(index + 1, min(len(lines) - 1, index + 600))
        end = _resumption(page, index, following, body)
        block = [i for i in following if i < end]
        if not block or _is_teasers(page, block, body, end >= len(lines)):
            last = end if end < len(lines) else len(lines)
            if not block and index < len(lines) * 0.5:
                continue
            for i in range(index, last):
                if lines[i].text:
                    page.drop(i, "related articles")


def _resumption(page: Page, marker: int, following: Sequence[int], body: set[str]) -> int:
    """Index of the first line after the marker at which the note goes on; the number of lines if it does not."""
    lines = page.lines
    mark = lines[marker].text
    level = len(mark) - len(mark.lstrip("#"))
    for at, i in enumerate(following):
        text = lines[i].text
        own = len(text) - len(text.lstrip("#"))
        heading = (0 < own <= (level or 6)) or (
            not level and re.match(r"\d+(?:\.\d+)+\s*\S|[一二三四五六七八九十]+、|第.{1,3}[章节]", text)
        )
        if not heading:
            continue
        title = text.lstrip("# ")
        if RELATED.fullmatch(title) or FORM.fullmatch(title):
            continue
        for j in following[at + 1 : at + 6]:
            told = lines[j].text
            if lines[j].protected:
                return i
            if told[0] == "#":
                break
            if len(told) >= 30 and not TRUNCATED.search(told) and furniture(told) == 0:
                grams = bigrams(told)
                if grams and sum(gram in body for gram in grams) >= 0.5 * len(grams):
                    return i
    return len(lines)


def _is_teasers(page: Page, block: Sequence[int], body: set[str], final: bool) -> bool:
    """Cut-off summaries, counters or dates, links, or titles that have nothing to do with the note."""
    lines = page.lines
    texts = [lines[i].text for i in block]
    count = len(texts)
    truncated = sum(bool(len(text) >= 25 and TRUNCATED.search(text)) for text in texts)
    shown = sum(furniture(text) == 2 for text in texts)
    linked = sum(bool(LINK.search(text) or URL.search(text)) for text in texts)
    if truncated >= 2 or (truncated and count <= 6):
        return True
    if shown >= 2 and shown * 10 >= count * 3:
        return True
    prose = sum(len(text) > 60 or (len(text) > 25 and text[-1] in "。；") for text in texts)
    if prose * 4 > count:
        return False
    grams = [gram for text in texts for gram in bigrams(text)]
    related = sum(gram in body for gram in grams) / max(len(grams), 1)
    if count >= 2 and related < 0.3 and final:
        return True
    titles = sum(len(text) <= 60 and text[-1] not in "。；;" for text in texts)
    return final and count >= 3 and titles == count and linked * 2 >= count and related < 0.6
