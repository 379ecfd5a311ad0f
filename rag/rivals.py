"""Where the claim has one word and its best clause of the evidence another of the same kind: PostgreSQL for MySQL, ReLU for tanh.

A word of a clause counts as exchanged when it is missing in the clause of the evidence that covers the rest best, while that
clause has a word which the claim has not there and which is like it: a name too, its opposite, of the same make (甲方, 乙方), or
close in meaning (where both mean nearly the same, the word counts as found before it comes to this). The same for numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.fault import MOST
from rag.polarity import opposites
from rag.quantity import quantities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.evidence import Alignment
    from rag.fault import Clauses
    from rag.words import Text, Word

SIGNS = {"rival": -1, "rival, never said": -1, "rival number": -1, "rival told too": -1}
"""The signs, and which way each may move the support: the word stands elsewhere in the evidence; stands nowhere; is a number;
the claim has the other word too, in another place.
"""
_FIT = 0.3
"""Share of a clause that stands in a clause of the evidence before both are compared."""
_FAR, _NEAR = 0.1, 0.45
"""Cosines of words that are of no kind, and surely of one kind."""


def rivals(alignment: Alignment, clauses: Clauses) -> dict[str, float]:
    """The value of each of :data:`SIGNS`, 0..1: how alike the two words are, times how well the rest of the clause fits."""
    out = dict.fromkeys(SIGNS, 0.0)
    claim = alignment.claim
    for number, rows in enumerate(clauses.rows):
        if len(rows) < 2 or len(rows) > MOST or clauses.weight[number] < 0.5:
            continue
        top = float(clauses.cover[number].max())
        if top < _FIT:
            continue
        column = int(clauses.cover[number].round(4).argmax())
        text, place = _clause(alignment, column)
        others = [n for n, word in enumerate(text.words) if word.clause == place and _foreign(word, claim.clauses[number])]
        for row in rows:
            word, weight = claim.words[row], float(alignment.weights[row])
            said = float(alignment.exact[row].max()) >= 1.0  # elsewhere: then the evidence tells both words apart, however alike
            here = float(alignment.exact[row, column] if said else alignment.matrix[row, column])
            if weight < 0.3 or here > 0.35 or (len(word.key) < 2 and not word.name):
                continue
            rest = clauses.weight[number] - weight
            fit = (top * clauses.weight[number] - weight * float(alignment.matrix[row, column])) / rest if rest > 0.3 else 0.0
            alike, other = _likest(claim, row, text, others)
            strength = alike * max(0.0, fit - _FIT) / (1 - _FIT)
            name = "rival" if said else "rival, never said"
            out[name] = max(out[name], strength)
            if said and other is not None and other.key in claim.folded:
                out["rival told too"] = max(out["rival told too"], strength)
    out["rival number"] = _number(alignment, clauses)
    return out


def _clause(alignment: Alignment, column: int) -> tuple[Text, int]:
    owner = int(alignment.owner[column])
    return alignment.texts[owner], column - int((alignment.owner < owner).sum())


def _foreign(word: Word, said: str) -> bool:
    """Whether a word of the evidence has no part in what the clause of the claim says."""
    return word.weight >= 0.3 and word.key not in said and (len(word.key) > 1 or word.name)


def _likest(claim: Text, row: int, text: Text, others: Sequence[int]) -> tuple[float, Word | None]:
    """The word among ``others`` that is most of the kind of a word of the claim, and how much, 0..1."""
    if not others:
        return 0.0, None
    word = claim.words[row]
    against = opposites(word.key).get(word.key, frozenset())
    near = (text.vectors[others] @ claim.vectors[row]).tolist()
    best, found = 0.0, None
    for cosine, n in zip(near, others, strict=True):
        other = text.words[n]
        value = min(1.0, max(0.0, (cosine - _FAR) / (_NEAR - _FAR)))
        if word.name and other.name:
            value = max(value, 0.8)
        if other.key in against:
            value = 1.0
        elif not word.key.isascii() and len(other.key) == len(word.key) and set(other.key) & set(word.key):
            value = max(value, 0.6)
        if value > best:
            best, found = value, other
    return best, found


def _number(alignment: Alignment, clauses: Clauses) -> float:
    """A number of the claim that the evidence gives in a clause which fits worse than one with another number of its kind."""
    claim, best = alignment.claim, 0.0
    if not claim.quantities:
        return best
    have = [quantities(clause) for clause in alignment.clauses]
    for quantity in claim.quantities:
        if quantity.weak and not quantity.dimension:
            continue
        clause = max(n for n, start in enumerate(claim.starts) if start <= quantity.start)
        here = [c for c, found in enumerate(have) if any(quantity.same(other) for other in found)]
        there = [
            c
            for c, found in enumerate(have)
            if c not in here
            and any(o.dimension == quantity.dimension and (o.dimension or o.counts == quantity.counts) for o in found)
        ]
        if here and there and clauses.weight[clause] >= 0.3:
            cover = clauses.cover[clause]
            best = max(best, min(1.0, 2 * float(cover[there].max() - cover[here].max())))
    return best
