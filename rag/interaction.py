"""How far each word of a question is met by a passage: late interaction (Khattab & Zaharia, ColBERT, 2020) on static vectors.

One vector for a passage blurs what it says; two texts that share no word, in two languages even, still meet word by word.
Each word of the question takes the nearest word of the passage by cosine, and the mean is weighted by what the question's
words weigh: the model was trained as a sum of words, so the length of a word's vector is its weight. A term of the glossary
is met where the passage has another name of it, and less where it has a kind of it.

A long passage meets most words somewhere; that one sentence of it meets them together, with the heading above, says more.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ingest.embed import cosines
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

    if len(passages) > _AT_ONCE:
        parts = [
            met_together(question, passages[first : first + _AT_ONCE], embedder) for first in range(0, len(passages), _AT_ONCE)
        ]
        return np.concatenate([whole for whole, _ in parts]), np.concatenate([closest for _, closest in parts])
    whole, closest = np.zeros(len(passages), dtype=np.float32), np.zeros(len(passages), dtype=np.float32)
    _, asked, weights = embedder.directions(question)
    cuts = [_cut(heading, text, embedder) for heading, text in passages]
    numbers = [number for number, cut in enumerate(cuts) if cut.words]
    if not len(asked) or not numbers:
        return whole, closest
    cuts = [cuts[number] for number in numbers]
    shares, terms = weights / weights.sum(), _terms(question, embedder)
    begins: list[int] = []  # of the sentences of all passages, among all words
    firsts, first = [], 0  # of each passage, among all sentences
    for cut in cuts:
        firsts.append(len(begins))
        begins += [first + start for start in cut.starts]
        first += cut.words
    nearest = np.maximum.reduceat(cosines(asked, [cut.passage for cut in cuts], embedder), begins, axis=1).T.copy()
    counts = np.diff([*firsts, len(begins)])
    titles = np.array([cut.titled for cut in cuts])
    heads = np.where(np.repeat(titles, counts), np.repeat(firsts, counts), np.arange(len(begins)))
    nearest = _known(np.maximum(nearest, nearest[heads]), np.repeat(np.arange(len(cuts)), counts), terms, cuts)
    most = np.maximum.reduceat(nearest, firsts, axis=0)
    for number, cut, first, count, best in zip(numbers, cuts, firsts, counts.tolist(), most, strict=True):
        each = nearest[first + cut.titled : first + count].T
        whole[number] = shares @ best
        closest[number] = (shares @ (each if cut.titled else np.ascontiguousarray(each))).max()
    return whole, closest


class _Cut:
    """A passage in sentences: where each begins, counted in words that have a vector. ``titled``: the first is its heading,
    which belongs to every other one.
    """

    def __init__(self, heading: str, text: str, embedder: Embedder) -> None:
        self.passage = f"{heading}\n{text}" if heading else text
        spans, _, _ = embedder.directions(self.passage)
        self.words = len(spans)
        ends = [match.end() for match in _SENTENCE_END.finditer(self.passage)]
        places = [bisect_right(ends, start) for start, _ in spans]
        starts = [number for number, place in enumerate(places) if not number or place != places[number - 1]]
        below = [start for start in starts if spans[start][0] >= len(heading)]
        self.titled = 0 < len(below) < len(starts)
        self.starts = [0, *below] if self.titled else starts


_CUTS: WeakKeyDictionary[Embedder, dict[tuple[str, str], _Cut]] = WeakKeyDictionary()
_REMEMBERED = 4096
_AT_ONCE = 64
"""Passages that are compared with the question in one step: memory stays small however many are asked for."""


def _cut(heading: str, text: str, embedder: Embedder) -> _Cut:
    """Remembered, as the same passages come up for many questions."""
    known = _CUTS.setdefault(embedder, {})
    if (cut := known.get((heading, text))) is None:
        cut = _Cut(heading, text, embedder)
        if len(known) >= _REMEMBERED:
            known.clear()
        known[heading, text] = cut
    return cut


def met_among(question: str, passages: Sequence[str], embedder: Embedder) -> tuple[float, float]:
    """How far all the passages taken together meet the words of the question, as :func:`met`; and the share of the question's
    words, by weight, that none of them meets half-way.
    """
    _, asked, weights = embedder.directions(question)
    if not passages or not (said := cosines(asked, passages, embedder)).size:
        return 0.0, 1.0
    shares, terms = weights / weights.sum(), _terms(question, embedder)
    nearest = said.max(axis=1, keepdims=True)
    for passage in passages:
        nearest = _named(nearest, terms, passage)
    nearest = nearest[:, 0]
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


def _known(
    nearest: NDArray[np.float32], owner: NDArray[np.int64], terms: Sequence[Term], cuts: Sequence[_Cut]
) -> NDArray[np.float32]:
    """:func:`_named` for the sentences of several passages at once, ``nearest`` (sentences, words of the question)."""
    import numpy as np

    have = [bag(cut.passage) for cut in cuts] if terms else []
    for places, names, narrower in terms:
        least = [
            NAMED
            if any(name <= words for name in names)
            else NARROWER
            if any(name <= words for name in narrower)
            else float("-inf")
            for words in have
        ]
        if max(least) > 0:
            nearest[:, places] = np.maximum(nearest[:, places], np.array(least, dtype=np.float32)[owner, None])
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
