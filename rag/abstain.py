"""When to say "your notes don't say", and why.

Confidence is a logistic model of four things seen on the way to an answer: the score of the best passage, the relevance of
the best quote, whether the question names something that stands nowhere in the notes, and whether the question is in
another language (where words cannot meet). Its weights are fitted by ``python -m eval.calibrate`` on questions with and
without an answer, and copied here by hand: a model of four numbers needs no file.

A heading without a body is a hole that the writer left. When the question fits such a heading better than anything that is
written, the answer is that heading, not the nearest thing that happens to be written.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.lexical import tokens
from rag.retrieve import query_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ingest.store import Library
    from ingest.types import Section
    from rag.read import Quote
    from rag.rewrite import Query
    from rag.types import Passage, Reason

INTERCEPT, SCORE, RELEVANCE, UNKNOWN, FOREIGN = -2.1, 4.5, 3.2, -2.1, 0.6
"""Fitted weights of the confidence."""
THRESHOLD = 0.39
"""Below this confidence the answer abstains."""
CERTAIN = 0.75
"""Above this confidence a blank heading is not considered."""
BLANK_LEAD = 0.03
"""How much better than the best passage a question must fit a blank heading."""
BLANK_FIT = 0.15
"""The least fit of a blank heading."""
OFF_TOPIC = 0.22
"""Below this cosine of the best passage the question is about something else altogether."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether to answer. ``reason`` is ``None`` for yes; ``blank`` is the heading that fits where the reason is "blank"."""

    confidence: float
    reason: Reason | None
    blank: Section | None


def judge(query: Query, found: Sequence[Sequence[Passage]], quotes: Sequence[Quote], library: Library) -> Judgement:
    """Weigh what was found for the parts of the question; no passages at all is "absent" with confidence 0."""
    scores = [passages[0].score for passages in found if passages]
    if not scores or not quotes:
        score, confidence = 0.0, 0.0
    else:
        score = sum(scores) / len(found)
        confidence = probability(features(query, score, quotes, library))
    fit, blank = _best_blank(query, found, library) if confidence < CERTAIN else (0.0, None)
    if blank is not None and fit > max(BLANK_FIT, score + (BLANK_LEAD if confidence >= THRESHOLD else -BLANK_LEAD)):
        return Judgement(confidence=confidence, reason="blank", blank=blank)
    if confidence >= THRESHOLD:
        return Judgement(confidence=confidence, reason=None, blank=None)
    vectors = library.embedder.encode([query.text, *(passages[0].chunk.embedded_text() for passages in found if passages)])
    near = max((vectors[1:] @ vectors[0]).tolist(), default=0.0)
    return Judgement(confidence=confidence, reason="absent" if near >= OFF_TOPIC else "off-topic", blank=None)


def features(query: Query, score: float, quotes: Sequence[Quote], library: Library) -> tuple[float, float, float, float]:
    """Score of the best passage, relevance of the best quote, 1 for an unknown name, 1 for a question without Chinese."""
    best = max((quote.relevance for quote in quotes), default=0.0)
    return score, min(best, 1.0), float(bool(unknown_names(query.text, library))), float(query.text.isascii())


def probability(values: tuple[float, float, float, float]) -> float:
    """The confidence, 0..1, of :func:`features`."""
    weights = (SCORE, RELEVANCE, UNKNOWN, FOREIGN)
    return 1 / (1 + math.exp(-(INTERCEPT + sum(weight * value for weight, value in zip(weights, values, strict=True)))))


def unknown_names(question: str, library: Library) -> list[str]:
    """Latin words of the question that look like names and stand nowhere in the notes ("Mamba", "BLEU").

    In a question with Chinese every Latin word is taken for a name, in any other one only what is written like one:
    with a capital behind its first letter, or a capital first letter inside the sentence.
    """
    words = re.findall(r"[A-Za-z][A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*", question)
    if question.isascii():
        inner = question.split(maxsplit=1)[1] if len(question.split()) > 1 else ""
        words = [word for word in words if re.search(r"[A-Z]", word[1:]) or (word[0].isupper() and word in inner)]
    missing = []
    for word in dict.fromkeys(words):
        parts = tokens(word)
        if parts and not any(library.known(parts)):
            missing.append(word)
    return missing


def _best_blank(query: Query, found: Sequence[Sequence[Passage]], library: Library) -> tuple[float, Section | None]:
    """The blank heading that fits the question best, and how well, on the scale of a passage's score."""
    blanks = library.blank_sections()
    if not blanks:
        return 0.0, None
    headings = [" ".join(section.trail[-1:]) for section in blanks]
    vectors: NDArray[np.float32] = library.embedder.encode([query.text, *headings])
    weights = query_weights(query.text)
    idf = dict(zip(weights, library.idf(list(weights)), strict=True))
    total = sum(idf[token] for token, weight in weights.items() if weight == 1.0) or 1.0
    written = [set(tokens(" ".join(passages[0].chunk.trail))) for passages in found if passages]
    best: tuple[float, Section | None] = (0.0, None)
    for section, heading, cosine in zip(blanks, headings, (vectors[1:] @ vectors[0]).tolist(), strict=True):
        words = set(tokens(heading))
        if any(words <= headed for headed in written):
            continue
        covered = min(1.0, sum(weight * idf[token] for token, weight in weights.items() if token in words) / total)
        fit = 0.5 * cosine + 0.5 * covered if not query.text.isascii() else 0.85 * cosine + 0.15 * covered
        if fit > best[0]:
            best = (fit, section)
    return best
