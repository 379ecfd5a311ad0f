"""When to say "your notes don't say", and why.

Confidence is a logistic model of what is seen on the way to an answer: the score of the best passage, its cosine, its lead
over the fourth, how much of the question's subject it lacks, how much the question says at all (many rare words are harder
to match), whether it names something that stands nowhere in the notes, whether it is in another language, whose scores
lie lower, and how the question's words are met (``rag/interaction.py``): by the first passages taken together, and in the two
sentences that meet most. Of some eighty more that were tried in cross-validation these three helped; they decline .84 of the
questions without an answer where the others decline .80, with .05 of the rest. The weights are fitted by ``python -m
eval.calibrate`` on questions with and without an answer, over several sets of notes, and copied here by hand: a few numbers
need no file.

A heading without a body is a hole that the writer left (``rag/hole.py``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.lexical import bag, fold, has_chinese, tokens
from rag.aspect import other_side
from rag.hole import hole_asked_for
from rag.interaction import met_among, met_together
from rag.rerank import lacking, subjects
from rag.retrieve import query_terms, weighed
from rag.terms import aliases, latin_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import Library
    from ingest.types import Section
    from rag.rewrite import Query
    from rag.types import Passage, Reason

INTERCEPT = -13.08
WEIGHTS = (3.33, 3.54, 7.73, -1.27, 1.14, -1.71, 5.02, 5.69, 2.02, -3.31)
"""Fitted weights of the confidence, for the values of :func:`features`."""
USUAL_LEAD = 0.2
"""The lead over the fourth passage where there are not four: about the median of answerable questions."""
THRESHOLD = 0.4
"""Below this confidence the answer abstains."""
SURE = 0.8
"""From this confidence only a heading that is the question itself, and blank, is asked for."""
BLANK_CONFIDENCE = 0.1
"""The most confidence in an answer to a question whose own heading is blank."""
SEEN = 5
"""The first passages: what a question is held against beside the best."""
OTHER_SIDE = 0.1
"""The confidence where advantages are asked for and only disadvantages written, or the reverse."""
UNMET = 0.4
"""The share of a part's words met by no passage from which it can be said that the notes don't answer it."""
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
    other = [other_side(part, passages[:SEEN], library) for part, passages in zip(query.parts, found, strict=True)]
    each = [
        0.0 if not passages else OTHER_SIDE if only else probability(features(part, passages, library))
        for part, passages, only in zip(query.parts, found, other, strict=True)
    ]
    confidence = max(each, default=0.0)
    answerable = tuple(chance >= THRESHOLD for chance in each)
    first = [passage for passages in found for passage in passages[:SEEN]]
    blank = hole_asked_for(query, first, library, answerable=any((*answerable, *other)), sure=confidence >= SURE)
    if blank is not None:
        return Judgement(confidence=min(confidence, BLANK_CONFIDENCE), reason="blank", blank=blank, answerable=answerable)
    if any(answerable):
        return Judgement(confidence=confidence, reason=None, blank=None, answerable=answerable)
    reason: Reason = "absent" if _of_the_field(query, found, library) else "off-topic"
    return Judgement(confidence=confidence, reason=reason, blank=None, answerable=answerable)


def _of_the_field(query: Query, found: Sequence[Sequence[Passage]], library: Library) -> bool:
    """Whether the question is about what the notes are about: it uses a term of the field or a name, or is close to them."""
    if has_chinese(query.text) and (aliases(fold(query.text)) or latin_names(query.text)):
        return True
    vectors = library.embedder.encode([query.text, *(passages[0].chunk.embedded_text() for passages in found if passages)])
    return max((vectors[1:] @ vectors[0]).tolist(), default=0.0) >= OFF_TOPIC


def features(question: str, passages: Sequence[Passage], library: Library) -> tuple[float, ...]:
    """Of one part of a question: score of the best passage, its cosine, its lead over the fourth times that, what it lacks of the
    subject (0..1); logarithm of the question's IDF; 1 when an unknown name is asked for; 1 for a question without Chinese; for
    one with Chinese how far the first five passages together meet its words, and the share of words that none of them meets
    half-way; how far the two of their sentences, of different passages, that meet most do so.
    """
    if not passages:
        return (0.0,) * len(WEIGHTS)
    score = passages[0].score
    vectors = library.embedder.encode([question, passages[0].chunk.embedded_text()])
    cosine = float(vectors[0] @ vectors[1])
    first = passages[:SEEN]
    chinese = has_chinese(question)
    among, unmet = met_among(question, ["\n".join((*p.chunk.trail, p.chunk.text)) for p in first], library.embedder)
    _, closest = met_together(question, [("".join(p.chunk.trail[-1:]), p.chunk.text) for p in first], library.embedder)
    nearest = sorted(closest.tolist(), reverse=True)[:2]
    return (
        score,
        cosine,
        (score - passages[3].score if len(passages) > 3 else USUAL_LEAD) * cosine,
        lacking(passages[0], subjects(question, library)),
        math.log1p(weighed(question, library).reach),
        float(bool(unknown_names(question, library))),
        float(not chinese),
        among if chinese else 0.0,
        unmet if chinese else 0.0,
        sum(nearest) / len(nearest),
    )


def probability(values: Sequence[float]) -> float:
    """The confidence, 0..1, of :func:`features`."""
    return 1 / (1 + math.exp(-(INTERCEPT + sum(weight * value for weight, value in zip(WEIGHTS, values, strict=True)))))


def nowhere(part: str, others: Sequence[str], passages: Sequence[Passage], library: Library) -> bool:
    """Whether the notes surely don't answer a part of a question, beyond what the other parts name too: a name of it stands in no
    note, or, in Chinese, none of its own words in what was found for it, nor anything that means them.
    """
    if unknown_names(part, library):
        return True
    said = bag(" ".join(others))
    own = [token for token in query_terms(part).tokens if len(token) > 1 and token not in said]
    if not own or not has_chinese(part):
        return False
    texts = ["\n".join((*passage.chunk.trail, passage.chunk.text)) for passage in passages]
    near = bag("\n".join(texts))
    return not any(token in near for token in own) and met_among(part, texts[:SEEN], library.embedder)[1] >= UNMET


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
