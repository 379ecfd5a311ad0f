"""What each line of a text is: prose, list item, table row, formula or code, fenced or not.

Cleaning, sectioning and chunking all ask this one question, so that they agree: nothing inside code or a formula is
cleaned, taken for a heading or cut.

Decisions. Web pages saved as text lose the fences of their code, so runs of lines that look like code count as code:
two lines at least that can hardly be prose (an import, an assignment, a definition, ...), with the comments, closing
brackets and blank lines between them. Indentation alone says nothing (people indent answers under numbered questions).
A ``# line`` inside such a run is a comment; before it, a heading. A fence or formula that is never closed is prose.
Everything is one pass over the lines with look-ups of the next closing mark: linear in the length of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple


class Kind(IntEnum):
    """What a line is."""

    BLANK = 0
    PROSE = 1
    ITEM = 2
    TABLE = 3
    FORMULA = 4
    CODE = 5


class Line(NamedTuple):
    """One line: ``text[start:end]`` without its line break."""

    start: int
    end: int
    indent: int
    """Leading white space in columns; a tab counts four."""
    kind: Kind
    run: int
    """Lines of one table, formula or code block share this number; 0 for others."""
    text: str
    """The line without white space around it."""

    @property
    def protected(self) -> bool:
        """Code, formula or table: to be kept to the letter and in one piece."""
        return self.kind >= Kind.TABLE


ITEM = re.compile(r"(?:[-*+•·●○◦▪■□‣➢➤✓✔]|\d{1,3}[.、．)）](?!\d)|[(（]\d{1,3}[)）]|[①-⑳]|[a-zA-Z][.)])\s*(?=\S)")
"""The mark at the start of a list item."""

_FENCE = re.compile(r"(`{3,}|~{3,})(.*)")
_CJK = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff0c\uff1a\uff1b\uff01\uff1f]")
_QUOTED = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|#.*|(?:^|[;{})]\s*|\s{2,})//.*|\s//\s(?=.*[\u3400-\u9fff]).*")
_STRONG = re.compile(
    r"""(?:
    from\s[\w.]+\simport\b | import\s[\w.{},*\s]+(?:\bfrom\b.*)?;?$
    | (?:async\s)?def\s\w+\s?\( | class\s\w+\s?(?:\([^()]*\))?\s?[:{]
    | (?:const|let|var|int|float|double|char|bool|auto)\s\w+\s?=
    | @[A-Za-z_][\w.]*(?:\(.*\))?$ | return\b(?:\s[\w\[({'"\-].*)?$ | raise\s\w+ | assert[\s(] | with\s.+\sas\s\w+:$ | yield\s
    | (?:if|elif|while|for)\b.*[()=<>\[\].\w]:$ | (?:if|for|while|switch)\s?\(.*[{);]$ | (?:else|try|finally|except.*):$
    | [A-Za-z_][\w.]*(?:\[[^\]\n]*\])?(?:\s?,\s?[A-Za-z_][\w.]*)*(?:\s?:\s?[\w\[\], .]+)?\s?(?:[-+*/%|&@]|//|\*\*)?=(?!=)\s?[^\s=]
    | [A-Za-z_]\w*(?:\.\w+)*\(.*\);?$ | [}\])]+[;,]$ | \#include\b | \#!/ | >>>\s | \$\s[a-z] | In\s\[\d*\]: | "[\w-]+"\s?:\s
    | </?[a-zA-Z][\w-]*(?:\s[^<>]*)?>
    | (?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP)\s[\w*`"(]
    | (?:pip3?|conda|git|docker|sudo|npm|yarn|brew|curl|wget|apt-get|kubectl|ollama|cargo|python3?)\s[a-z./-]
    )""",
    re.VERBOSE | re.ASCII,
)
_WEAK = re.compile(
    r"#|//|/\*|\*/|--\s|[)\]}]|(?:pass|break|continue|end|else|\.\.\.|\"\"\"|''')$|\"\"\"|'''|[\w.]+\s?=|[\w.]+\(|\.\w+\(",
    re.ASCII,
)
_STATEMENT = re.compile(r"\w\(|=|->|::|\+\+|^\w+(?:\s\w+)?;$|^[\w.#\s]+\{$", re.ASCII)
"""What a line that ends in ``;`` or ``{`` needs to be code rather than prose."""
_OPEN = str.maketrans("", "", "".join(chr(c) for c in range(128) if chr(c) not in "([{)]}"))
_LONGEST = 1000
"""A longer line is no code that a person wrote."""


def code_strength(text: str) -> int:
    """How sure it is that the stripped line is code: 0 no, 1 only beside other code, 2 yes."""
    if not text or len(text) > _LONGEST:
        return 0
    if text[0] > "\x7f" or text[0].isdigit():
        return 0
    if _STRONG.match(text) or (text[-1] in ";{" and _STATEMENT.search(text)):
        bare = _QUOTED.sub("", text)
        if not _CJK.search(bare) and not (text[-1] in ".!?" and " " in bare and "=" not in bare and "(" not in bare):
            return 2
    if _WEAK.match(text):
        return 1
    return 0


@lru_cache(maxsize=2)
def read(text: str) -> tuple[Line, ...]:
    """The lines of ``text``, in order; a final line break opens no further line. Linear in the length of the text.

    Sectioning and chunking read the same text one after the other, so the last answers are kept.
    """
    raw: list[tuple[int, int, int, str]] = []
    position = 0
    pieces = text.split("\n")
    if pieces and not pieces[-1]:
        pieces.pop()
    for piece in pieces:
        stripped = piece.strip()
        indent = 0
        if stripped and piece[0] in " \t\u3000\xa0":
            lead = piece[: len(piece) - len(piece.lstrip())]
            indent = len(lead) + 3 * lead.count("\t") + lead.count("\u3000")
        raw.append((position, position + len(piece), indent, stripped))
        position += len(piece) + 1
    texts = [item[3] for item in raw]
    kinds = [Kind.PROSE if item else Kind.BLANK for item in texts]
    runs = [0] * len(texts)
    if "```" in text or "~~~" in text:
        _mark(_fences(texts), Kind.CODE, kinds, runs)
    if "$" in text or "\\" in text:
        _mark(_formulas(texts, kinds), Kind.FORMULA, kinds, runs)
    if "|" in text or "\t" in text:
        _mark(_tables(texts, kinds), Kind.TABLE, kinds, runs)
    _mark(_code(texts, [item[2] for item in raw], kinds), Kind.CODE, kinds, runs)
    match = ITEM.match
    prose = Kind.PROSE
    for i, item in enumerate(texts):
        if kinds[i] is prose and (item[0].isdigit() or not item[0].isalnum() or item[1:2] in ".)") and match(item):
            kinds[i] = Kind.ITEM
    return tuple([Line(s, e, n, k, r, t) for (s, e, n, t), k, r in zip(raw, kinds, runs, strict=True)])


def _mark(spans: list[tuple[int, int]], kind: Kind, kinds: list[Kind], runs: list[int]) -> None:
    number = max(runs, default=0)
    for first, last in spans:
        number += 1
        for i in range(first, last + 1):
            kinds[i] = kind
            runs[i] = number


def _fences(texts: list[str]) -> list[tuple[int, int]]:
    spans = []
    opened = -1
    mark = ""
    for i, item in enumerate(texts):
        if not item or item[0] not in "`~":
            continue
        match = _FENCE.match(item)
        if match is None:
            continue
        if opened < 0:
            if "`" not in match[2]:
                opened, mark = i, match[1]
        elif match[1][0] == mark[0] and len(match[1]) >= len(mark) and not match[2].strip():
            spans.append((opened, i))
            opened = -1
    return spans


def _formulas(texts: list[str], kinds: list[Kind]) -> list[tuple[int, int]]:
    r"""Formulas over several lines: ``$$``, ``\[``, ``\begin`` and a ``$`` that its line does not close."""
    interesting = [i for i, item in enumerate(texts) if kinds[i] is Kind.PROSE and ("$" in item or "\\" in item)]
    closers: dict[str, list[int]] = {"$$": [], "\\]": [], "\\end{": [], "$": []}
    for i in interesting:
        item = texts[i]
        odd = _odd_dollars(item)
        if odd:
            closers[odd].append(i)
        for key in ("\\]", "\\end{"):
            if key in item:
                closers[key].append(i)
    spans: list[tuple[int, int]] = []
    done = -1
    for i in interesting:
        item = texts[i]
        if i <= done:
            continue
        if (item.startswith("$$") and item.endswith("$$") and len(item) > 3) or (item[:2] == "\\[" and item[-2:] == "\\]"):
            spans.append((i, i))
            continue
        key = _opened(item)
        at = bisect_right(closers[key], i) if key else 0
        if not key or at == len(closers[key]):
            continue
        last = closers[key][at]
        if last - i <= _LONGEST_FORMULA and not (key == "$" and any(not texts[j] for j in range(i, last))):
            spans.append((i, last))
            done = last
    return spans


_LONGEST_FORMULA = 60
"""Lines of the longest formula; a mark that closes later belongs to something else."""


def _odd_dollars(text: str) -> str:
    """``$$`` or ``$`` if the line holds an odd number of it; else nothing."""
    doubles = text.count("$$")
    if doubles % 2:
        return "$$"
    return "$" if (text.count("$") - 2 * doubles) % 2 else ""


def _opened(text: str) -> str:
    """The mark that closes the formula which the line opens and does not close; empty if it opens none."""
    if text.startswith("\\[") and "\\]" not in text:
        return "\\]"
    if text.startswith("\\begin{") and "\\end{" not in text:
        return "\\end{"
    odd = _odd_dollars(text)
    return odd if odd == "$$" or text[0] == "$" else ""


def _tables(texts: list[str], kinds: list[Kind]) -> list[tuple[int, int]]:
    spans = []
    i = 0
    count = len(texts)
    while i < count:
        if kinds[i] is not Kind.PROSE or ("|" not in texts[i] and "\t" not in texts[i]):
            i += 1
            continue
        j = i
        if "|" in texts[i]:
            while j + 1 < count and kinds[j + 1] is Kind.PROSE and "|" in texts[j + 1]:
                j += 1
            ruled = any(_is_rule(texts[k]) for k in range(i, j + 1))
            if j > i and (ruled or all(texts[k][0] == "|" for k in range(i, j + 1))):
                spans.append((i, j))
        else:
            tabs = texts[i].count("\t")
            while j + 1 < count and kinds[j + 1] is Kind.PROSE and texts[j + 1].count("\t") == tabs:
                j += 1
            if j > i:
                spans.append((i, j))
        i = j + 1
    return spans


def _is_rule(text: str) -> bool:
    return "-" in text and "|" in text and not text.strip("|-: ")


def _code(texts: list[str], indents: list[int], kinds: list[Kind]) -> list[tuple[int, int]]:
    """Runs of unfenced lines that look like code."""
    prose = Kind.PROSE
    strength = [code_strength(item) if kind is prose and item[0] < "\x7f" else 0 for item, kind in zip(texts, kinds, strict=True)]
    if 2 not in strength:
        return []
    spans: list[tuple[int, int]] = []
    i = 0
    while i < len(texts):
        if strength[i] < 2:
            i += 1
            continue
        first = i
        while first > 0 and strength[first - 1] == 1 and not _could_be_heading(texts[first - 1], indents[first - 1]):
            first -= 1
        if spans:
            first = max(first, spans[-1][1] + 1)
        last, strong, total = _extent(texts, indents, kinds, strength, i)
        if strong >= 2 or (strong and total >= 3):
            spans.append((first, last))
        i = last + 1
    return spans


def _extent(texts: list[str], indents: list[int], kinds: list[Kind], strength: list[int], first: int) -> tuple[int, int, int]:
    """How far the code goes that begins at ``first``: its last line, how many lines are surely code, how many there are."""
    last = first
    strong = total = depth = 0
    quoting = False
    for j in range(first, len(texts)):
        item = texts[j]
        if not item:
            continue
        inside = quoting or depth > 0
        if kinds[j] is not Kind.PROSE or not _goes_on(
            texts, indents, strength, first, j, gap=j - last > 1, inside=inside, quoting=quoting
        ):
            break
        if (item.count('"""') + item.count("'''")) % 2:
            quoting = not quoting
        if strength[j] or depth > 0:
            marks = _QUOTED.sub("", item).translate(_OPEN)
            depth = max(depth + sum(1 if mark in "([{" else -1 for mark in marks), 0)
        strong += strength[j] == 2
        total += 1
        last = j
    return last, strong, total


def _goes_on(
    texts: list[str], indents: list[int], strength: list[int], first: int, j: int, *, gap: bool, inside: bool, quoting: bool
) -> bool:
    """Line ``j`` belongs to the code that began at ``first``. ``inside``: brackets or a string are open."""
    item, level = texts[j], strength[j]
    if item.startswith("##") and _could_be_heading(item, indents[j]):
        return False
    if gap and not inside:
        beside = j + 1 < len(texts) and strength[j + 1] == 2
        return level == 2 or (level == 1 and (beside or indents[j] > 0))
    if level or quoting:
        return True
    if inside:
        return not _CJK.search(_QUOTED.sub("", item))
    return indents[j] > indents[first] and not _CJK.search(item)


def _could_be_heading(text: str, indent: int) -> bool:
    return indent == 0 and text[0] == "#" and text.lstrip("#")[:1] == " "
