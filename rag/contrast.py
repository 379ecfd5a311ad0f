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
    import numpy as np
    from numpy.typing import NDArray

    from rag.evidence import Alignment
    from rag.fault import Clauses

SIGNS = {
    "odd negation": -1,
    "odd negation about": -1,
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
    "odd word": -1,
    "odd symbol": -1,
    "changed places": -1,
    "out of order": -1,
    "unknown words": -1,
    "weakest words": -1,
}
"""The signs, and which way each may move the support."""
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
    _residue(alignment, clauses, out)
    _words(alignment, out)
    return out


def _wide(matrix: NDArray[np.float32], owner: NDArray[np.int64]) -> NDArray[np.float32]:
    """``matrix`` with each clause reaching, weaker, into the next one and the one before of its sentence."""
    import numpy as np

    out = matrix.copy()
    beside = np.flatnonzero(owner[1:] == owner[:-1])
    out[:, beside + 1] = np.maximum(out[:, beside + 1], 0.8 * matrix[:, beside])
    out[:, beside] = np.maximum(out[:, beside], 0.7 * matrix[:, beside + 1])
    return out


def _best(clauses: Clauses, number: int) -> tuple[int, float]:
    column = int(clauses.cover[number].round(4).argmax())
    return column, max(0.0, float(clauses.cover[number, column]) - _LEAST) / (1 - _LEAST)


def _polarity(alignment: Alignment, clauses: Clauses, out: dict[str, float]) -> None:
    """An odd number of negations and opposites between a clause and what covers it best, and between it and all around that."""
    for number, said in enumerate(alignment.claim.clauses):
        column, fit = _best(clauses, number)
        if not fit:
            continue
        found = alignment.clauses[column]
        around = alignment.texts[int(alignment.owner[column])].folded
        ours = len(negations(said))
        swapped, about = _crossed(said, found), _crossed(alignment.claim.folded, around)
        odd = (ours + len(negations(found)) + swapped) % 2
        out["odd negation"] = max(out["odd negation"], fit * odd)
        out["odd negation about"] = max(out["odd negation about"], fit * (bool(ours) != bool(negations(around))))
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
    wide = bool(wholes(whole))
    for number, said in enumerate(alignment.claim.clauses):
        column, fit = _best(clauses, number)
        if not fit:
            continue
        sentence = alignment.texts[int(alignment.owner[column])].folded
        first = max(0, column - 1) if column and alignment.owner[column - 1] == alignment.owner[column] else column
        last = column + 1 if column + 1 < len(alignment.owner) and alignment.owner[column + 1] == alignment.owner[column] else column
        near = " ".join(alignment.clauses[first : last + 1])
        for name, have, theirs in zip(
            ("condition lost", "hedge lost", "part lost"), ours, (conditions(near), hedges(near), parts(near)), strict=True
        ):
            if theirs and not have:
                out[name] = max(out[name], fit)
        if wholes(said) and not wholes(sentence):
            out["whole added"] = max(out["whole added"], 0.4 + 0.6 * fit)
        if wide and not wholes(sentence) and (hedges(near) or parts(near) or conditions(near)):
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
    """Words and numbers that stand in the evidence, but not together; such of two clauses that fit better in each other's place."""
    import numpy as np

    matrix, weights, home = _with_numbers(alignment)
    full = matrix.max(axis=1)
    starts = np.flatnonzero(np.diff(alignment.owner, prepend=-1))
    sentence, wide = np.maximum.reduceat(matrix, starts, axis=1), _wide(matrix, alignment.owner)
    live, fits = [], []
    for number in range(len(alignment.claim.clauses)):
        rows = np.flatnonzero(home == number)
        total = float(weights[rows].sum())
        if not 0 < len(rows) <= MOST or total < 0.5:
            continue
        union = float(weights[rows] @ full[rows]) / total
        cover = weights[rows] @ wide[rows]
        out["scattered"] = max(out["scattered"], union - float((weights[rows] @ sentence[rows]).max()) / total)
        out["mixed"] = max(out["mixed"], union - float(cover.max()) / total)
        own = np.where((home == number)[:, None], weights[:, None] * wide, 0.0)
        rest = total - np.where(home == number, weights, 0.0)
        fits.append(np.where(rest > 0.3, (wide * (cover - own)).max(axis=1) / np.maximum(rest, 0.3), 0.0))
        live.append(number)
        for row in rows:
            if row >= len(alignment.weights) and rest[row] > 0.3:  # a number, and how well its clause stands where it does not
                best = float((cover - own[row]).max()) / rest[row]
                out["number apart"] = max(out["number apart"], float(best - fits[-1][row]))
    if 1 < len(live) <= 8:
        fit = np.stack(fits, axis=1)
        movable = (full > 0.6) & (weights > 0.3)
        for place, number in enumerate(live):
            for other in range(place + 1, len(live)):
                ours, theirs = np.flatnonzero(movable & (home == number)), np.flatnonzero(movable & (home == live[other]))
                if len(ours) and len(theirs):
                    here = fit[theirs, place][None, :] - fit[ours, place][:, None]
                    there = fit[ours, other][:, None] - fit[theirs, other][None, :]
                    out["changed places"] = max(out["changed places"], float(np.minimum(here, there).max()))
    out["out of order"] = _disorder(alignment)


def _disorder(alignment: Alignment) -> float:
    """Share of the neighbouring words of the claim, all of one sentence of the evidence, that stand there the other way round."""
    text = alignment.texts[alignment.chosen[0]].folded
    at = [(text.find(word.key), text.rfind(word.key)) for word in alignment.claim.words if len(word.key) > 1]
    at = [places for places in at if places[0] >= 0]
    if len(at) < 3:
        return 0.0
    turned = sum(one[0] > other[1] for one, other in zip(at, at[1:], strict=False))
    return turned / (len(at) - 1)


def _words(alignment: Alignment, out: dict[str, float]) -> None:
    """How many weighty words stand nowhere, and how badly the three worst do."""
    import numpy as np

    lost = alignment.weights * (1.0 - alignment.matrix.max(axis=1))
    out["unknown words"] = min(1.0, float((lost > 0.45).sum()) / 4)
    out["weakest words"] = min(1.0, float(np.sort(lost)[-3:].sum()) / 3)


_SYMBOL = re.compile(r"[a-z]{1,3}_[a-z0-9(]+[a-z0-9]*\)?|(?<![a-z])(?:sqrt|√|log|ln|sin|cos|tanh|exp|max|min|sum|argmax)(?![a-z])|[=+*/^<>≤≥-](?=[a-z0-9(√|])|\d+/\d+|平方根?|开方|相加|相乘|拼接|乘以|除以|减去|加上|倒数|指数|对数|立方|squared?|square root|cubed?|inverse|linear(?:ly)?|quadratic(?:ally)?|exponential(?:ly)?|logarithm(?:ic)?|product|quotient|divided|multiplied|added|subtracted|线性|二次|指数级")


def _residue(alignment: Alignment, clauses: Clauses, out: dict[str, float]) -> None:
    """What is left over of a clause that is otherwise nearly the evidence's: one weighty word, a symbol of a formula."""
    for number, rows in enumerate(clauses.rows):
        fit = float(clauses.best[number])
        if len(rows) < 3 or fit < 0.5 or len(rows) > MOST:
            continue
        column = int(clauses.cover[number].round(4).argmax())
        left = float((alignment.weights[rows] * (1.0 - alignment.matrix[rows, column])).max())
        out["odd word"] = max(out["odd word"], min(1.0, left) * (fit - 0.5) * 2)
        out["odd word"] = min(1.0, out["odd word"])
    ours = set(_SYMBOL.findall(symbols(alignment.claim.raw)))
    if ours:
        theirs = set(_SYMBOL.findall(symbols(" ".join(alignment.texts[place].raw for place in alignment.chosen))))
        if theirs:
            out["odd symbol"] = min(2, len(ours - theirs)) / 2
