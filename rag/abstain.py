"""When to say "your notes don't say", and why.

Confidence is a logistic model of what is seen on the way to an answer: the score of the best passage, its cosine, its lead
over the fourth, how much of the question's subject it lacks, how much the question says at all (many rare words are harder
to match), whether it names something that stands nowhere in the notes, and whether it is in another language, whose scores
lie lower. More features did not help in cross-validation. The weights are fitted by ``python -m eval.calibrate`` on
questions with and without an answer, over several sets of notes, and copied here by hand: eight numbers need no file.

A heading without a body is a hole that the writer left. When the question fits such a heading better than anything that is
written, the answer is that heading, not the nearest thing that happens to be written.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.lexical import fold, has_chinese, tokens
from rag.rerank import lacking, subjects
from rag.retrieve import fused, query_terms, reach, share
from rag.terms import aliases, latin_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ingest.store import Library
    from ingest.types import Section
    from rag.rewrite import Query
    from rag.types import Passage, Reason

INTERCEPT = -7.4
WEIGHTS = (4.4, 3.5, 3.0, -1.8, 0.9, -1.5, 1.1)
"""Fitted weights of the confidence, for the values of :func:`features`."""
THRESHOLD = 0.46
"""Below this confidence the answer abstains."""
BLANK_LEAD = 0.03
"""How much better than the best passage a question must fit a blank heading."""
BLANK_FIT, BLANK_FIT_FOREIGN = 0.35, 0.2
"""The least fit of a blank heading, and that for a question without Chinese."""
BLANK_SUBJECT = 0.1
"""What a blank heading gains when it names the question's subject, and the heading of what was found does not."""
OFF_TOPIC = 0.22
"""Below this cosine of the best passage the question is about something else altogether."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether to answer. ``reason`` is ``None`` for yes; ``blank`` is the heading that fits where the reason is "blank"."""

    confidence: float
    reason: Reason | None
    blank: Section | None
    answerable: tuple[bool, ...]
    """For each part of the question whether the notes answer it."""


def judge(query: Query, found: Sequence[Sequence[Passage]], library: Library) -> Judgement:
    """Weigh what was found. A question of several parts is answered where any of them can be; no passages at all is
    "absent" with confidence 0.
    """
    each = [
        probability(features(part, passages, library)) if passages else 0.0
        for part, passages in zip(query.parts, found, strict=True)
    ]
    confidence = max(each, default=0.0)
    answerable = tuple(chance >= THRESHOLD for chance in each)
    score = max((passages[0].score for passages in found if passages), default=0.0)
    fit, blank = _best_blank(query, found, library)
    least = BLANK_FIT if has_chinese(query.text) else BLANK_FIT_FOREIGN
    if blank is not None and fit > max(least, score + (BLANK_LEAD if confidence >= THRESHOLD else -BLANK_LEAD)):
        return Judgement(confidence=confidence, reason="blank", blank=blank, answerable=answerable)
    if any(answerable):
        return Judgement(confidence=confidence, reason=None, blank=None, answerable=answerable)
    vectors = library.embedder.encode([query.text, *(passages[0].chunk.embedded_text() for passages in found if passages)])
    near = max((vectors[1:] @ vectors[0]).tolist(), default=0.0)
    return Judgement(
        confidence=confidence, reason="absent" if near >= OFF_TOPIC else "off-topic", blank=None, answerable=answerable
    )


def features(question: str, passages: Sequence[Passage], library: Library) -> tuple[float, ...]:
    """Of one part of a question: score of the best passage, its cosine, its lead over the fourth, what it lacks of the
    subject (0..1); logarithm of the question's IDF; 1 when an unknown name is asked for; 1 for a question without Chinese.
    """
    if not passages:
        return (0.0,) * len(WEIGHTS)
    score = passages[0].score
    vectors = library.embedder.encode([question, passages[0].chunk.embedded_text()])
    return (
        score,
        float(vectors[0] @ vectors[1]),
        score - passages[3].score if len(passages) > 3 else 0.0,
        lacking(passages[0], subjects(question, library)),
        math.log1p(reach(query_terms(question), library)),
        float(bool(unknown_names(question, library))),
        float(not has_chinese(question)),
    )


def probability(values: Sequence[float]) -> float:
    """The confidence, 0..1, of :func:`features`."""
    return 1 / (1 + math.exp(-(INTERCEPT + sum(weight * value for weight, value in zip(WEIGHTS, values, strict=True)))))


def unknown_names(question: str, library: Library) -> list[str]:
    """Names in the question, written with a capital, that stand nowhere in the notes, by none of their names ("Mamba")."""
    missing = []
    for word in latin_names(question):
        if word.islower():
            continue
        names = (word, *(other for _, others in aliases(fold(word)) for other in others))
        if not any(all(library.known(parts)) for parts in map(tokens, names) if parts):
            missing.append(word)
    return missing


def _best_blank(query: Query, found: Sequence[Sequence[Passage]], library: Library) -> tuple[float, Section | None]:
    """The blank heading that fits the question best, and how well, on the scale of a passage's score."""
    blanks = library.blank_sections()
    if not blanks:
        return 0.0, None
    headings = [_hole(section, library) for section in blanks]
    vectors: NDArray[np.float32] = library.embedder.encode([query.text, *headings])
    asked = query_terms(query.text)
    written = [set(tokens(" ".join(passages[0].chunk.trail))) for passages in found if passages]
    subject = [name for names, _ in subjects(query.text, library) for name in names[:1]]
    named = any(name <= headed for name in subject for headed in written)
    best: tuple[float, Section | None] = (0.0, None)
    for section, heading, cosine in zip(blanks, headings, (vectors[1:] @ vectors[0]).tolist(), strict=True):
        words = set(tokens(heading))
        if any(words <= headed for headed in written):
            continue
        covered = share(asked, words, library)
        fit = fused(cosine, covered, query.text)
        if not named and any(name <= words for name in subject):
            fit += BLANK_SUBJECT
        if fit > best[0]:
            best = (fit, section)
    return best


def _hole(section: Section, library: Library) -> str:
    """A blank heading with the few words that stand under it, if any ("分词器": "BPE、BBPE")."""
    body = library.document(section.document_id).text[section.start : section.end].strip()
    return " ".join((*section.trail[-1:], body))
