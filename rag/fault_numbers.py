"""Another number, unit, end of a range or formula; a number that the evidence gives for something else."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import takewhile
from typing import TYPE_CHECKING

from rag.evidence import CLOSE, FAR
from rag.fault import Fault
from rag.formula import formulas

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rag.evidence import Alignment, Evidence
    from rag.fault import Clauses
    from rag.quantity import Quantity
    from rag.words import Text

NAMED = 0.5
"""How close a name at least stands to each number of its text: it says what the whole is about."""
BESIDE = 0.15
"""How far the words around a number must stand around it in the evidence too; else it stands there for something else."""
FAR_OFF = 1000
"""How many times as large a number may be that is taken for what should have been said."""
FEW = 5
"""How many things a word for their number counts where any text may speak of as many others."""
_PART = re.compile(r"[a-z]-(\d[\d.]*[a-z]?)(?![\w.])")
"""A number in a name: llama-13b."""
APART = 0.6
"""What a word of another clause counts for the number of this one."""
COUNTED = 0.08
"""What counting the same things (层, "heads") is worth beside the words around a number."""
_RECKONS = re.compile(
    r"共|总|合计|相差|差了?|多|少|减|加|剩|余|\b(?:total|sum|together|difference|fewer|less|more|further|left|remaining|another|additional|combined|gap)\b"
)
"""What makes a sum or difference of the evidence's numbers one of the claim."""


def different_numbers(alignment: Alignment, clauses: Clauses, passages: Evidence) -> Iterator[Fault]:
    """Numbers of the claim that the evidence does not have, or has for something else."""
    claim = alignment.claim
    if not claim.quantities:
        return
    chosen = [alignment.texts[n] for n in alignment.chosen]
    have = [quantity for text in chosen for quantity in text.quantities]
    near = [quantity for text in alignment.texts for quantity in text.quantities]
    for quantity in claim.quantities:
        clause = _clause_at(claim, quantity.start)
        fit = float(clauses.best[clause]) if clauses.weight[clause] else 0.5
        if any(quantity.same(other) for other in near) or passages.has(quantity):
            yield from _moved(quantity, alignment)
            continue
        if quantity.weak or (_RECKONS.search(claim.folded) and _derived(quantity, have)):
            continue
        rivals = [other for other in have if _rival(quantity, other) and not any(q.same(other) for q in claim.quantities)]
        loose = [other for other in have if _rival(quantity, other)]
        if rivals or loose:
            other = min(rivals or loose, key=lambda other: (abs(len(other.text) - len(quantity.text)), other.start))
            yield Fault("number", (0.55 if rivals else 0.35) + 0.45 * fit, quantity.text.strip(), other.text.strip())
        else:
            few = not quantity.dimension and quantity.value % 1 == 0 and 1 <= quantity.value <= FEW
            yield Fault("unknown-number", 0.3 if few else 0.8, quantity.text.strip())


def _derived(quantity: Quantity, have: Sequence[Quantity]) -> bool:
    """Whether the number is the difference or the sum of two of the evidence."""
    alike = sorted(
        {other.value for other in have if other.dimension == quantity.dimension or not quantity.dimension}
        | {other.plain for other in have if not quantity.dimension}
    )[:12]
    wanted = abs(quantity.value)
    return any(abs(abs(a - b) - wanted) < 1e-9 or abs(a + b - wanted) < 1e-9 for n, a in enumerate(alike) for b in alike[n + 1 :])


def _rival(one: Quantity, other: Quantity) -> bool:
    if other.weak or "ordinal" in (one.dimension, other.dimension):
        return False
    if one.dimension or other.dimension:
        return one.dimension == other.dimension or one.plain == other.plain
    if one.counts.isascii() != other.counts.isascii():  # steps and 步
        return True
    return not one.counts or not other.counts or one.counts == other.counts


def _moved(quantity: Quantity, alignment: Alignment) -> Iterator[Fault]:
    """The number stands in the evidence, but the words around it stand closer to another of its kind."""
    if quantity.weak or not alignment.claim.words:
        return
    share = alignment.weights * _closeness(quantity, alignment.claim, near=10.0, least=0.1)
    share = share / share.sum()
    said = alignment.claim.quantities
    here, other, elsewhere = 0.0, "", 0.0
    for text in alignment.texts:
        if quantity.text.strip() in _PART.findall(text.folded):
            return
        if not text.quantities or not text.words:
            continue
        alike = _alike(alignment.claim, text)
        for found in text.quantities:
            fit = float(share @ (alike * _closeness(found, text, near=10.0, least=0.2)).max(axis=1))
            fit += COUNTED * ((found.counts == quantity.counts) - (found.counts != quantity.counts)) * bool(found.counts)
            if quantity.same(found) and not (quantity.dimension and found.counts):  # 8 heads are no 8 times
                here = max(here, fit)
            elif (
                fit > elsewhere and _instead(quantity, found, alignment.claim, text) and not any(one.same(found) for one in said)
            ):
                elsewhere, other = fit, found.text.strip()
    if elsewhere > here:
        yield Fault("moved", min(1.0, 0.31 + 1.5 * (elsewhere - here)), quantity.text.strip(), other)
    elif here < BESIDE and quantity.text[:1].isdigit() and quantity.value > 1:
        yield Fault("unknown-number", 0.3, quantity.text.strip())


def _instead(one: Quantity, other: Quantity, claim: Text, text: Text) -> bool:
    """Whether the second may be what should have been said for the first: a year for a year, a count for a count."""
    if not _rival(one, other) or _is_year(one) != _is_year(other):
        return False
    if not one.dimension and one.value and not 1 / FAR_OFF <= abs(other.value / one.value) <= FAR_OFF:
        return False
    if one.text[-1:] in "bm" and not one.dimension:  # 70b: a size
        return other.value >= 1e6
    if one.value <= FEW and not one.dimension and not one.text[:1].isdigit():  # 两种, "three heads"
        return one.counts == other.counts and _counted(one, claim) == _counted(other, text)
    return bool(one.dimension) or not one.counts or other.value % 1 == 0


def _counted(quantity: Quantity, text: Text) -> str:
    """The two characters behind number and counter: 矩阵 of 三个矩阵; empty at a stop."""
    behind = text.folded[quantity.end :].lstrip().removeprefix(quantity.counts)
    return "".join(takewhile(str.isalnum, behind[:2]))


def _is_year(quantity: Quantity) -> bool:
    return not quantity.dimension and not quantity.counts and 1900 <= quantity.value <= 2100 and quantity.value % 1 == 0


def _closeness(quantity: Quantity, text: Text, *, near: float, least: float) -> NDArray[np.float32]:
    """``[words]``: how close each word of ``text`` stands to ``quantity``, 1 to ``least`` (a name to :data:`NAMED`), falling off
    over ``near`` characters; in another clause :data:`APART` of that.
    """
    import numpy as np

    reach = near * (2.2 if text.folded.isascii() else 1.0)  # English takes more letters to say the same
    clause = _clause_at(text, quantity.start)
    gaps = np.array([max(0, word.start - quantity.end, quantity.start - word.end) for word in text.words])
    own = np.array([1.0 if word.clause == clause else APART for word in text.words])
    least_of = np.array([NAMED if word.name else least for word in text.words])
    closeness: NDArray[np.float32] = (own * (least_of + (1 - least_of) * np.exp(-gaps / reach))).astype(np.float32)
    return closeness


def _alike(claim: Text, text: Text) -> NDArray[np.float32]:
    """``[words of the claim, words of the text]``: 1 for the same word, less for a like one."""
    import numpy as np

    alike: NDArray[np.float32] = np.clip((claim.vectors @ text.vectors.T - FAR) / (CLOSE - FAR), 0.0, 0.9)
    keys = [word.key for word in text.words]
    for row, word in enumerate(claim.words):
        if word.name:
            alike[row] *= 0.5
        whole = len(word.key) > 1 and not word.key.isascii()
        alike[row, [key == word.key or (whole and (word.key in key or (len(key) > 1 and key in word.key))) for key in keys]] = 1.0
    return alike


def _clause_at(text: Text, position: int) -> int:
    return max(n for n, start in enumerate(text.starts) if start <= position)


def different_formulas(claim: str, passages: Evidence) -> Iterator[Fault]:
    """Formulas of the claim that the passages do not have, with the one most like each."""
    for formula in formulas(claim):
        if formula in passages.symbols:
            continue
        near = [(SequenceMatcher(None, formula, other, autojunk=False).ratio(), other) for other in passages.formulas]
        likeness, other = max(near, default=(0.0, ""))
        yield Fault("formula", likeness if likeness > 0.6 else 0.4, formula, other if likeness > 0.6 else "")
