"""Another number, unit, end of a range or formula; a number that the evidence gives for something else."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from rag.fault import Fault
from rag.formula import formulas
from rag.quantity import quantities

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.evidence import Alignment, Evidence
    from rag.fault import Clauses
    from rag.quantity import Quantity
    from rag.words import Text

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
            yield from _moved(quantity, clause, alignment, clauses)
            continue
        if quantity.weak or (_RECKONS.search(claim.folded) and _derived(quantity, have)):
            continue
        rivals = [other for other in have if _rival(quantity, other) and not any(q.same(other) for q in claim.quantities)]
        loose = [other for other in have if _rival(quantity, other)]
        if rivals or loose:
            other = min(rivals or loose, key=lambda other: (abs(len(other.text) - len(quantity.text)), other.start))
            yield Fault("number", (0.55 if rivals else 0.35) + 0.45 * fit, quantity.text.strip(), other.text.strip())
        else:
            few = not quantity.dimension and quantity.value in (1, 2, 3, 4, 5)
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
    return not one.counts or not other.counts or one.counts == other.counts


def _moved(quantity: Quantity, clause: int, alignment: Alignment, clauses: Clauses) -> Iterator[Fault]:
    """The number stands in the evidence, but where the rest of its clause stands, there is another of its kind."""
    if quantity.weak or clauses.weight[clause] < 0.3:
        return
    here, elsewhere, other_text = 0.0, 0.0, ""
    owner = alignment.owner
    for column, text in enumerate(alignment.clauses):
        cover = float(clauses.cover[clause, column])
        numbers = quantities(text)
        if any(quantity.same(other) for other in numbers):
            beside = [n for n in (column - 1, column + 1) if 0 <= n < len(owner) and owner[n] == owner[column]]
            here = max([here, cover, *(0.9 * float(clauses.cover[clause, n]) for n in beside)])
        elif cover > elsewhere and (
            rivals := [
                o
                for o in numbers
                if (not o.weak or o.text.strip()[:1].isdigit())
                and o.dimension == quantity.dimension
                and (o.dimension or o.counts == quantity.counts)
            ]
        ):
            elsewhere, other_text = cover, rivals[0].text
    if elsewhere > 0.55 and elsewhere - here > 0.2:
        yield Fault("moved", min(1.0, elsewhere - here + 0.3), quantity.text.strip(), other_text.strip())


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
