"""Where a claim stands in its passages: every word of the claim against every clause of the sentences that come near.

A word is found in a clause when it stands there (a Chinese word as a run of characters, a Latin one as a stem), under another
name of the glossary, with a long common beginning, or, to a degree, when a word of the clause has a vector close to its own;
that also carries over languages. Of long passages only the :data:`NEAR` sentences that share most with the claim are looked at.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import log
from typing import TYPE_CHECKING

from ingest.lexical import fold, tokens
from rag.claims import sentences
from rag.formula import formulas, symbols
from rag.quantity import quantities, raised
from rag.verbatim import UNDER, bare
from rag.words import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rag.quantity import Quantity
    from rag.words import Text, Word

NEAR = 14
"""Sentences that a claim is compared with word by word."""
LONGEST = 1200
"""Characters of one sentence of the evidence; a longer one (a file without a stop) is cut."""
NUMBER = 0.4
"""What a number weighs beside words where the sentences are chosen that a claim rests on."""
FAR, CLOSE = 0.20, 0.60
"""Cosines of two words' vectors that count for nothing and for the same word."""


_SMALL = {
    float(n): rf"{han}|\b{word}\b"
    for n, (han, word) in enumerate(
        zip("二三四五六七八九十", ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], strict=True), 2
    )
}


class Evidence:
    """Passages cut into sentences; use :func:`evidence`."""

    def __init__(self, contexts: tuple[str, ...]) -> None:
        self.sentences: list[str] = []
        self.passage: list[int] = []
        for number, context in enumerate(contexts):
            for sentence in sentences(context):
                for start in range(0, len(sentence), LONGEST):
                    self.sentences.append(sentence[start : start + LONGEST])
                    self.passage.append(number)
        self._contexts = contexts
        self._raw = "\n".join(contexts)
        self.whole = "\n".join(" ".join(fold(raised(context)).split()) for context in contexts)

    @cached_property
    def _quantities(self) -> tuple[Quantity, ...]:
        return quantities(self.whole)

    def has(self, quantity: Quantity) -> bool:
        """Whether the number stands anywhere in the passages."""
        if any(quantity.same(other) for other in self._quantities):
            return True
        small = not quantity.dimension and quantity.value in _SMALL  # 三孔: too short to be read as a number everywhere
        return small and re.search(_SMALL[quantity.value], self.whole) is not None

    @cached_property
    def _bare(self) -> str:
        return "".join(f"||{bare(sentence)}" for sentence in self.sentences) + "||"

    def quotes(self, claim: str) -> bool:
        """Whether ``claim`` stands in the passages word for word, signs and spaces aside, from one break to another. What
        stands behind a condition or a denial in its sentence is not quoted by itself.
        """
        wanted = bare(claim)
        if "\n" in claim.strip():  # code, a table: several lines are nobody's accident
            return bool(wanted) and any(f"|{wanted}|" in f"|{bare(context)}|" for context in self._contexts)
        at = self._bare.find(f"|{wanted}|") if wanted else -1
        while at >= 0:
            before = self._bare[self._bare.rfind("||", 0, at + 1) + 2 : at]
            if not before or not UNDER.search(before):
                return True
            at = self._bare.find(f"|{wanted}|", at + 1)
        return False

    @cached_property
    def symbols(self) -> str:
        """All passages in one spelling of formulas."""
        return symbols(self._raw)

    @cached_property
    def formulas(self) -> list[str]:
        """The formulas of the passages, the first 200."""
        return formulas(self._raw)[:200]

    def writes(self, piece: str) -> bool:
        """Whether the passages have ``piece`` to the letter, upper and lower case aside."""
        return piece.lower() in self._raw.lower()

    def names(self, key: str) -> bool:
        """Whether a stem or a Chinese word stands anywhere in the passages."""
        return key in self.whole

    @cached_property
    def _index(self) -> dict[str, list[int]]:
        index: dict[str, list[int]] = {}
        for number, sentence in enumerate(self.sentences):
            for token in set(tokens(sentence)):
                index.setdefault(token, []).append(number)
        return index

    @cached_property
    def _embedded(self) -> NDArray[np.float32]:
        from rag.words import embed

        return embed(self.sentences)

    def near(self, claim: str) -> list[int]:
        """The sentences that share most with ``claim``, and the one before each, in their order."""
        count = len(self.sentences)
        if count <= NEAR:
            return list(range(count))
        scores: Counter[int] = Counter()
        for token in set(tokens(claim)):
            if found := self._index.get(token):
                weight = log(1 + count / len(found)) * (1.0 if len(token) > 1 else 0.4)
                for number in found:
                    scores[number] += weight  # type: ignore[assignment]
        best = [number for number, _ in sorted(scores.items(), key=lambda item: (-item[1], self.sentences[item[0]]))[: NEAR // 2]]
        if len(best) < NEAR // 2 or claim.isascii() != self.whole[:2000].isascii():
            from rag.words import embed

            close = self._embedded @ embed([claim])[0]
            best += [int(n) for n in (-close).argsort(kind="stable")[: NEAR // 2]]
        chosen = dict.fromkeys(best)
        for number in best:
            if len(chosen) < NEAR and number and self.passage[number - 1] == self.passage[number]:
                chosen[number - 1] = None
        return sorted(chosen)[:NEAR]


@lru_cache(maxsize=1024)
def evidence(contexts: tuple[str, ...]) -> Evidence:
    """The passages cut into sentences; kept for the next claim."""
    return Evidence(contexts)


@dataclass(frozen=True, slots=True)
class Alignment:
    """A claim against the sentences that come near it.

    ``matrix`` is ``[words of the claim, clauses of the evidence]`` with how far each word is found in each clause, 0..1;
    ``exact`` says where it stands as it is. ``owner`` gives the sentence (a place in ``texts``) of each clause.
    """

    claim: Text
    texts: list[Text]
    passages: list[int]
    matrix: NDArray[np.float32]
    exact: NDArray[np.float32]
    owner: NDArray[np.int64]
    clauses: list[str]
    stems: list[frozenset[str]]
    weights: NDArray[np.float32]
    leads: list[list[Word]]
    """The first two words of each clause."""
    chosen: list[int]
    """The one to three sentences that together cover the claim best, the best one first."""


def align(claim: str, passages: Evidence) -> Alignment | None:
    """Compare ``claim`` with the nearest sentences of ``passages``; ``None`` where either has no words."""
    import numpy as np

    said = parse(claim)
    near = passages.near(claim)
    texts = [parse(passages.sentences[number]) for number in near]
    if (not said.words and not said.quantities) or not texts:
        return None
    clauses = [clause for text in texts for clause in text.clauses]
    stems = [stem for text in texts for stem in text.stems]
    owner = np.repeat(np.arange(len(texts)), [len(text.clauses) for text in texts])
    leads: list[list[Word]] = [[] for _ in clauses]
    first = 0
    for text in texts:
        for word in text.words:
            if len(leads[first + word.clause]) < 2:
                leads[first + word.clause].append(word)
        first += len(text.clauses)
    exact = _exact(said, clauses, stems)
    matrix = np.maximum(exact, _close(said, texts, len(clauses)))
    weights = np.array([word.weight for word in said.words], dtype=np.float32)
    chosen = _cover(matrix, owner, weights, _numbers(said, texts), [passages.passage[number] for number in near])
    return Alignment(
        said, texts, [passages.passage[number] for number in near], matrix, exact, owner, clauses, stems, weights, leads, chosen
    )


def _exact(said: Text, clauses: Sequence[str], stems: Sequence[frozenset[str]]) -> NDArray[np.float32]:
    import numpy as np

    out = np.zeros((len(said.words), len(clauses)), dtype=np.float32)
    for row, word in enumerate(said.words):
        key = word.key
        if key[0].isascii():
            prefix = key[:5] if len(key) > 5 and not word.name else ""
            for column, have in enumerate(stems):
                if key in have:
                    out[row, column] = 1.0
                elif prefix and any(other.startswith(prefix) and len(other) < len(key) + 4 for other in have):
                    out[row, column] = 0.85
        else:
            for column, clause in enumerate(clauses):
                if key in clause:
                    out[row, column] = 1.0
    for start, end, others in said.other_names:
        rows = [row for row, word in enumerate(said.words) if start <= word.start and word.end <= end]
        if rows:
            for column, clause in enumerate(clauses):
                if any(
                    (other in stems[column] if other.isascii() and " " not in other and len(other) < 5 else other in clause)
                    for other in others
                ):
                    out[rows, column] = 1.0
    return out


def _close(said: Text, texts: Sequence[Text], count: int) -> NDArray[np.float32]:
    import numpy as np

    out = np.zeros((len(said.words), count), dtype=np.float32)
    if not said.words:
        return out
    first = 0
    vectors, columns = [], []
    for text in texts:
        if text.words:
            vectors.append(text.vectors)
            columns += [first + word.clause for word in text.words]
        first += len(text.clauses)
    if vectors:
        near = (said.vectors @ np.concatenate(vectors).T - FAR) * (1 / (CLOSE - FAR))
        starts = np.flatnonzero(np.diff(columns, prepend=-1))
        out[:, np.asarray(columns)[starts]] = np.clip(np.maximum.reduceat(near, starts, axis=1), 0.0, 0.95)
    names = [row for row, word in enumerate(said.words) if word.name]
    if names:
        out[names] *= 0.5
    return out


def _numbers(said: Text, texts: Sequence[Text]) -> NDArray[np.float32]:
    """``[numbers of the claim, texts]``: 1 where the text has the number; those that say little are left out."""
    import numpy as np

    rows = [[any(one.same(other) for other in text.quantities) for text in texts] for one in said.quantities if not one.weak]
    return np.array(rows, dtype=np.float32).reshape(len(rows), len(texts))


def _cover(
    matrix: NDArray[np.float32],
    owner: NDArray[np.int64],
    weights: NDArray[np.float32],
    numbers: NDArray[np.float32],
    passages: list[int],
) -> list[int]:
    """Sentences that together cover the claim, its words and numbers: the best, then what adds a tenth and more, up to three."""
    import numpy as np

    count = numbers.shape[1]
    sentence = np.zeros((0, count), dtype=np.float32)
    if len(weights):
        sentence = np.maximum.reduceat(matrix, np.flatnonzero(np.diff(owner, prepend=-1)), axis=1)
    sentence = np.concatenate([sentence, numbers])
    weights = np.concatenate([weights, np.full(len(numbers), NUMBER, dtype=np.float32)])
    if not len(weights):
        return [0]
    have = np.zeros(len(weights), dtype=np.float32)
    total = float(weights.sum())
    chosen: list[int] = []
    for _ in range(3):
        gains = weights @ np.maximum(sentence - have[:, None], 0.0)
        if chosen:  # of two that add alike, the one that stands beside
            gains = gains + np.array(
                [
                    0.03 * total if any(abs(n - c) == 1 and passages[n] == passages[c] for c in chosen) else 0.0
                    for n in range(count)
                ]
            ) * (gains > 0.05 * total)
        best = int(np.argmax(np.round(gains, 5)))
        if chosen and (best in chosen or gains[best] < 0.1 * total):
            break
        chosen.append(best)
        have = np.maximum(have, sentence[:, best])
    return chosen
