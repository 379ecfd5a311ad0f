"""Signs, each weak by itself, that a claim turns round, narrows, widens or mixes up what its evidence says.

The checks in ``rag.fault_*`` are sure and see little of what is told freely; these look at the same alignment more loosely and
leave it to the fitted weights (:mod:`rag.support`) what each is worth. Every value lies between 0 and 1, 0 where nothing is odd.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from rag.fault import MOST
from rag.formula import symbols
from rag.polarity import conditions, hedges, negations, opposites, parts, wholes
from rag.quantity import quantities

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rag.evidence import Alignment
    from rag.fault import Clauses

SIGNS = {
    "odd negation": -1,
    "crossed": -1,
    "crossed about": -1,
    "condition lost": -1,
    "hedge lost": -1,
    "part lost": -1,
    "whole added": -1,
    "hedge hardened": -1,
    "scattered": -1,
    "mixed": -1,
    "number apart": -1,
    "odd symbol": -1,
    "changed places": -1,
}
"""The signs, and which way each may move the support."""
_SYMBOL = re.compile(
    r"[a-z]{1,3}_[a-z0-9(]+[a-z0-9]*\)?|(?<![a-z])(?:sqrt|√|log|ln|sin|cos|tanh|exp|max|min|sum|argmax)(?![a-z])|"
    r"[=+*/^<>≤≥-](?=[a-z0-9(√|])|\d+/\d+|线性|二次|指数级|"
    r"平方根?|开方|相加|相乘|拼接|乘以|除以|减去|加上|倒数|指数|对数|立方|"
    r"squared?|squareroot|cubed?|inverse|linear(?:ly)?|"
    r"quadratic(?:ally)?|exponential(?:ly)?|logarithm(?:ic)?|product|quotient|divided|multiplied|added|subtracted"
)
"""What a formula is made of, in signs or in words."""
_LEAST = 0.3
"""Share of a clause that stands in a clause of the evidence before both are compared."""


def signs(alignment: Alignment, clauses: Clauses) -> dict[str, float]:
    """The value of each of :data:`SIGNS`."""
    out = dict.fromkeys(SIGNS, 0.0)
    if not len(alignment.weights):
        return out
    _polarity(alignment, clauses, out)
    _scope(alignment, clauses, out)
    _places(alignment, out)
    _symbols(alignment, out)
    return out


def _wide(matrix: NDArray[np.float32], owner: NDArray[np.int64]) -> NDArray[np.float32]:
    """``matrix`` with each clause reaching, weaker, into the next one and the one before of its sentence."""
    import numpy as np

    out: NDArray[np.float32] = matrix.copy()
    beside = np.flatnonzero(owner[1:] == owner[:-1])
    out[:, beside + 1] = np.maximum(out[:, beside + 1], 0.8 * matrix[:, beside])
    out[:, beside] = np.maximum(out[:, beside], 0.7 * matrix[:, beside + 1])
    return out


def _best(clauses: Clauses, number: int) -> tuple[int, float]:
    column = int(clauses.cover[number].round(4).argmax())
    return column, max(0.0, float(clauses.cover[number, column]) - _LEAST) / (1 - _LEAST)


def _polarity(alignment: Alignment, clauses: Clauses, out: dict[str, float]) -> None:
    """An odd number of negations and opposites between a clause and what covers it best; opposites alone, there and around it."""
    for number, said in enumerate(alignment.claim.clauses):
        column, fit = _best(clauses, number)
        if not fit:
            continue
        found = alignment.clauses[column]
        around = alignment.texts[int(alignment.owner[column])].folded
        swapped, about = _crossed(said, found), _crossed(alignment.claim.folded, around)
        odd = (len(negations(said)) + len(negations(found)) + swapped) % 2
        out["odd negation"] = max(out["odd negation"], fit * odd)
        out["crossed"] = max(out["crossed"], fit * min(1, swapped))
        out["crossed about"] = max(out["crossed about"], fit * min(2, about) / 2)


def _crossed(said: str, found: str) -> int:
    """How many words of one text have their opposite, and not themselves, in the other."""
    ours, theirs = opposites(said), opposites(found)
    return sum(
        word not in found and any(other in theirs and other not in said for other in others) for word, others in ours.items()
    )


def _scope(alignment: Alignment, clauses: Clauses, out: dict[str, float]) -> None:
    """What limits the evidence and is missing in the claim; what widens the claim and is missing in the evidence."""
    whole = alignment.claim.folded
    ours = (conditions(whole), hedges(whole), parts(whole))
    for number, said in enumerate(alignment.claim.clauses):
        column, fit = _best(clauses, number)
        if not fit:
            continue
        sentence = alignment.texts[int(alignment.owner[column])].folded
        near = " ".join(
            clause
            for place, clause in enumerate(alignment.clauses)
            if abs(place - column) < 2 and alignment.owner[place] == alignment.owner[column]
        )
        for name, have, theirs in zip(
            ("condition lost", "hedge lost", "part lost"), ours, (conditions(near), hedges(near), parts(near)), strict=True
        ):
            if theirs and not have:
                out[name] = max(out[name], fit)
        if wholes(said) and not wholes(sentence):
            out["whole added"] = max(out["whole added"], 0.4 + 0.6 * fit)
        if wholes(said) and not wholes(sentence) and (hedges(near) or parts(near) or conditions(near)):
            out["hedge hardened"] = max(out["hedge hardened"], 0.4 + 0.6 * fit)


def _with_numbers(alignment: Alignment) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Matrix, weights and clauses of the claim's words, and below them of those of its numbers that the evidence has."""
    import numpy as np

    claim = alignment.claim
    home = [word.clause for word in claim.words]
    rows = []
    have = [quantities(clause) for clause in alignment.clauses] if claim.quantities else []
    for quantity in claim.quantities:
        if not quantity.weak or quantity.dimension:
            row = [float(any(quantity.same(other) for other in clause)) for clause in have]
            if any(row):
                rows.append(row)
                home.append(bisect_right(claim.starts, quantity.start) - 1)
    if not rows:
        return alignment.matrix, alignment.weights, np.array(home)
    matrix = np.concatenate([alignment.matrix, np.array(rows, dtype=np.float32)])
    return matrix, np.concatenate([alignment.weights, np.ones(len(rows), dtype=np.float32)]), np.array(home)


def _places(alignment: Alignment, out: dict[str, float]) -> None:
    """Words and numbers that stand in the evidence, but not together; those of two clauses that fit better exchanged."""
    import numpy as np

    matrix, weights, home = _with_numbers(alignment)
    full = matrix.max(axis=1)
    starts = np.flatnonzero(np.diff(alignment.owner, prepend=-1))
    sentence, wide = np.maximum.reduceat(matrix, starts, axis=1), _wide(matrix, alignment.owner)
    live, fits = [], []
    for number in range(len(alignment.claim.clauses)):
        own = home == number
        rows = np.flatnonzero(own)
        total = float(weights[rows].sum())
        if not 0 < len(rows) <= MOST or total < 0.5:
            continue
        union = float(weights[rows] @ full[rows]) / total
        cover = weights[rows] @ wide[rows]
        out["scattered"] = max(out["scattered"], union - float((weights[rows] @ sentence[rows]).max()) / total)
        out["mixed"] = max(out["mixed"], union - float(cover.max()) / total)
        rest = total - np.where(own, weights, 0.0)
        around = cover - np.where(own, weights, 0.0)[:, None] * wide
        fit = np.where(rest > 0.3, (wide * around).max(axis=1) / np.maximum(rest, 0.3), 0.0)
        counted = rows[(rows >= len(alignment.weights)) & (rest[rows] > 0.3)]
        if len(counted):  # how well the clause stands where its number does not
            apart = around[counted].max(axis=1) / rest[counted] - fit[counted]
            out["number apart"] = max(out["number apart"], float(apart.max()))
        live.append(own & (full > 0.6) & (weights > 0.3))
        fits.append(fit)
    if 1 < len(live) <= 8:
        out["changed places"] = _exchange(live, fits)


def _exchange(clauses: Sequence[NDArray[np.bool_]], fits: Sequence[NDArray[np.float32]]) -> float:
    """How much better two words of two clauses, those of ``clauses``, would fit in each other's place; both must gain."""
    import numpy as np

    best = 0.0
    for place, (mine, here) in enumerate(zip(clauses, fits, strict=True)):
        for other in range(place + 1, len(clauses)):
            yours, there = clauses[other], fits[other]
            if mine.any() and yours.any():
                gain = np.minimum(here[yours][None, :] - here[mine][:, None], there[mine][:, None] - there[yours][None, :])
                best = max(best, float(gain.max()))
    return best


def _symbols(alignment: Alignment, out: dict[str, float]) -> None:
    """Symbols and words of a formula that the evidence, which has some too, has not."""
    ours = set(_SYMBOL.findall(symbols(alignment.claim.raw)))
    theirs = set(_SYMBOL.findall(symbols(" ".join(alignment.texts[place].raw for place in alignment.chosen)))) if ours else set()
    if theirs:
        out["odd symbol"] = min(2, len(ours - theirs)) / 2
