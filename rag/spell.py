"""Mend slips of the keyboard in a question's Latin words ("seq2sqe", "transfomer"), against the words that the notes use.

A word that stands nowhere in the notes, is five letters or longer and is one slip away (a letter more, less, other, or two
neighbours swapped: Damerau 1964) from words that do, becomes the most frequent of these. Digits are never touched: ChatGLM3
is no slip of ChatGLM2. A long word that a passage or two hold is mended too, where a word that many times as many hold is one
slip away, other than in its ending: "Tranformer" is a slip in the notes themselves.

A word with a capital may be a name that the notes lack: Mistral is no slip of Mixtral, AdamW of Adam, Llava of LLaMA. It is
mended where it is long, as names rarely are, or where a letter of it is missing or two are swapped; and only into a word that
stands in several passages.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.lexical import fold, has_chinese

if TYPE_CHECKING:
    from ingest.store import Library

SHORTEST, LONG = 5, 8
"""Letters from which a word is mended; from which one is that has a capital, or that the notes know."""
OFTEN = 5
"""Passages that hold the word that one with a capital becomes."""
SELDOM, TIMES = 2, 20
"""Passages that may hold a slip, and how many times as many hold the word that it is a slip of."""
_ENDING = 3
"""Letters at the end of a known word in which a difference makes another word, not a slip: transformed, transformer."""
_DIGITS = re.compile(r"\d")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]+")


def corrected(question: str, library: Library) -> str:
    """The question with its slips mended; everything else stays as it was typed."""
    foreign = not has_chinese(question)
    return _WORD.sub(lambda match: _mended(match.group(), library, foreign=foreign), question)


def _mended(word: str, library: Library, *, foreign: bool) -> str:
    """In a question all in Latin letters, ordinary words that Chinese notes lack are no slips: there only words with a
    digit are looked at, and long ones with a capital.
    """
    folded = fold(word)
    name, long = not word.islower(), len(folded) >= LONG
    if len(folded) < SHORTEST or (foreign and not (name and long) and not re.search(r"[0-9]", word)):
        return word
    if name and not long and not word.istitle():
        return word
    known = any(library.known([folded]))
    if known and not long:
        return word
    spelled = library.spelled(folded)
    least = max(TIMES * spelled.get(folded, 0) if known else 1, OFTEN if name else 1)
    if known and spelled.get(folded, 0) > SELDOM:
        return word
    digits = _DIGITS.findall(folded)
    near = {
        term: count
        for term, count in spelled.items()
        if count >= least
        and one_slip(folded, term)
        and _DIGITS.findall(term) == digits
        and not (known and _same_stem(folded, term))
        and not (name and not long and not _lost_or_swapped(folded, term))
    }
    if not near:
        return word
    best = max(near, key=lambda term: (near[term], term))
    return best.capitalize() if word.istitle() else best


def _same_stem(left: str, right: str) -> bool:
    """Whether two words differ in their endings alone."""
    return left[:-_ENDING] == right[: len(left) - _ENDING] or left[:-_ENDING] == right[:-_ENDING]


def _lost_or_swapped(word: str, term: str) -> bool:
    return len(word) < len(term) or sorted(word) == sorted(term)


def one_slip(left: str, right: str) -> bool:
    """Whether one insertion, deletion, substitution or swap of neighbours makes ``left`` into ``right``; not for equals."""
    if left == right or abs(len(left) - len(right)) > 1:
        return False
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    a, b = left[start:], right[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (len(a) > 1 and a[:2] == b[1::-1] and a[2:] == b[2:])
