"""A clause that is the evidence's word for word but for one thing: what was put in its place, or taken out, was changed.

Who renders a text freely changes many words; who leaves all others standing and changes one says something else. Synonyms, other
spellings of a number, pronouns and conjunctions are no change.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

from rag.fault import Fault
from rag.words import embed, says_little, stem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.evidence import Alignment
    from rag.words import Text

LEAST = 0.75
"""Share of a clause that stands in the evidence's in the same order, from which on it counts as the same but for something."""
SHORTEST = {True: 6, False: 5}
"""Characters (Chinese) or words of a clause that is looked at."""
LONGEST = 6
"""Characters or words of what was changed."""
ALIKE = 0.55
"""Cosine from which on two expressions say the same."""
_UNIT = re.compile(r"[a-z][a-z0-9'+#-]*|\d+(?:[.,:/]\d+)*%?|[\u3400-\u9fff]")
_NOT = re.compile(r"[不没未无非别勿]|not|never|no|cannot|without|[a-z]+n't")
_SOME = re.compile(r"可能|或许|也许|部分|有些|有时|一些|may|might|could|some|sometimes|partly|possibly")


class Unit(NamedTuple):
    """A word, number or Chinese character of a text with its place there."""

    text: str
    start: int
    end: int


def edited(alignment: Alignment) -> Iterator[Fault]:
    """The one thing in which a clause of the claim differs from the clause of the evidence that is nearly the same."""
    claim = alignment.claim
    theirs = [(text, units, Counter(unit.text for unit in units)) for text in alignment.texts for units in _clauses(text)]
    for ours in _clauses(claim):
        chinese = any(not unit.text.isascii() for unit in ours)
        if len(ours) < SHORTEST[chinese]:
            continue
        bag = Counter(unit.text for unit in ours)
        best: Fault | None = None
        for text, units, there in theirs:
            if (bag & there).total() < LEAST * len(ours):
                continue
            share, changes = _changes(ours, units, claim, text)
            if share < LEAST or len(changes) > 1:
                continue
            if not changes:  # said so elsewhere, or changed in nothing that matters
                break
            if best is None or share > best.strength:
                said, found = changes[0]
                best = Fault("edited", share, said, found)
                if _NOT.fullmatch(said or found):
                    best = Fault("negation", share, _clause(ours, claim), _clause(units, text))
        else:
            if best is not None:
                yield best


def _clause(units: Sequence[Unit], text: Text) -> str:
    return text.folded[units[0].start : units[-1].end]


def _clauses(text: Text) -> list[list[Unit]]:
    out: list[list[Unit]] = [[] for _ in text.starts]
    for match in _UNIT.finditer(text.folded):
        out[bisect_right(text.starts, match.start()) - 1].append(Unit(match.group(), *match.span()))
    return out


def _changes(ours: Sequence[Unit], theirs: Sequence[Unit], claim: Text, text: Text) -> tuple[float, list[tuple[str, str]]]:
    """Share of ``ours`` that stands in ``theirs`` in the same order, and what was said for what."""
    matcher = SequenceMatcher(None, [unit.text for unit in ours], [unit.text for unit in theirs], autojunk=False)
    same, changes = 0, []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            same += b - a
            continue
        if kind == "replace" and max(b - a, d - c) > LONGEST:
            return 0.0, []
        mine, yours = _span(ours[a:b], claim), _span(theirs[c:d], text)
        said, there = claim.folded[slice(*mine)], text.folded[slice(*yours)]
        if kind == "replace":
            if not _says_the_same(said, there) and not _same_number(mine, claim, yours, text):
                changes.append((said, there))
        elif _NOT.fullmatch(said or there) or _SOME.fullmatch(there):
            changes.append((said, there))
    return same / len(ours), changes


def _span(units: Sequence[Unit], text: Text) -> tuple[int, int]:
    """Where ``units`` stand, with the rest of the words that they are a part of."""
    if not units:
        return 0, 0
    start, end = units[0].start, units[-1].end
    words = [word for word in text.words if word.start < end and start < word.end]
    return min([start, *(word.start for word in words)]), max([end, *(word.end for word in words)])


def _says_the_same(said: str, there: str) -> bool:
    if says_little(said) or says_little(there) or stem(said) == stem(there):
        return True
    vectors = embed([said, there])
    return float(vectors[0] @ vectors[1]) >= ALIKE


def _same_number(mine: tuple[int, int], claim: Text, yours: tuple[int, int], text: Text) -> bool:
    return any(
        one.same(other)
        for one in claim.quantities
        if one.start < mine[1] and mine[0] < one.end
        for other in text.quantities
        if other.start < yours[1] and yours[0] < other.end
    )
