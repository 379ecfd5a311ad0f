"""The good or the bad side of a thing, where it is asked for and only the other side is written.

"RoPE 的缺点是什么?" shares its topic, and most of its words, with a section on RoPE's advantages; that section is no answer.
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
