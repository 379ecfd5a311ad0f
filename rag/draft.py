"""Take what an LLM writes apart as it comes: sentences, list items, code and formulas, each with its footnote marks.

Nothing of a model's own reaches a reader that could load or link to something: images, links, addresses and HTML are taken
out, and what is left is bent so that no renderer can read it as one. Decisions:

- A unit is given out once it cannot change any more: its end is written, the marks behind it too, and something else has begun.
  Tokens may cut anything anywhere: a mark, a stop, a tag.
- Marks are read in the forms that models use in spite of the rules: ``[1, 2]``, ``[1-3]``, 【1】, ``［1］``, ``[^1]``.
- Reasoning (``<think>``) is passed over, also where the opening tag is missing, as some servers leave it out.
- A sentence that is repeated is given out once; a model that keeps repeating itself is stuck, and says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ingest.lexical import fold
from rag.harmless import SPAN, harmless, printable
from rag.prompt import SILENT

Kind = Literal["prose", "item", "title", "code", "formula"]

LONGEST = 800
"""Characters after which a sentence without a stop is cut."""
MOST_CHARACTERS = 6000
"""Characters of an answer, its marks included; a model that writes on is not listened to."""
STUCK = 3
"""Repeated sentences after which a model is not listened to."""

_MARK = (
    r"[\[【［]\s*\^?\s*(?:(?:笔记|片段|段落|来源|资料|notes?|passages?|sources?)\s*)?\d{1,3}"
    r"(?:\s*(?:[,，、;；]|[-–—~～至])\s*\^?\d{1,3})*(?:\s*†[^\]】］\n]{0,40})?\s*[\]】］]"
)
_MARKS = re.compile(rf"[ \t]*({_MARK})", re.IGNORECASE)
_BEHIND = re.compile(rf"(?:[ \t]*{_MARK})*[ \t]*", re.IGNORECASE)
_BELOW = re.compile(rf"\s*\n(?:[ \t]*{_MARK})+[ \t]*(?=\n|\Z)", re.IGNORECASE)
"""Marks on a line of their own: they belong to what stands above."""
_ONLY_MARKS = re.compile(rf"\s*(?:{_MARK}\s*)*(?:[\[【［][^\]】］\n]{{0,24}})?\Z", re.IGNORECASE)
_ENDS_MARKED = re.compile(rf"{_MARK}\s*\Z", re.IGNORECASE)
_NUMBERS = re.compile(r"(\d{1,3})(?:\s*[-–—~～至]\s*\^?(\d{1,3}))?")
_CJK = "\u3400-\u9fff"
_CLOSERS = r"[”’\"')）」』*]*"
_STOP = re.compile(
    rf"(?:[。！？]|…(?!…*\s?[、，,;；：/]))+{_CLOSERS}|[!?]+{_CLOSERS}(?=\s|$|[\[【［]\s*\^?\d)|[；;](?=\s*[{_CJK}])|"
    r"(?<!\be\.g)(?<!\bi\.e)(?<!\bal)(?<!\bvs)(?<!\bFig)(?<!\bEq)(?<!\bcf)(?<!\bNo)"
    rf"(?<=[a-zA-Z0-9)\]\"'*`$%{_CJK}])\.[”\"')*]*(?=\s+[A-Z{_CJK}*`$“\"'(]|\s*[\[【［]\s*\^?\d|\s*$)"
)
_ENDED = re.compile(rf"(?:[。！？!?…；;.:：]{_CLOSERS}|```|~~~|\$\$|\\\])\s*\Z")
_FENCE = re.compile(r"(```+|~~~+)[^\n`]*\n")
_FORMULAS = {"$$": "$$", "\\[": "\\]"}
_HEADING = re.compile(r"#{1,6}[ \t]+(.+?)[ \t#]*$|\*\*([^*\n]+)\*\*[:：]?$|__([^_\n]+)__$")
_ITEM = re.compile(
    rf"[ \t]*(?:[-*+•·▪][ \t]+|(\d{{1,2}})(?:[.．)](?:[ \t]+|(?=[{_CJK}*]))|、[ \t]*)|[(（](\d{{1,2}})[)）][ \t]*|[①-⑳][ \t]*)"
)
_MAY_BE_ITEM = re.compile(r"[ \t]*(?:[-*+•·▪_#>|=]+|[(（]?\d{0,2}[.．)）、]?)[ \t]*\Z")
_QUOTED = re.compile(r"[ \t]*>[ \t]?")
_PASSED_OVER = re.compile(
    rf"[ \t]*(?:(?:[-*_=][ \t]*){{3,}}|\|?[ \t:|-]*-[ \t:|-]*\|[ \t:|-]*)\Z|[ \t]*(?:{_MARK}|\[[^\]\n]+\])\s*[:：]\s",
    re.IGNORECASE,
)
"""Rules, the line below a table's head, and definitions of links and footnotes."""
_SILENT = re.compile(SILENT.replace("-", r"[-_ ]?") + r"[^\w\s]*", re.IGNORECASE)
_TAGS = r"(?:think(?:ing)?|thought|reasoning|analysis)"
_OPEN, _CLOSE = re.compile(rf"<{_TAGS}>", re.IGNORECASE), re.compile(rf"</{_TAGS}>", re.IGNORECASE)
_LONGEST_TAG = len("</reasoning>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One unit of what the model wrote: ``text`` as it may be shown, ``marks`` the numbers behind it, each once."""

    text: str
    marks: tuple[int, ...]
    kind: Kind


class _MoreToCome(Exception):
    """The unit at the beginning of the text may still change."""


class Drafts:
    """Text in (:meth:`feed`, :meth:`finish`), drafts out."""

    def __init__(self) -> None:
        self.restarts = 0
        """How often all that came so far turned out to be reasoning: what was given out before is void."""
        self._begin()

    def _begin(self) -> None:
        self.silent = False
        """Whether the model said that the notes do not answer."""
        self._thinking = self._item = False
        self._held = self._text = ""
        self._count = self._repeats = 0
        self._seen: set[str] = set()
        self._columns: list[str] = []

    @property
    def enough(self) -> bool:
        """Whether the model is to be stopped: it goes round in circles, or on and on."""
        return self._repeats >= STUCK or self._count > MOST_CHARACTERS

    def feed(self, text: str) -> list[Draft]:
        """The units that ``text`` completes."""
        spoken = self._spoken(text)  # first, as it may begin anew
        self._text += spoken
        return self._taken(last=False)

    def finish(self, *, whole: bool) -> list[Draft]:
        """The units that are left; without the last one where the model was cut off (not ``whole``) in the middle of it."""
        if not self._thinking:
            self._text += self._held
        self._held = ""
        broken = not whole and not _ENDED.search(self._text) and not _ENDS_MARKED.search(self._text)
        out = self._taken(last=True)
        return out[:-1] if broken else out

    def _spoken(self, text: str) -> str:
        """``text`` without reasoning; the beginning of what may be a tag is held back."""
        text, self._held = self._held + text, ""
        out = ""
        while text:
            opening = None if self._thinking else _OPEN.search(text)
            closing = _CLOSE.search(text)
            if opening and not (closing and closing.start() < opening.start()):
                out += text[: opening.start()]
                text, self._thinking = text[opening.end() :], True
            elif closing and self._thinking:
                text, self._thinking = text[closing.end() :], False
            elif closing:
                text, restarts = text[closing.end() :], self.restarts + 1
                self._begin()
                self.restarts, out = restarts, ""
            else:
                begun = text.rfind("<", max(0, len(text) - _LONGEST_TAG))
                if begun >= 0 and ">" not in text[begun:]:
                    self._held, text = text[begun:], text[:begun]
                out += "" if self._thinking else text
                break
        out = out[: max(0, MOST_CHARACTERS + 1 - self._count)]
        self._count += len(out)
        return out

    def _taken(self, *, last: bool) -> list[Draft]:
        out: list[Draft] = []
        while self._text.strip():
            try:
                unit, self._text = self._take(last)
            except _MoreToCome:
                break
            if unit is None:
                continue
            key = "".join(fold(unit.text).split())
            if key in self._seen:
                self._repeats += 1
                continue
            self._seen.add(key)
            out.append(unit)
        return out

    def _take(self, last: bool) -> tuple[Draft | None, str]:
        """The first unit (``None`` for what is passed over) and the text behind it; raises ``_MoreToCome``."""
        text = self._text.lstrip("\n")
        if len(text) < len(self._text):
            self._item = False
        bare = text.lstrip(" \t")
        if not last and len(bare) < 3 and bare[:1] in "`~$\\":
            raise _MoreToCome
        if bare.startswith(("```", "~~~")):
            return self._code(bare, last)
        for begin, end in _FORMULAS.items():
            if bare.startswith(begin):
                found = bare.find(end, len(begin))
                if found >= 0:
                    return self._block(bare, found + len(end), "formula", last)
                if not last and len(bare) < LONGEST:
                    raise _MoreToCome
        line, newline, _ = text.partition("\n")
        return self._line(line, text, ended=bool(newline) or last, last=last)

    def _code(self, text: str, last: bool) -> tuple[Draft | None, str]:
        fence = _FENCE.match(text)
        if fence is None:
            if not last:
                raise _MoreToCome
            return None, ""
        close = re.search(
            rf"^[ \t]*{re.escape(fence.group(1))}[ \t]*{'$' if last else chr(10)}", text[fence.end() :], re.MULTILINE
        )
        if close:
            return self._block(text, fence.end() + len(close.group().rstrip("\n")) + close.start(), "code", last)
        if not last:
            raise _MoreToCome
        return self._unit(f"{text.rstrip()}\n{fence.group(1)}", "", "code"), ""

    def _block(self, text: str, end: int, kind: Kind, last: bool) -> tuple[Draft | None, str]:
        """The code or formula ``text[:end]`` with the marks that follow it, on its line or alone on the next."""
        behind = _BELOW.match(text, end) or _BEHIND.match(text, end)
        after = behind.end() if behind else end
        _settled(text[end:], text[after:], last)
        return self._unit(text[:end].rstrip(), text[end:after], kind), text[after:]

    def _line(self, line: str, text: str, *, ended: bool, last: bool) -> tuple[Draft | None, str]:
        if not ended and len(line) < LONGEST and (_MAY_BE_ITEM.match(line) or line.lstrip()[:1] in "#|" or "**" in line[:2]):
            raise _MoreToCome
        if ended and _PASSED_OVER.match(line):
            return None, text[len(line) :]
        if quoted := _QUOTED.match(line):
            return None, text[quoted.end() :]
        if ended and line.lstrip().startswith("|"):
            return self._row(line), text[len(line) :]
        self._columns = []
        if ended and (heading := _HEADING.match(_MARKS.sub("", line).strip())):
            return self._unit(next(filter(None, heading.groups())), line, "title"), text[len(line) :]
        item = _ITEM.match(line)
        return self._sentence(item, line[item.end() :] if item else line, text[item.end() :] if item else text, ended, last)

    def _sentence(self, item: re.Match[str] | None, line: str, text: str, ended: bool, last: bool) -> tuple[Draft | None, str]:
        masked = SPAN.sub(lambda span: "x" * len(span.group()), line)
        stop = next((found for found in _STOP.finditer(masked) if found.end() < len(line) or ended), None)
        if stop is None and not ended and len(line) < LONGEST:
            raise _MoreToCome
        cut = stop.end() if stop else min(len(line), LONGEST)
        behind = _BEHIND.match(text, cut)
        end = behind.end() if behind else cut
        below = _BELOW.match(text, end)
        after = below.end() if below else end
        _settled(text[end:], text[after:], last)
        goes_on = item is None and self._item
        lead = "  " if goes_on else ""
        if item:
            lead = next((f"{number}. " for number in item.groups() if number), "- ")
        self._item = item is not None or goes_on
        return self._unit(text[:cut], text[:after], "item" if item else "prose", lead=lead), text[after:]

    def _row(self, line: str) -> Draft | None:
        """A table's row as a list item, with the column's name before each cell but the first."""
        cells = [cell.strip() for cell in _MARKS.sub("", line).strip().strip("|").split("|")]
        if not self._columns:
            self._columns = cells
            return None
        named = [" ".join(filter(None, pair)) for pair in zip(self._columns[1:], cells[1:], strict=False)]
        return self._unit("：".join(filter(None, (cells[0], "；".join(named)))), line, "item", lead="- ")

    def _unit(self, text: str, marked: str, kind: Kind, *, lead: str = "") -> Draft | None:
        """``text`` made fit to be shown, with the marks that stand in ``marked``."""
        if _SILENT.search(text):
            self.silent = True
            text = _SILENT.sub("", text)
        marks = _numbers(marked if kind in ("code", "formula") else SPAN.sub("", marked))
        text = printable(text) if kind in ("code", "formula") else " ".join(harmless(_unmarked(text)).split())
        if not any(letter.isalnum() for letter in text):
            return None
        if kind == "title":
            text = f"**{text.replace('*', '')}**"
        return Draft(text=lead + text, marks=marks, kind=kind)


def _settled(behind: str, after: str, last: bool) -> None:
    """Raises ``_MoreToCome`` while what stands ``behind`` a unit may yet become one of its marks, or another of them."""
    if not last and (not after.strip() or _ONLY_MARKS.match(behind)):
        raise _MoreToCome


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers of all marks in ``text``, each once; of a range, all of them."""
    out: list[int] = []
    for mark in _MARKS.findall(text):
        for first, last in _NUMBERS.findall(mark.partition("†")[0]):
            out += range(int(first), min(int(last), int(first) + 20) + 1) if last else [int(first)]
    return tuple(dict.fromkeys(out))


def _unmarked(text: str) -> str:
    spans = [span.span() for span in SPAN.finditer(text)]
    return _MARKS.sub(lambda m: m.group() if any(a <= m.start(1) < b for a, b in spans) else "", text)
