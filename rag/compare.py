"""A comparison of two things of which the notes write in different places ("RoPE 和 ALiBi 有什么区别?") is read as two questions.

Where a section names both in its heading, or the best passage stands under a comparison and names both, that is the answer.
Else each thing is searched by itself, among sections whose heading names it, and what the notes write of each stands side by
side: no comparison is invented.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.lexical import bag, fold, has_chinese
from rag.rewrite import kind
from rag.terms import aliases

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag.rewrite import Query
    from rag.types import Passage

SEEN = 5
"""Passages among which a heading that names both is looked for."""
LONGEST_NAME = 30
"""Characters of a thing's name."""
_OPENS = re.compile(r"^(?:请问|请|麻烦|帮我)?(?:介绍|解释|讲讲|讲|说说|说|比较|对比|谈谈)?(?:一下)?(?=\S)")
_FORMS = (
    re.compile(
        r"(?P<a>[^,，。?？的]+?)\s*(?:和|与|跟|同|及|以及|vs\.?|相比于|相对于|相较于|相比|比起)\s*(?P<b>[^,，。?？的]+?)\s*"
        r"(?:之间|两者|二者|相比)?(?:在(?P<of>[^,，。?？]{2,12}?)(?:上|方面|中|里))?\s*的?(?:到底|究竟|主要)?"
        r"(?:有|是)?(?:什么|啥|哪些|何|哪里|怎样的?)?(?:主要|本质|根本)?的?(?:区别|不同|差异|差别|异同|不一样)(?:在哪里?|是什么|吗|呢)?\s*[?？。]*$",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?P<a>[A-Za-z][A-Za-z0-9.+-]*)\s*(?:和|与|跟|同|及|以及)\s*(?P<b>[A-Za-z][A-Za-z0-9.+-]*)\s*的?\s*"
        r"(?P<of>[\u3400-\u9fff]{2,8}?)?(?:是|都)?(?:一样|相同)(?:的?[吗么])?\s*[?？。]*$"
    ),
    re.compile(r"differences? between (?P<a>.+?) and (?P<b>.+?)(?: in terms of (?P<of>.+?))?\s*[?？.]*$", re.IGNORECASE),
    re.compile(r"^how (?:does|do|is|are) (?P<a>.+?) (?:differ|different) from (?P<b>.+?)\s*[?？.]*$", re.IGNORECASE),
    re.compile(r"^compare (?P<a>.+?) (?:and|with|to) (?P<b>.+?)\s*[?？.]*$", re.IGNORECASE),
    re.compile(r"^(?P<a>\S.*?)\s*(?:\bvs\b\.?|\bversus\b)\s*(?P<b>\S.*?)\s*[?？.]*$", re.IGNORECASE),
)


def compared(question: str) -> tuple[str, str, str] | None:
    """The two things that a question compares, and in what ("" for in everything); ``None`` where it compares no two."""
    question = unicodedata.normalize("NFKC", question)
    for form in _FORMS:
        if match := form.search(question):
            one, other = _OPENS.sub("", match["a"].strip(), count=1), match["b"].strip()
            one = re.sub(r"^(?:the|an?) ", "", one, flags=re.IGNORECASE)
            other = re.sub(r"^(?:the|an?) ", "", other, flags=re.IGNORECASE)
            of = (match.groupdict().get("of") or "").strip()
            if all(1 < len(name) <= LONGEST_NAME for name in (one, other)) and bag(one) != bag(other):
                return one, other, of
            return None
    return None


def side_by_side(
    query: Query, found: Sequence[Sequence[Passage]], look: Callable[[str], list[Passage]]
) -> tuple[Query, list[list[Passage]]] | None:
    """The question taken apart, and what ``look`` finds for each of its things; ``None`` where it compares no two things, a
    section that was ``found`` compares them, or one of them is no section's subject.
    """
    things = compared(query.text) if len(query.parts) == 1 else None
    if things is None:
        return None
    one, other, of = things
    first = found[0][:SEEN]
    if any(compares(each, one, other) for each in first[:1]) or any(
        _heads(passage, one) and _heads(passage, other) for passage in first
    ):
        return None
    form = "{} 是什么" if has_chinese(query.text) else "What is {}"
    parts = tuple(f"{name} {of}" if of else form.format(name) for name in (one, other))
    sides = [[each for each in look(part) if _heads(each, name)] for part, name in zip(parts, (one, other), strict=True)]
    return (replace(query, parts=parts), sides) if all(sides) else None


def compares(passage: Passage, one: str, other: str) -> bool:
    """Whether the passage stands under a comparison and names both."""
    heading, text = " ".join(passage.chunk.trail[-1:]), passage.chunk.text
    return kind(heading) == "comparison" and _names(text, one) and _names(text, other)


def _heads(passage: Passage, name: str) -> bool:
    return _names(" ".join(passage.chunk.trail[-1:]), name)


def _names(text: str, name: str) -> bool:
    """Whether the text has the name, or another name of the same thing."""
    words = bag(text)
    others = [other for known, names in aliases(fold(name)) if known == fold(name) for other in names]
    return any(bag(each) <= words for each in (name, *others))
