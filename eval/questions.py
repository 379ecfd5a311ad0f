"""Questions out of headings, by rule: what a reader of the notes would ask to find that section again.

Each heading gives the question that it is ("heading"); the same in another form, a question as the words that one would type
("keywords"), a plain heading as one would ask for it ("spoken"); and, where the glossary knows another name of a thing in it, the
question with that name ("alias"). A heading that says only which side of a thing it is about ("优点", "公式") is asked together
with the heading above it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.lexical import fold, has_chinese
from rag.terms import ASPECTS, aliases

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBER = re.compile(
    r"^\s*(?:第?\s*[\d一二三四五六七八九十百]+\s*[章节篇]\s*|(?:\d+[.、)．])+\d*\s*|[（(]\s*[\d一二三四五六七八九十]+\s*[)）]\s*|"
    r"[一二三四五六七八九十]+、\s*|[Qq]\d*[:：.、]\s*)+"
)
_MARKS = re.compile(r"[*_`#]+")
_ASKING = re.compile(
    r"请问|请|(?:简述|简单|介绍|解释|说明|讲|谈|写|描述)(?:一?下|述|说)?|什么是|是什么|有什么|有哪些|哪些|为什么要?|为何|如何|怎么样?|怎样|"
    r"是怎么|多少|什么|哪个|吗|呢|[?？]|\b(?:what (?:is|are)|what|how (?:do|does|to|is|are)|how|why (?:do|does|is|are)|why|"
    r"which|when|please|explain|describe)\b",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"[?？]\s*$|什么|为何|如何|怎么|怎样|哪些|吗|多少|\b(?:what|how|why|which|when|is|are|does|do|can)\b", re.IGNORECASE
)
SHORT = 4
"""Characters up to which a Chinese heading is taken for a side of the heading above it."""


def questions(trail: Sequence[str]) -> dict[str, str]:
    """The questions of a section with these headings (from the top down), by form; none for a heading without words."""
    heading = _clean(trail[-1]) if trail else ""
    if not heading:
        return {}
    if len(trail) > 1 and _is_side(heading):
        above = _clean(trail[-2])
        heading = f"{above}的{heading}" if has_chinese(above + heading) else f"{heading} of {above}"
    found = {"heading": heading if _ASKED.search(heading) else _asked(heading)}
    keywords = " ".join(re.sub(r"[，。；、,;：:]+", " ", _ASKING.sub(" ", heading)).split())
    if len(keywords) > 1 and _ASKED.search(heading):
        found["keywords"] = keywords
    elif len(keywords) > 1:
        found["spoken"] = f"讲一下{keywords}" if has_chinese(keywords) else f"tell me about {keywords}"
    folded = fold(heading)
    for name, others in aliases(folded):
        other = next((other for other in others if has_chinese(other) == has_chinese(name)), others[0])
        found["alias"] = " ".join(folded.replace(name, f" {other} " if other.isascii() else other, 1).split())
        break
    return {form: text for form, text in found.items() if form == "heading" or text != found["heading"]}


def _clean(heading: str) -> str:
    return " ".join(_MARKS.sub(" ", _NUMBER.sub("", heading)).split())


def _is_side(heading: str) -> bool:
    bare = re.sub(r"[?？:：\s]", "", _ASKING.sub("", heading))
    return bare in ASPECTS or (has_chinese(bare) and len(bare) <= SHORT and bare.isalpha() and not re.search(r"[A-Za-z]", bare))


def _asked(heading: str) -> str:
    return f"{heading}是什么？" if has_chinese(heading) else f"What is {heading}?"
