"""Find headings in all the forms that notes have, and the sections under them.

Forms: Markdown ``#`` and underlined headings, bold lines, ``10.1.1 ...``, ``第3章``, ``一、``, ``(二)``, ``3 ...``,
``1.Why ...?``, ``Q: ...``, numbered lists of questions with their answers indented below, bare questions and bare short
titles standing alone, first lines of paragraphs that are questions, and first lines of paragraphs where the note writes all
its headings so.

Decisions. A note that marks its headings (Markdown) is taken at its word: there a bare short line is text. A number at
the start of a line is a heading only as one of a sequence with bodies between, or of questions; otherwise it is a list.
Indented ordered lists inside an answer are never headings. Levels: numbering depth and Markdown level where they speak;
the table of contents that cleaning took out, where there was one; otherwise each style keeps the level at which it
first stood, a new style standing below the heading before it. The title of a plain-text note (its first line) heads the
text right below it and is no part of the other trails; a Markdown title is. A heading whose body is empty but which has
headings below it is their parent, not blank. Small labels inside an indented answer stay in its text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from ingest import blocks
from ingest.blocks import Kind, Line
from ingest.types import Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.types import Document


class _Heading(NamedTuple):
    """A heading found: its line, how it is written, and the depth that its own marks give (0: none)."""

    at: int
    style: str
    depth: int
    title: str
    lines: int = 1


_MARKDOWN = re.compile(r"(#{1,6})(?:\s+|(?=[^\s#\x00-\x7f]))(.*?)(?:\s+#+)?$")
_DOTTED = re.compile(r"(\d{1,3}(?:[.．]\d{1,3}){1,5})[.、．]?(\s*)(\S.*)")
_SINGLE = re.compile(r"(\d{1,3})[.、．)）:：]\s*(\S.*)")
_SPACED = re.compile(r"(\d{1,3})\s+(\S.*)")
_CHAPTER = re.compile(
    r"第\s*[一二三四五六七八九十百零〇\d]{1,4}\s*(?P<kind>[编部篇章节讲课回])(?:\s|[:：、.]"
    r"|(?=[^的个次轮层步行列位条句点]))|(?:chapter|part|lecture|lesson|appendix)\s+[\dIVXA-Z]{1,4}\b",
    re.IGNORECASE,
)
_CHINESE = re.compile(r"[一二三四五六七八九十]{1,3}[、.．]\s*\S")
_BRACKETED = re.compile(r"[(（][一二三四五六七八九十]{1,3}[)）][、.．]?\s*\S")
_ASKED = re.compile(r"(?:Q|问|问题|面试题|题目|Question)\s*\d{0,3}\s*[:：.、]\s*\S", re.IGNORECASE)
_BOLD = re.compile(r"(?:\*\*([^*\n]{1,120})\*\*|__([^_\n]{1,120})__)\s*[:：]?")
_FRAMED = re.compile(r"【[^】\n]{1,40}】")
_RULED = re.compile(r"={3,}|-{3,}")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_QUESTION = re.compile(
    r"[?？]\s*[)）]?$|什么|如何|怎么|怎样|为何|为什么|哪些|哪个|哪种|多少|吗|区别|是否|能否|有没有|介绍|谈一?谈"
    r"|说一?[下说]|讲一?[下讲]|写一?[下写]|手写|推导|解释|简述|描述|比较|对比|分析|给出|实现|举例"
    r"|^(?:what|why|how|when|which|who|where|is|are|can|does|do|explain|describe|compare)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(r"什么|如何|怎么|怎样|为何|哪些|哪个|哪种|多少|吗$|区别|有没有")
"""Words that make a line a question though it states something."""
_ASKING = re.compile(r"问题|题目|面试题|考题|提问|待(?:整理|补充|回答|解决)|questions?|to ?do", re.IGNORECASE)
_FRONT = re.compile(
    r"前言|引言|序言?|导语|导读|简介|背景|概述|摘要|写在(?:前面|最后|后面)|总结|小结|结语|结论|后记|附录|参考(?:资料"
    r"|文献)?|introduction|abstract|overview|background|summary|conclusions?|appendix|references|preface|foreword"
    r"|tl;?dr",
    re.IGNORECASE,
)
_TOLD = re.compile(
    r"^(?:那么|但是|但|所以|因此|然而|而且|而|可是|不过|因为|由于|为了|如果|假设|其中|例如|比如|此外|另外|同时|首先"
    r"|其次|然后|接着|最后|现在|这|那|它|我们|我|你|他|她|答|注|即|即使|并|且|或|与|和|图中|图\s*\d|表\s*\d|可以|需要"
    r"|使得|从而|对于|在.{1,12}[中上下里时]$|so\b|but\b|and\b|then\b|well\b|now\b|this\b|that\b|it\b|we\b|i\b|you\b"
    r"|note\b|fig)"
    r"|(?<![不而否就么还又既])是(?![否什谁哪不])|将会?|[会能]够?[使被让把]|[^被]被[^动]|属于|等于|等价|表示|我们|可以"
    r"|需要|必须|已经|[了的吧呢啊]$",
    re.IGNORECASE,
)
_CODE_LIKE = re.compile(r"[=$\\{}<>|`*^@;；]|https?:|\w\(\w*\)$")
_ENDS = "。．；;，,、：:…!！~"
_PLACEHOLDER = re.compile(
    r"(?:待(?:补充|完善|更新|整理|续|写|填)|未完(?:待续)?|略|暂无|暂缺|无|空|todo|tbd|tbc|wip|coming soon"
    r"|to be (?:done|continued|added)|n/a|none|\.{3,}|…+|答|A|回答|答案|如图|如下图?|见下?图|图)[。.:：!！]?",
    re.IGNORECASE,
)
_IMAGE = re.compile(
    r"!\[[^\[\]\n]*\]\([^()\n]*\)|<img\b[^<>]*>|在这里插入图片描述|(?:image|img)[-_]?\d{6,}[\w.-]*", re.IGNORECASE
)
_FORMULA_IMAGE = re.compile(r"tex=|latex|/math", re.IGNORECASE)
_MARKS = frozenset("#*_第cCpPlLaA一二三四五六七八九十(（Qq问面题【")
"""First characters of the headings that :func:`_marked` knows."""
_WORD = re.compile(r"[^\W_]")
_TERMS = re.compile(r"[\w+./ -]{1,12}(?:[、,，/][\w+. -]{1,12})+")


def section(document: Document) -> tuple[Section, ...]:
    """The sections of the note in order. Their spans do not overlap, and cover all text but the heading lines.

    A heading without a body (or with a placeholder only) gives a blank section, unless headings stand below it.
    Time is linear in the length of the text.
    """
    lines = _with_gaps(document, blocks.read(document.text))
    title = _title(lines)
    contents = _contents(document)
    headings = _headings(lines, title, contents)
    return tuple(_sections(document, lines, title, _leveled(headings, contents)))


def _with_gaps(document: Document, lines: Sequence[Line]) -> Sequence[Line]:
    """The lines, with an empty one where cleaning took whole lines out: what stood apart still stands apart."""
    starts = document.line_starts
    gaps = sorted({
        starts[dropped.lines[0] - 1]
        for dropped in document.dropped
        if dropped.lines[1] < len(starts) and starts[dropped.lines[0] - 1] == starts[dropped.lines[1]]
    })  # fmt: skip
    if not gaps:
        return lines
    out: list[Line] = []
    at = 0
    for line in lines:
        if at < len(gaps) and gaps[at] <= line.start:
            if gaps[at] == line.start and out and out[-1].text and not (line.protected and line.run == out[-1].run):
                out.append(Line(line.start, line.start, 0, Kind.BLANK, 0, ""))
            while at < len(gaps) and gaps[at] <= line.start:
                at += 1
        out.append(line)
    return out


# --- finding ------------------------------------------------------------------------------------------------------------


def _headings(lines: Sequence[Line], title: int, contents: _Contents | None) -> list[_Heading]:
    """All headings in order."""
    marked: list[_Heading] = []
    under = -2
    for i in range(len(lines) - 1, -1, -1):
        line = lines[i]
        text = line.text
        if text and (text[0] in _MARKS or under == i + 1) and (line.kind is Kind.PROSE or line.kind is Kind.ITEM) and i != title:
            found = _marked(lines, i)
            if found is not None:
                marked.append(found)
        if text and text[0] in "=-" and _RULED.fullmatch(text):
            under = i
    marked.reverse()
    markdown = [heading for heading in marked if heading.style == "#"]
    written = len(markdown) >= 2 or (len(markdown) == 1 and markdown[0].at > 5)
    taken = {heading.at + extra for heading in marked for extra in range(heading.lines)}
    numbered = _numbered(lines, title, taken, written)
    taken.update(heading.at for heading in numbered)
    bare: list[_Heading] = []
    if not written:
        bare = _bare(lines, title, taken, numbered, contents)
    return _without_last_words(lines, sorted([*marked, *numbered, *bare]))


def _without_last_words(lines: Sequence[Line], headings: list[_Heading]) -> list[_Heading]:
    """Without the bare line that is all there is under the last Markdown heading: it is what is said there."""
    if len(headings) < 2 or headings[-1].style != "bare" or headings[-2].style != "#":
        return headings
    above, last = headings[-2:]
    text = lines[last.at].text
    if any(line.text for line in (*lines[above.at + above.lines : last.at], *lines[last.at + 1 :])):
        return headings
    return headings if text[-1] in "?？" or _ASKS.search(text) else headings[:-1]


def _alone(lines: Sequence[Line], index: int) -> bool:
    return index == 0 or not lines[index - 1].text


def _below(lines: Sequence[Line], index: int) -> bool:
    """Nothing stands on the next line."""
    return index + 1 >= len(lines) or not lines[index + 1].text


def _marked(lines: Sequence[Line], index: int) -> _Heading | None:
    """A heading by its own marks: ``#``, underlining, bold, ``第3章``, ``一、``, ``Q:``, a frame."""
    line = lines[index]
    text = line.text
    first = text[0]
    if first == "#":
        match = _MARKDOWN.match(text) if len(text) <= 300 and line.indent <= 3 else None
        return _Heading(index, "#", len(match[1]), _plain(match[2])) if match and _WORD.search(match[2]) else None
    if len(text) > 120 or line.indent >= 2:
        return None
    following = lines[index + 1].text if index + 1 < len(lines) else ""
    if (
        following[:3] in ("===", "---")
        and _RULED.fullmatch(following)
        and _alone(lines, index)
        and text[-1] not in _ENDS
        and _WORD.search(text)
    ):
        return _Heading(index, "#", 1 if following[0] == "=" else 2, _plain(text), 2)
    if first in "*_" and (bold := _BOLD.fullmatch(text)) and (_alone(lines, index) or not following):
        inner = (bold[1] or bold[2]).strip()
        if inner and inner[-1] not in "。；;，,!！" and len(inner) <= 80 and _WORD.search(inner):
            number = _DOTTED.match(inner)
            return _Heading(index, "bold", number[1].count(".") + 1 if number else 0, inner)
        return None
    if not _alone(lines, index):
        return None
    if first in "第cCpPlLaA" and len(text) <= 60 and text[-1] not in _ENDS and (chapter := _CHAPTER.match(text)):
        kind = chapter["kind"] or "章"
        return _Heading(index, "chapter", {"编": 1, "部": 1, "篇": 1, "章": 2, "讲": 2, "课": 2, "回": 2}.get(kind, 3), text)
    if first in "一二三四五六七八九十" and len(text) <= 80 and text[-1] not in _ENDS and _CHINESE.match(text):
        return _Heading(index, "一", 0, text)
    if first in "(（" and len(text) <= 60 and text[-1] not in _ENDS and _BRACKETED.match(text):
        return _Heading(index, "(一)", 0, text)
    if first in "Qq问面题" and _ASKED.match(text):
        return _Heading(index, "Q", 0, text)
    if first == "【" and _FRAMED.fullmatch(text):
        return _Heading(index, "【】", 0, text)
    return None


class _Number(NamedTuple):
    """A line that begins with ``1.``."""

    at: int
    indent: int
    number: int
    title: str


def _numbered(lines: Sequence[Line], title: int, taken: set[int], written: bool) -> list[_Heading]:
    """Headings by number: ``10.1.1 ...``, ``10 ...`` beside these, and ``1. ...`` in sequences with bodies."""
    out: list[_Heading] = []
    spaced: list[_Number] = []
    singles: list[_Number] = []
    dense = _dense(lines)
    dotted: set[int] = set()
    for i, line in enumerate(lines):
        text = line.text
        if not text or not text[0].isdigit() or line.protected or i in taken or i == title or len(text) > 200:
            continue
        if match := _DOTTED.match(text):
            if (
                line.indent < 2
                and _is_dotted_title(match, text)
                and (_alone(lines, i) or i - 1 in dotted or (dense and _ends_before(lines, i)))
            ):
                dotted.add(i)
                out.append(_Heading(i, "1.1", len(re.split(r"[.．]", match[1])), text))
        elif match := _SINGLE.match(text):
            singles.append(_Number(i, line.indent, int(match[1]), match[2]))
        elif (
            (match := _SPACED.match(text)) and line.indent < 2 and len(text) <= 60 and _alone(lines, i) and text[-1] not in _ENDS
        ):
            spaced.append(_Number(i, 0, int(match[1]), match[2]))
    firsts = {int(re.split(r"[.．]", heading.title)[0]) for heading in out if heading.title[0].isdigit()}
    for item in spaced:
        if item.number in firsts and not item.title[0].isdigit() and not _CODE_LIKE.search(item.title):
            out.append(_Heading(item.at, "1.1", 1, lines[item.at].text))
    out.extend(_sequences(lines, singles, written, dense))
    return out


def _is_dotted_title(match: re.Match[str], text: str) -> bool:
    rest = match[3]
    if len(text) > 100 or rest[0] in "=+-*/×^%,，。~～)）" or match[1].startswith("0"):
        return False
    if not match[2] and (rest[0] in "万亿千百倍个年月日元分秒米次折版度位层G" or (rest[0].isascii() and rest[0].islower())):
        return False
    return text[-1] not in "。；;，," or bool(_QUESTION.search(rest) and len(rest) <= 50)


def _dense(lines: Sequence[Line]) -> bool:
    """Hardly a blank line: text of a PDF."""
    full = sum(1 for line in lines if line.text)
    return len(lines) > 12 and len(lines) - full < 0.08 * len(lines)


def _ends_before(lines: Sequence[Line], index: int) -> bool:
    """The line above ends a sentence, or is short: what follows may be a heading."""
    above = lines[index - 1].text if index else ""
    return not above or above[-1] in "。！？.!?:：;；）)" or len(above) <= 24


_NEAR = 50
"""How many of the last sequences are looked at for one that holds the present one."""


def _sequences(lines: Sequence[Line], singles: list[_Number], written: bool, dense: bool) -> list[_Heading]:
    """Runs ``1. 2. 3.`` at one indent that are headings: bodies between them, or questions."""
    out: list[_Heading] = []
    accepted: list[tuple[int, int, int]] = []
    """First and last line and indent of the runs accepted; deeper runs inside them are lists."""
    unanswered: list[list[_Number]] = []
    for run in _runs(singles):
        first, last, indent = run[0].at, run[-1].at, run[0].indent
        if len(run) == 1 and not _QUESTION.search(run[0].title):
            continue
        if any(low <= first <= high and indent > depth for low, high, depth in accepted[-_NEAR:]) or _is_enclosed(
            lines, first, indent
        ):
            continue
        bodies = sum(_has_body(lines, item, indent) for item in run)
        asking = sum(bool(_QUESTION.search(item.title)) for item in run)
        alone = sum(_alone(lines, item.at) or (dense and _ends_before(lines, item.at)) for item in run)
        if alone * 10 >= len(run) * 8 and bodies * 2 >= len(run):
            titled = not (written or dense) and (
                (last - first >= 0.5 * len(lines) and len(run) >= 3) or (indent < 2 and len(run) >= 2 and _short(run))
            )
            if asking * 2 >= len(run) or titled:
                accepted.append((first, _body_end(lines, last, indent), indent))
                out.extend(_Heading(item.at, f"1.{'i' * (indent >= 2)}", 0, lines[item.at].text) for item in run)
        elif len(run) >= 3 and not bodies and asking * 10 >= len(run) * 6:
            unanswered.append(run)
    styles = {indent for _, _, indent in accepted}
    for run in unanswered:
        out.extend(_unanswered(lines, run, styles, accepted))
    return out


def _runs(singles: list[_Number]) -> list[list[_Number]]:
    """Rising numbers at one indent, in order of their first lines. A line further out ends the runs further in."""
    open_runs: dict[int, list[_Number]] = {}
    done: list[list[_Number]] = []
    for item in singles:
        for indent in [key for key in open_runs if key > item.indent]:
            done.append(open_runs.pop(indent))
        run = open_runs.get(item.indent)
        if run and run[-1].number < item.number <= run[-1].number + 3:
            run.append(item)
            continue
        if run:
            done.append(run)
        open_runs[item.indent] = [item]
    done.extend(open_runs.values())
    return sorted(done, key=lambda run: run[0].at)


def _is_enclosed(lines: Sequence[Line], index: int, indent: int) -> bool:
    """The line is indented, and the nearest line above that is less so is a list item."""
    if indent < 2:
        return False
    for i in range(index - 1, max(-1, index - 400), -1):
        line = lines[i]
        if line.text and line.indent < indent and not line.protected:
            return line.kind is Kind.ITEM
    return False


def _short(run: list[_Number]) -> bool:
    """The items are titles, not sentences."""
    return all(len(item.title) <= 40 and item.title[-1] not in "。；;，," for item in run)


def _has_body(lines: Sequence[Line], item: _Number, indent: int) -> bool:
    """Text that belongs to the item follows it: not a further number, and not less indented."""
    for i in range(item.at + 1, min(len(lines), item.at + 6)):
        line = lines[i]
        if not line.text:
            continue
        if line.indent < indent:
            return False
        if indent >= 2 and line.indent <= indent:
            return False
        return not (line.text[0].isdigit() and line.indent == indent and line.kind == Kind.ITEM) and line.text[0] != "#"
    return False


def _body_end(lines: Sequence[Line], index: int, indent: int) -> int:
    if indent < 2:
        return index
    i = index + 1
    while i < len(lines) and (not lines[i].text or lines[i].indent > indent or lines[i].protected):
        i += 1
    return i - 1


def _unanswered(
    lines: Sequence[Line], run: list[_Number], styles: set[int], accepted: list[tuple[int, int, int]]
) -> list[_Heading]:
    """A list of questions that the writer collected and has not answered, with the line that announces it."""
    first, last, indent = run[0].at, run[-1].at, run[0].indent
    before = bisect_right(accepted, (first, len(lines), 0))
    if any(low <= first <= high for low, high, _ in accepted[max(0, before - _NEAR) : before]):
        return []
    above = next((i for i in range(first - 1, max(-1, first - 3), -1) if lines[i].text), -1)
    announcing = lines[above].text if above >= 0 else ""
    announced = bool(announcing) and announcing[-1] in ":：" and len(announcing) <= 60 and bool(_ASKING.search(announcing))
    below = next((i for i in range(last + 1, len(lines)) if lines[i].text), len(lines))
    closed = below == len(lines) or lines[below].text[0] == "#"
    if not closed or not (announced or indent in styles):
        return []
    style = "1.i" if indent >= 2 or (announced and indent not in styles) else "1."
    out = [_Heading(item.at, style, 0, lines[item.at].text) for item in run]
    if announced:
        out.insert(0, _Heading(above, "bare", 0, announcing.rstrip(":：")))
    return out


def _bare(
    lines: Sequence[Line], title: int, taken: set[int], numbered: list[_Heading], contents: _Contents | None
) -> list[_Heading]:
    """Questions and short titles that stand alone, or lead their paragraph where the note does so throughout."""
    leading = _leads(lines, taken)
    system = len(numbered) >= 3
    marked = bool(taken)
    answer = -1
    dense = _dense(lines)
    out: list[_Heading] = []
    for i, line in enumerate(lines):
        text = line.text
        if len(text) < 2 or line.kind is not Kind.PROSE or i in taken or i == title or line.indent >= 2 or len(text) > 120:
            continue
        above = _alone(lines, i) or (i - 1 in taken) or (out and out[-1].at == i - 1)
        below = _below(lines, i) or i + 1 in taken
        if dense:
            if not (text[-1] in "?？" and 6 <= len(text) <= 60 and _ends_before(lines, i) and not _TOLD.match(text)):
                continue
        elif i == answer or not above or not (below or leading or (not marked and _is_answered(lines, i))):
            continue
        listed = contents is not None and contents.key(text) in contents.places
        if listed or dense:
            out.append(_Heading(i, "bare", 0, text))
            continue
        if text[-1] in "?？" or (text[-1] in ")）" and ("?" in text or "？" in text) and len(text) <= 60):
            if len(text) <= 100 and not _TELLS_ON.match(text) and not text.startswith(("“", '"', "「")):
                out.append(_Heading(i, "bare", 0, text))
                answer = i + 1 if _is_answered(lines, i) else -1
        elif _is_title(text, 20 if system else 30):
            out.append(_Heading(i, "bare", 0, text))
    return out


def _is_answered(lines: Sequence[Line], index: int) -> bool:
    """A short question with the answer on the very next line."""
    return (
        lines[index].text[-1] in "?？"
        and len(lines[index].text) <= 60
        and not _below(lines, index)
        and (lines[index + 1].text[-1] not in "?？")
    )


_TELLS_ON = re.compile(r"(?:那么?|但是?|所以|因此|然而|而|可是|不过|so|but|and|then|well|now|right)[,，\s为]", re.IGNORECASE)


def _is_title(text: str, limit: int) -> bool:
    """A short line that names something and does not state it."""
    if text[-1] in _ENDS or text[-1] in ".\"”'" or not _WORD.search(text) or _CODE_LIKE.search(text):
        return False
    wide = sum(1 for char in text if char > "\x7f")
    if wide == 0:
        words = text.split()
        if not (len(words) <= 9 and len(text) <= 70 and (text[0].isupper() or len(words) <= 3)) or not any(
            c.isalpha() for c in text
        ):
            return False
        return (
            blocks.code_strength(text) == 0
            and not _TOLD.match(text)
            and (len(words) > 1 or len(text) <= 30)
            and not text.isdecimal()
        )
    if wide + (len(text) - wide) / 2 > limit or "," in text or "，" in text or ("、" in text and _TERMS.fullmatch(text)):
        return False
    return not _TOLD.search(text) or bool(_ASKS.search(text))


def _leads(lines: Sequence[Line], taken: set[int]) -> bool:
    """Most paragraphs of several lines begin with a line that could be a heading."""
    leading = others = 0
    for i, line in enumerate(lines):
        if line.kind != Kind.PROSE or i in taken or not _alone(lines, i) or _below(lines, i) or line.indent >= 2:
            continue
        text = line.text
        follows = lines[i + 1].text
        if (
            len(text) <= 80
            and (text[-1] in "?？" or _is_title(text, 30))
            and (len(follows) > len(text) or lines[i + 1].kind == Kind.ITEM)
        ):
            leading += 1
        else:
            others += 1
    return leading >= 3 and leading * 10 >= (leading + others) * 6


def _title(lines: Sequence[Line]) -> int:
    """Index of the line that is the plain-text note's title; -1 if there is none."""
    first = next((i for i, line in enumerate(lines) if line.text), -1)
    if first < 0:
        return -1
    line = lines[first]
    if (
        line.kind != Kind.PROSE
        or line.text[0] in "#*_"
        or len(line.text) > 80
        or line.text[-1] in "。；;，,：:?？"
        or not _below(lines, first)
    ):
        return -1
    if first + 1 < len(lines) and _RULED.fullmatch(lines[first + 1].text):
        return -1
    if (
        _marked(lines, first)
        or _DOTTED.match(line.text)
        or _SINGLE.match(line.text)
        or _SPACED.match(line.text)
        or _FRONT.fullmatch(line.text)
    ):
        return -1
    others = sum(1 for other in lines[first + 1 :] if other.text)
    return first if others > 2 and not _CODE_LIKE.search(line.text) else -1


# --- levels -------------------------------------------------------------------------------------------------------------


class _Contents:
    """The table of contents that cleaning took out: entries in order with their levels."""

    def __init__(self, entries: list[tuple[int, str]]) -> None:
        steps = sorted({indent for indent, _ in entries})
        self.places: dict[str, list[tuple[int, int]]] = {}
        for place, (indent, text) in enumerate(entries):
            self.places.setdefault(self.key(text), []).append((place, steps.index(indent) + 1))
        self.place = -1

    @staticmethod
    def key(text: str) -> str:
        return unicodedata.normalize("NFKC", text).casefold().replace(" ", "").strip("#*")

    def level(self, text: str) -> int:
        """The level of the next entry that reads so, after those already met; 0 if there is none."""
        for place, level in self.places.get(self.key(text), ()):
            if place > self.place:
                self.place = place
                return level
        return 0


def _contents(document: Document) -> _Contents | None:
    entries: list[tuple[int, str]] = []
    for dropped in document.dropped:
        if dropped.reason != "table of contents":
            continue
        for line in blocks.read(dropped.text):
            text = _LINK.sub(r"\1", blocks.ITEM.sub("", line.text, count=1) if line.text[:1] in "-*+•·●○◦" else line.text)
            if text:
                entries.append((line.indent, text.strip()))
    return _Contents(entries[1:]) if len(entries) > 2 else None


def _leveled(headings: list[_Heading], contents: _Contents | None) -> list[tuple[_Heading, int]]:
    """Each heading with its level, from 1."""
    levels: dict[str, int] = {}
    out: list[tuple[_Heading, int]] = []
    stack: list[tuple[str, int, int]] = []
    """Style, depth and level of the headings that are open."""
    base: dict[str, tuple[int, int]] = {}
    """For styles with a depth of their own: the smallest depth met, and the level it stands at."""
    listed = 0
    for heading in headings:
        style, depth = heading.style, heading.depth
        told = contents.level(heading.title) if contents is not None and style == "bare" else 0
        if told:
            level = listed = told
            levels.setdefault("bare", told)
        elif style == "bare" and listed:
            level = listed + 1
        elif depth:
            if style not in base:
                above = next(
                    (lv for st, _, lv in reversed(stack) if st != style and not (st == "bare" and levels.get(st) == 1)), 0
                )
                base[style] = (depth, above + 1 if style != "#" else 1)
            low, at = base[style]
            if depth < low:
                base[style] = low, at = (depth, at)
            enclosing = [lv for st, dp, lv in stack if st == style and dp < depth]
            level = (enclosing[-1] + 1) if enclosing else at
        elif style in levels:
            level = levels[style]
            if style in {"bold", "Q"} and stack:
                outer = [lv for st, _, lv in stack if st == "#"]
                level = max(level, outer[-1] + 1) if outer else level
        else:
            sibling = stack and _FRONT.fullmatch(out[-1][0].title) and out[-1][0].style == "bare"
            level = stack[-1][2] + (0 if sibling else 1) if stack else 1
            if _FRONT.fullmatch(heading.title) and style == "bare":
                level = 1
            levels[style] = level
        while stack and stack[-1][2] >= level:
            stack.pop()
        stack.append((style, depth, level))
        out.append((heading, level))
    return out


# --- sections -----------------------------------------------------------------------------------------------------------


def _sections(document: Document, lines: Sequence[Line], title: int, headings: list[tuple[_Heading, int]]) -> list[Section]:
    text = document.text
    out: list[Section] = []
    first = headings[0][0].at if headings else len(lines)
    top = lines[first].start if first < len(lines) else len(text)
    begin = 0
    trail: tuple[str, ...] = ()
    if 0 <= title < first:
        begin = min(lines[title].end + 1, len(text))
        trail = (lines[title].text,)
    if "".join(text[begin:top].split()).strip("#"):
        out.append(
            Section(
                document_id=document.id,
                trail=trail,
                start=begin,
                end=top,
                heading_start=lines[title].start if trail else begin,
                blank=False,
            )
        )
    stack: list[tuple[int, str]] = []
    for at, (heading, level) in enumerate(headings):
        line = lines[heading.at]
        while stack and stack[-1][0] >= level:
            stack.pop()
        stack.append((level, heading.title))
        start = min(lines[heading.at + heading.lines - 1].end + 1, len(text))
        end = lines[headings[at + 1][0].at].start if at + 1 < len(headings) else len(text)
        blank = _is_blank(text[start:end], heading.title)
        parent = blank and at + 1 < len(headings) and headings[at + 1][1] > level
        if parent and not text[start:end].strip():
            continue
        out.append(
            Section(
                document_id=document.id,
                trail=tuple(name for _, name in stack),
                start=start,
                end=max(start, end),
                heading_start=line.start,
                blank=blank and not parent,
            )
        )
    return out


def _is_blank(body: str, heading: str) -> bool:
    """Nothing is said: no text, an image's place, a promise to write, or bare terms under a heading that asks nothing."""
    if not body:
        return True
    if len(body) > 400:
        return not _WORD.search(body)
    if not _FORMULA_IMAGE.search(body):
        body = _IMAGE.sub("", body)
    told = body.strip().strip("*_>-•· \n")
    if not told or not _WORD.search(told) or _PLACEHOLDER.fullmatch(told):
        return True
    return (
        len(told) < 12
        and not any(char.isdigit() for char in told)
        and bool(_TERMS.fullmatch(told))
        and not _QUESTION.search(heading)
    )


def _plain(title: str) -> str:
    """A heading without marks: bold, links and code ticks off."""
    if "[" in title:
        title = _LINK.sub(r"\1", title)
    return title.replace("**", "").strip().strip("`").strip()
