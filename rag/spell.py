"""Mend slips of the keyboard in a question's Latin words ("seq2sqe", "transfomer"), against the words that the notes use.

A word that stands nowhere in the notes, is five letters or longer and is one slip away (a letter more, less, other, or two
neighbours swapped: Damerau 1964) from words that do, becomes the most frequent of these. Words that the notes know are never
touched, nor are digits: ChatGLM3 is no slip of ChatGLM2.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.lexical import fold, has_chinese

if TYPE_CHECKING:
    from ingest.store import Library

SHORTEST = 5
_DIGITS = re.compile(r"\d")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]+")


def corrected(question: str, library: Library) -> str:
    """The question with its slips mended; everything else stays as it was typed."""
    foreign = not has_chinese(question)
    return _WORD.sub(lambda match: _mended(match.group(), library, foreign=foreign), question)


def _mended(word: str, library: Library, *, foreign: bool) -> str:
    """Only words in small letters are mended: what is written with a capital is a name, and Llava is no slip of LLaMA. In a
    question all in Latin letters, ordinary words that Chinese notes lack are no slips: there only words with a
    digit or an inner capital are looked at.
    """
    folded = fold(word)
    digits = _DIGITS.findall(folded)
    if (
        not word.islower()
        or len(folded) < SHORTEST
        or (foreign and not re.search(r"[0-9]|(?<=.)[A-Z]", word))
        or any(library.known([folded]))
    ):
        return word
    near = {
        term: count
        for term, count in library.spelled(folded).items()
        if one_slip(folded, term) and _DIGITS.findall(term) == digits
    }
    return max(near, key=lambda term: (near[term], term)) if near else word


def one_slip(left: str, right: str) -> bool:
    """Whether one insertion, deletion, substitution or swap of neighbours makes ``left`` into ``right``; not for equals."""
    if left == right or abs(len(left) - len(right)) > 1:
        return False
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    a, b = left[start:], right[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (len(a) > 1 and a[:2] == b[1::-1] and a[2:] == b[2:])
