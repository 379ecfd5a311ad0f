"""Whether an answer says what it should: key facts, token F1 against a reference, the right section cited."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from ingest.lexical import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")


def key_facts(answer: str, groups: Sequence[Sequence[str]]) -> float | None:
    """Share of the groups of which a string stands in the answer; ``None`` where there are no groups."""
    missing = missing_facts(answer, groups)
    return 1 - len(missing) / len(groups) if groups else None


def missing_facts(answer: str, groups: Sequence[Sequence[str]]) -> list[str]:
    """The first string of each group of which the answer holds none, compared as :func:`plain` text."""
    text = plain(answer)
    return [group[0] for group in groups if group and not any(plain(fact) in text for fact in group)]


def plain(text: str) -> str:
    """NFKC, lower case, no white space."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def token_f1(answer: str, reference: str) -> float:
    """Harmonic mean of precision and recall of the tokens that both hold, as often as both do (Rajpurkar et al., SQuAD, 2016).

    Chinese characters are tokens by themselves, as in CMRC 2018 (Cui et al. 2019); case, width and Traditional forms fold.
    """
    ours, theirs = (_TOKEN.findall(fold(text)) for text in (answer, reference))
    if not ours or not theirs:
        return float(ours == theirs)
    common = (Counter(ours) & Counter(theirs)).total()
    return 2 * common / (len(ours) + len(theirs))


def cites_every(sections: frozenset[str], groups: Sequence[frozenset[str]]) -> bool:
    """Whether one section of every gold group is cited."""
    return all(sections & group for group in groups)
