"""The good or the bad side of a thing, where it is asked for and only the other side is written.

"RoPE 的缺点是什么?" shares its topic, and most of its words, with a section on RoPE's advantages; that section is no answer. What
the notes say of a thing in general may be one, but where nothing of it speaks of that side, the reader is told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.rerank import lacking, subjects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import Library
    from rag.types import Passage

_GOOD = re.compile(r"优点|优势|好处|长处|优缺点|优劣|\b(?:advantages?|benefits?|strengths?|pros)\b", re.IGNORECASE)
_BAD = re.compile(
    r"缺点|优缺点|优劣|劣势|不足|局限|弊端|缺陷|代价|弱点|坏处|短板|\b(?:disadvantages?|drawbacks?|limitations?|weakness(?:es)?|cons)\b",
    re.IGNORECASE,
)
_SPEAKS_WELL = re.compile(
    _GOOD.pattern
    + r"|更[快省少高好强稳小低易]|减少|节省|省[去掉了显内]|降低|提[高升]|改善|避免|缓解|解决|加快|加速|稳定|灵活|有效|"
    r"不(?:需要?|用|必|会|影响|依赖)|无需|便于|方便|易于|有利|受益|简单|接近|相当|"
    r"\b(?:faster|better|cheaper|smaller|fewer|less|avoids?|saves?|reduces?|improves?|stable|simple|no need)\b",
    re.IGNORECASE,
)
_SPEAKS_ILL = re.compile(
    _BAD.pattern + r"|但|却|然而|不过|可惜|问题|难以|很难|较难|困难|无法|不能|不[好够稳易利准]|[更较稍变]慢|更[差多高大贵]|"
    r"下降|变差|退化|损失|丢失|敏感|昂贵|开销|浪费|容易|风险|过拟合|失效|受限|不适合|"
    r"\b(?:but|however|cannot|can't|slow(?:er)?|worse|costs?|loss|problems?|fails?|harder?|unstable|sensitive|risk)\b",
    re.IGNORECASE,
)
"""What speaks of a side without naming it; wide, so that only what is silent on it is taken to be so."""


def unsaid(question: str, texts: Sequence[str]) -> str:
    """The side that the question asks for, as it names it, where none of ``texts`` speaks of it; empty otherwise."""
    good, bad = _GOOD.search(question), _BAD.search(question)
    if (good is None) == (bad is None):
        return ""
    asked, speaks = (good, _SPEAKS_WELL) if good else (bad, _SPEAKS_ILL)
    return "" if asked is None or any(speaks.search(text) for text in texts) else asked.group()


def other_side(question: str, passages: Sequence[Passage], library: Library) -> bool:
    """Whether the question asks for one side, the heading of the best passage announces the other, and no passage on the topic
    names the side that is asked for.
    """
    asked = [side for side in (_GOOD, _BAD) if side.search(question)]
    if len(asked) != 1 or not passages:
        return False
    wanted, other = asked[0], _BAD if asked[0] is _GOOD else _GOOD
    heading = "".join(passages[0].chunk.trail[-1:])
    if not other.search(heading):
        return False
    topic = subjects(question, library)
    return not any(
        wanted.search("\n".join((*passage.chunk.trail[-1:], passage.chunk.text)))
        for passage in passages
        if not lacking(passage, topic)
    )
