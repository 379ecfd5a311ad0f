"""A question what a thing is ("RoPE 是什么?") is answered where the notes say so, not where they only use it.

A definition is known by its form: a sentence, or a heading's first line, that begins with the thing's name and goes on with "是",
"指", "is a" and the like, an abbreviation in brackets between the two allowed.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.lexical import fold
from rag.terms import aliases

_NAME = r"(?P<name>[^,，。?？的]{1,24}?)"
_ASKS = (
    re.compile(rf"^(?:请问)?(?:到底|究竟)?(?:什么是|什么叫|何为|啥是|解释一下|介绍一下)\s*{_NAME}\s*[?？。]*$"),
    re.compile(rf"^(?:请问)?{_NAME}\s*(?:到底|究竟)?(?:是什么(?:东西|意思)?|是啥(?:意思)?|是?指什么|什么意思)\s*[?？。]*$"),
    re.compile(
        r"^(?:what(?:'s| is| are| does)|define|explain)\s+(?:an? |the )?(?P<name>(?!.* (?:between|of|for) )[^,.?]{1,40}?)"
        r"(?:\s+mean)?\s*[?.]*$"
    ),
)
_BEGINS = r"(?:^|[。！？；\n]|[.!?;]\s)\s*(?:[-*•#>]+\s*|\d{1,2}[.、)]\s*)*(?:所谓|an?\s|the\s)?[\"“*`]*"
_BETWEEN = r"[\"”*`]*\s*(?:[(（][^()（）\n]{1,80}[)）])?[\"”*`]*\s*"
_NO_DEFINITION = "否|不是|怎|如何|什么|通过|由于|因为|为了"
_SAYS = (
    rf"(?:[,，]?\s*(?:就|也|即|又|其实|本质上)?(?:是(?!{_NO_DEFINITION})|指|叫做?|为(?=一)|即)"
    r"|(?:is|are|means?|refers? to|stands? for)\b)"
)


def thing_asked(question: str) -> str:
    """The thing of which a question asks what it is, folded; empty for other questions."""
    text = fold(" ".join(question.split()))
    return next((match["name"].strip() for form in _ASKS if (match := form.match(text))), "")


def defines(text: str, name: str) -> bool:
    """Whether a sentence of ``text`` says what ``name`` is, by one of its names."""
    return bool(_definition(name).search(_folded(text)))


_folded = lru_cache(maxsize=4096)(fold)


@lru_cache(maxsize=256)
def _definition(name: str) -> re.Pattern[str]:
    names = [name, *(fold(other) for known, others in aliases(name) if known == name for other in others)]
    among = "|".join(re.escape(each) for each in sorted(set(names), key=len, reverse=True))
    return re.compile(rf"{_BEGINS}(?:{among})(?![a-z0-9]){_BETWEEN}{_SAYS}")
