"""Find where two notes contradict each other on what was asked: the same said of the same thing, with another number, the other
way round, denied, or with the opposite word.

Precise rather than complete. Two sentences conflict when they speak of the question (they share its weighty words), say nearly
the same of the same thing (each has most of its words in the other), and one fault of a kind that contradicts stands between
them in both directions. Sentences of one passage are not compared: a note that gives two cases gives two numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.claims import claims_nothing, sentences
from rag.evidence import NEAR, align, evidence
from rag.faults import find
from rag.reasons import CONTRADICTS, conflict_reason, weightiest
from rag.words import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.fault import Fault
    from rag.words import Text

ALIKE = 0.65
"""Share of each sentence's weighty words that stands in the other."""
ASKED = 0.4
"""Share of the question's weighty words that a sentence has."""
SURE = 0.6
"""How surely they contradict, in both directions."""
LONGEST = 240
"""Characters of a sentence that is compared; what is longer says too much at once."""
MOST = 40
"""Sentences that speak of the question and are compared in pairs."""
_REFERENCE = re.compile(r"^\W*(?:参考|引用|出处|来源|references?\b|see also\b)|arxiv|\bdoi\b|\bet al\b|https?://", re.IGNORECASE)
_NUMBERED = re.compile(r"(?<![\w.])[A-Za-z]+-?\d+(?:\.\d+)?[A-Za-z]*")
"""A name with a number, as it stands: GPT-2, LLaMA3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A sentence of a passage: ``passages[passage][start:end] == text``."""

    passage: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two sentences of different passages that contradict each other, and the reason in the question's language."""

    left: Place
    right: Place
    kind: str
    reason: str


def conflicts(question: str, passages: Sequence[str]) -> list[Conflict]:
    """The contradictions between ``passages`` on what ``question`` asks, the surest first; each sentence in one at most."""
    places: list[Place] = []
    for number, passage in enumerate(passages):
        spans = _sentences(passage)
        asked = _asked(question, [passage[start:end] for start, end in spans])
        places += [
            Place(passage=number, start=start, end=end, text=passage[start:end])
            for (start, end), yes in zip(spans, asked, strict=True)
            if yes
        ]
    del places[MOST:]
    found: list[tuple[float, Conflict]] = []
    for number, left in enumerate(places):
        for right in places[number + 1 :]:
            if left.passage != right.passage and (fault := _between(left.text, right.text)) is not None:
                said = conflict_reason(question, fault)
                found.append((fault.strength, Conflict(left=left, right=right, kind=fault.kind, reason=said)))
    found.sort(key=lambda item: (-item[0], item[1].left.passage, item[1].left.start, item[1].right.passage, item[1].right.start))
    out: list[Conflict] = []
    taken: set[Place] = set()
    for _, conflict in found:
        if not {conflict.left, conflict.right} & taken:
            taken |= {conflict.left, conflict.right}
            out.append(conflict)
    return out


@lru_cache(maxsize=512)
def _sentences(passage: str) -> tuple[tuple[int, int], ...]:
    """Where the sentences stand that can contradict something; kept, as the same passages come up for many questions."""
    out, position = [], 0
    for sentence in sentences(passage):
        start = passage.find(sentence, position)
        if start < 0 or len(sentence) > LONGEST or claims_nothing(sentence) or _REFERENCE.search(sentence):
            continue
        position = start + len(sentence)
        out.append((start, position))
    return tuple(out)


def _asked(question: str, said: Sequence[str]) -> list[bool]:
    """Which of the sentences speak of the question; as many are aligned with it at a time as an alignment looks at."""
    if len(said) > NEAR:
        return [yes for first in range(0, len(said), NEAR) for yes in _asked(question, said[first : first + NEAR])]
    passages = evidence(tuple(said))
    if len(said) > 1 and passages.passage != list(range(len(said))):  # one that falls apart once more
        return [yes for sentence in said for yes in _asked(question, [sentence])]
    alignment = align(question, passages)
    if alignment is None or not float(alignment.weights.sum()) > 0:
        return [False] * len(said)
    clauses = [alignment.matrix[:, alignment.owner == place] for place in range(len(alignment.texts))]
    if len(said) == 1:
        clauses = [alignment.matrix]
    total = float(alignment.weights.sum())
    return [float(alignment.weights @ each.max(axis=1)) / total >= ASKED for each in clauses]


def _between(left: str, right: str) -> Fault | None:
    """The fault by which ``left`` contradicts ``right`` and ``right`` ``left``."""
    if not _comparable(parse(left), parse(right)):
        return None
    ways = []
    for claim, other in ((left, right), (right, left)):
        passages = evidence((other,))
        alignment = align(claim, passages)
        if alignment is None or not len(alignment.weights) or len(parse(claim).words) < 2:
            return None
        alike = float(alignment.weights @ alignment.exact.max(axis=1)) / float(alignment.weights.sum())
        if alike < ALIKE:
            return None
        faults = [fault for fault in find(alignment, passages) if fault.kind in CONTRADICTS and fault.strength >= SURE]
        if not faults:
            return None
        ways.append(faults)
    shared = {fault.kind for fault in ways[1]}
    return weightiest([fault for fault in ways[0] if fault.kind in shared])


def _comparable(left: Text, right: Text) -> bool:
    """Whether both name the same things, and differ in one number of one unit, or in none."""
    if _numbered(left.raw) != _numbered(right.raw):
        return False
    for text, against in ((left, right), (right, left)):
        if any(word.name and word.key not in against.folded for word in text.words):
            return False
    ours, theirs = (
        [one for one in text.quantities if not any(one.same(other) for other in against.quantities)]
        for text, against in ((left, right), (right, left))
    )
    if not ours and not theirs:
        return True
    if len(ours) != 1 or len(theirs) != 1:
        return False
    return ours[0].dimension == theirs[0].dimension and ours[0].counts == theirs[0].counts


@lru_cache(maxsize=2048)
def _numbered(text: str) -> frozenset[str]:
    return frozenset(_NUMBERED.findall(text))
