"""How far each word of a question is met by a passage: late interaction (Khattab & Zaharia, ColBERT, 2020) on static vectors.

One vector for a passage blurs what it says; two texts that share no word, in two languages even, still meet word by word.
Each word of the question takes the nearest word of the passage by cosine, and the mean is weighted by what the question's
words weigh: the model was trained as a sum of words, so the length of a word's vector is its weight. A term of the glossary
is met where the passage has another name of it, and less where it has a kind of it.
"""

from __future__ import annotations

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

Term = tuple[list[int], list[frozenset[str]], list[frozenset[str]]]
"""A term of the question: which of its words make it, the token sets of its other names, and those of its kinds."""


def met(question: str, passages: Sequence[str], embedder: Embedder) -> NDArray[np.float32]:
    """For each passage how far it meets the words of the question, by weight, -1..1; 0 where either has no words."""
    import numpy as np

    out = np.zeros(len(passages), dtype=np.float32)
    spans, asked, weights = embedder.directions(question)
    if not len(asked):
        return out
    shares, terms = weights / weights.sum(), _terms(question, spans)
    for number, passage in enumerate(passages):
        _, said, _ = embedder.directions(passage)
        if not len(said):
            continue
        nearest = (asked @ said.T).max(axis=1)
        have = bag(passage) if terms else frozenset()
        for places, names, narrower in terms:
            if any(name <= have for name in names):
                nearest[places] = np.maximum(nearest[places], NAMED)
            elif any(name <= have for name in narrower):
                nearest[places] = np.maximum(nearest[places], NARROWER)
        out[number] = shares @ nearest
    return out


def _terms(question: str, spans: Sequence[tuple[int, int]]) -> list[Term]:
    text = simplified(question).lower()
    out: list[Term] = []
    for name, others in aliases(fold(question)):
        start = text.find(name.lower())
        places = [i for i, (first, end) in enumerate(spans) if start >= 0 and first < start + len(name) and end > start]
        if places:
            out.append((places, [bag(other) for other in others], [bag(kind) for kind in kinds(name)]))
    return out
