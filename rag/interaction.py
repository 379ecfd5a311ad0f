"""How far each word of a question is met by a passage: late interaction (Khattab & Zaharia, ColBERT, 2020) on static vectors.

One vector for a passage blurs what it says; two texts that share no word, in two languages even, still meet word by word.
Each word of the question takes the nearest word of the passage by cosine, and the mean is weighted by what the question's
words weigh: the model was trained as a sum of words, so the length of a word's vector is its weight. A term of the glossary
is met where the passage has another name of it, and less where it has a kind of it.

A long passage meets most words somewhere; that one sentence of it meets them together, with the heading above, says more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.lexical import bag, fold, simplified
from rag.terms import aliases, kinds

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ingest.types import Embedder

NAMED, NARROWER = 0.9, 0.6
"""How far a term is met by another name of it, and by a kind of it ("SwiGLU" for 激活函数)."""

HALF_WAY = 0.5
"""The cosine below which a word is not met."""

Term = tuple[list[int], list[frozenset[str]], list[frozenset[str]]]
"""A term of the question: which of its words make it, the token sets of its other names, and those of its kinds."""


_SENTENCE_END = re.compile(r"[。！？；\n]|[.!?;](?=\s)")


def met(question: str, passages: Sequence[str], embedder: Embedder) -> NDArray[np.float32]:
    """For each passage how far it meets the words of the question, by weight, -1..1; 0 where either has no words."""
    import numpy as np

    out = np.zeros(len(passages), dtype=np.float32)
    _, asked, weights = embedder.directions(question)
    if not len(asked):
        return out
    shares, terms = weights / weights.sum(), _terms(question, embedder)
    for number, passage in enumerate(passages):
        _, said, _ = embedder.directions(passage)
        if len(said):
            out[number] = shares @ _named((asked @ said.T).max(axis=1, keepdims=True), terms, passage)[:, 0]
    return out


def met_together(
    question: str, passages: Sequence[tuple[str, str]], embedder: Embedder
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """:func:`met` of each passage, a heading (may be empty) and a text; and of that one sentence of it, under the heading, that
    meets most.
    """
    import numpy as np

    whole, closest = np.zeros(len(passages), dtype=np.float32), np.zeros(len(passages), dtype=np.float32)
    _, asked, weights = embedder.directions(question)
    if not len(asked):
        return whole, closest
    shares, terms = weights / weights.sum(), _terms(question, embedder)
    for number, (heading, text) in enumerate(passages):
        passage = f"{heading}\n{text}" if heading else text
        spans, said, _ = embedder.directions(passage)
        if not len(said):
            continue
        ends = [match.end() for match in _SENTENCE_END.finditer(passage)]
        places = np.searchsorted(ends, [start for start, _ in spans], side="right")
        first = np.flatnonzero(np.diff(places, prepend=-1))
        nearest = np.maximum.reduceat(asked @ said.T, first, axis=1)
        titled = np.array([spans[place][0] < len(heading) for place in first.tolist()])
        if titled.any() and not titled.all():
            nearest = np.maximum(nearest[:, ~titled], nearest[:, titled].max(axis=1, keepdims=True))
        whole[number] = shares @ _named(nearest.max(axis=1, keepdims=True), terms, passage)[:, 0]
        closest[number] = (shares @ _named(nearest, terms, passage)).max()
    return whole, closest


def met_among(question: str, passages: Sequence[str], embedder: Embedder) -> tuple[float, float]:
    """How far all the passages taken together meet the words of the question, as :func:`met`; and the share of the question's
    words, by weight, that none of them meets half-way.
    """
    import numpy as np

    _, asked, weights = embedder.directions(question)
    said = [(passage, embedder.directions(passage)[1]) for passage in passages]
    if not len(asked) or not any(len(words) for _, words in said):
        return 0.0, 1.0
    shares, terms = weights / weights.sum(), _terms(question, embedder)
    each = [_named((asked @ words.T).max(axis=1, keepdims=True), terms, passage) for passage, words in said if len(words)]
    nearest = np.hstack(each).max(axis=1)
    return float(shares @ nearest), float(shares[nearest < HALF_WAY].sum())


def _named(nearest: NDArray[np.float32], terms: Sequence[Term], passage: str) -> NDArray[np.float32]:
    """``nearest`` (words of the question, sentences), no less than what another name of a term in the passage makes it."""
    import numpy as np

    have = bag(passage) if terms else frozenset()
    for places, names, narrower in terms:
        if any(name <= have for name in names):
            nearest[places] = np.maximum(nearest[places], NAMED)
        elif any(name <= have for name in narrower):
            nearest[places] = np.maximum(nearest[places], NARROWER)
    return nearest


def _terms(question: str, embedder: Embedder) -> list[Term]:
    spans, _, _ = embedder.directions(question)
    text = simplified(question).lower()
    out: list[Term] = []
    for name, others in aliases(fold(question)):
        start = text.find(name.lower())
        places = [i for i, (first, end) in enumerate(spans) if start >= 0 and first < start + len(name) and end > start]
        if places:
            out.append((places, [bag(other) for other in others], [bag(kind) for kind in kinds(name)]))
    return out
