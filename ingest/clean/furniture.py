"""The header and the footer of a page: menus, dates, authors, counters, forms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.blocks import Kind
from ingest.clean.page import normal
from ingest.clean.signs import (
    COUNT,
    DATE,
    FORM,
    HASHTAGS,
    LETTER,
    PLATFORM,
    RELATED,
    STAMP,
    TIP,
    TRUNCATED,
    WORDS,
    bigrams,
    furniture,
    is_prose,
    is_question,
    is_short,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.blocks import Line
    from ingest.clean.page import Page

_HEADER = 40
"""Lines of text at the top among which the header of a page is looked for."""


def drop_header(page: Page) -> None:
    """Breadcrumbs, dates, authors and counters above the note. The title stays: a heading, or the longest plain line."""
    zone, titled = _zone(page)
    strong = [at for at, (_, grade) in enumerate(zone) if grade == 2]
    if not strong:
        return
    texts = [page.lines[i].text for i, _ in zone]
    solid = any(not _is_date(texts[at]) for at in strong)
    if not solid and (len(strong) > 2 or strong[0] > 2):
        return
    if titled < 0:
        titled = _titled(page, [(at, texts[at]) for at, (_, grade) in enumerate(zone) if grade == 0])
    last = strong[-1]
    while last + 1 < len(zone) and (zone[last + 1][1] or (last + 1 == titled and last + 2 < len(zone) and zone[last + 2][1])):
        last += 1
    above, below = range(max(titled, 0)), range(titled + 1, last + 1)
    menu = solid and any(zone[at][1] for at in above) and all(zone[at][1] or _is_menu(texts[at]) for at in above)
    plain = len({texts[at] for at in below if zone[at][1] == 0})
    mostly = solid and plain <= sum(1 for at in below if zone[at][1])
    for at, (i, grade) in enumerate(zone[: last + 1]):
        name = titled < at < strong[-1] and mostly and is_short(texts[at]) and texts[at][-1] not in "？?：:"
        if at != titled and (grade or (at < titled and menu) or name):
            page.drop(i, "page header")


def _zone(page: Page) -> tuple[list[tuple[int, int]], int]:
    """The lines above the first sentence or second heading with their grades, and the place of the first heading, or -1."""
    zone: list[tuple[int, int]] = []
    titled = -1
    for i, line in enumerate(page.lines):
        text = line.text
        if not text or i in page.reasons:
            continue
        if text[0] == "#" and not HASHTAGS.fullmatch(text):
            if titled >= 0:
                break
            titled = len(zone)
            zone.append((i, 0))
            continue
        grade = furniture(text)
        says = is_prose(line) and not is_question(text) and (grade < 2 or text[-1] in "。！")
        if says or len(zone) >= _HEADER or (line.kind == Kind.ITEM and not grade):
            break
        zone.append((i, grade))
    return zone, titled


def _titled(page: Page, plain: Sequence[tuple[int, str]]) -> int:
    """Which of the plain lines at the top is the title: one that the source's title holds, else the longest; -1 if none."""
    seen: set[str] = set()
    best, most = -1, 0
    for at, text in plain:
        words = text.split()
        if len(words) >= 4 and all(len(word) <= 4 and word[0] > "\x7f" for word in words):
            continue
        width = sum(1 + (char > "\x7f") for char in text)
        if len(text) >= 4 and (text in page.title or (len(page.title) >= 4 and page.title in text)):
            return at
        if width > most and text not in seen:
            best, most = at, width
        seen.add(text)
    return best


def _is_menu(text: str) -> bool:
    """Short words, as the entries of a menu are."""
    return all(sum(1 + (char > "\x7f") for char in word) <= 16 for word in text.split()) and len(text) <= 60


def _is_date(text: str) -> bool:
    return not LETTER.search(DATE.sub("", text))


_FOOTER = 1500
"""Lines of text at the end among which the footer of a page is looked for."""


def drop_footer(page: Page) -> None:
    """The end of the page from the line at which the evidence for furniture, less that for the note, is greatest."""
    lines = page.lines
    texts = [i for i, line in enumerate(lines) if line.text][-_FOOTER:]
    told, grams = _told(page)
    floor = next((i for i in texts if i not in page.reasons and _speaks(lines[i])), -1)
    total = best = 0.0
    anchors = best_anchors = streak = 0
    cut = len(lines)
    for i in reversed(texts):
        weight, anchor = _weigh(page, i, told, grams)
        streak = 0 if weight > 0 else streak + (weight <= -1.5)
        total += weight * min(streak, 3) if weight <= -1.5 else weight
        anchors += anchor
        if i <= floor or total < best - 25:
            break
        if total > best:
            best, cut, best_anchors = total, i, anchors
    if best < 3 or best_anchors < (1 if best >= 5 else 2):
        return
    for i in page.kept(_raised(page, cut), len(lines) - 1):
        page.drop(i, "page footer")


def _raised(page: Page, cut: int) -> int:
    """The footer begins higher where names and tags stand just above that come back in it, or in other files."""
    lines = page.lines
    while True:
        above = next((i for i in range(cut - 1, max(-1, cut - 4), -1) if lines[i].text and i not in page.reasons), -1)
        if above < 0:
            return cut
        line = lines[above]
        if not is_short(line.text) or is_prose(line) or line.text[0] == "#" or line.kind == Kind.ITEM:
            return cut
        again = any(lines[j].text == line.text for j in range(cut, min(len(lines), cut + 60)))
        if not again and normal(line.text) not in page.repeated:
            return cut
        cut = above


def _speaks(line: Line) -> bool:
    """The note itself: a sentence that is no teaser and no furniture, or code, or a formula."""
    if line.protected:
        return True
    return is_prose(line) and not is_question(line.text) and not furniture(line.text) and not TRUNCATED.search(line.text)


def _told(page: Page) -> tuple[str, dict[str, int]]:
    """What the note says: the sentences of the first part of the page in lower case, and how many hold each gram."""
    full = [line for i, line in enumerate(page.lines) if line.text and i not in page.reasons]
    body = [line.text[:1000] for line in full[: max(len(full) * 6 // 10, 1)] if is_prose(line)][:1000]
    counts: dict[str, int] = {}
    for text in body:
        for gram in set(bigrams(text)):
            counts[gram] = counts.get(gram, 0) + 1
    return "\n".join(body).lower(), counts


def _related(text: str, counts: dict[str, int], told: str) -> float:
    """The share of the grams of ``text`` that other sentences of the note use, 0..1."""
    text = text[:1000]
    grams = set(bigrams(text))
    own = text.lower() in told
    return sum(counts.get(gram, 0) > own for gram in grams) / len(grams) if grams else 0.0


def _weigh(page: Page, index: int, told: str, grams: dict[str, int]) -> tuple[float, int]:
    """Evidence that the line belongs to a footer (above 0) or to the note (below 0), and its counts and fixed phrases."""
    line = page.lines[index]
    text = line.text
    if index in page.reasons:
        return (2.0, 2) if page.reasons[index] in _FOREIGN else (0.0, 0)
    if line.protected:
        return -8.0, 0
    heading = text[0] == "#" and not HASHTAGS.fullmatch(text)
    bare = text.lstrip("# ") if heading else text
    if RELATED.fullmatch(bare) or FORM.fullmatch(bare):
        return (-1.0 if heading and _known(bare, told) else 1.0), 0
    if heading:
        return -3.0, 0
    if TIP.search(text) and len(text) <= 120:
        return 2.0, 2
    grade = furniture(text)
    if grade and _known(text, told):
        grade = 0
    if grade == 2 and (text[-1] != "。" or len(text) <= 20):
        return 2.0, max(1, len(COUNT.findall(text)) + len(DATE.findall(text)) + bool(PLATFORM.search(text) or STAMP.match(text)))
    if grade and not (is_prose(line) and text[-1] == "。"):
        return (0.5 if line.kind == Kind.ITEM else 1.0), 0
    return _weigh_plain(line, grade, _related(text, grams, told)), 0


_FOREIGN = frozenset({"copyright notice", "related articles", "advertisement"})


def _weigh_plain(line: Line, grade: int, related: float) -> float:
    """The same for a line that does not look like furniture: the more the note is about it, the more it is the note."""
    text = line.text
    if TRUNCATED.search(text) and len(text) >= 25:
        return 0.5
    if is_prose(line):
        return 0.0 if grade else -1.5 if related < 0.25 else -4.0
    if line.kind == Kind.ITEM or text[-1] in "？?：:":
        return -0.5 if related < 0.2 else -1.0
    if _OPERATORS.search(text):
        return -1.5
    return -0.2 if is_short(text) else -0.6 if related < 0.3 else -1.0


_OPERATORS = re.compile(r"[=+*^∑√≤≥∂θ\\]\s*[\w(]|\w\(\w")


def _known(text: str, told: str) -> bool:
    """Every interface word of the line is a word that the note itself uses."""
    words = {word.lower() for word in WORDS.findall(text) if len(word) > 1}
    return bool(words) and not COUNT.search(text) and all(word in told for word in words)
