"""What a claim says otherwise than its evidence: a module for each kind of check, each fault with what was said and found.

``number`` another value, unit or end of a range; ``moved`` a number that the evidence gives for something else; ``negation`` and
``opposite``; ``reversed`` a relation told the wrong way round; ``bound`` a thing that the evidence says something else of;
``exchanged`` two words that changed places; ``edited`` the one thing in which a clause differs from one of the evidence;
``swapped`` another word in the same place; ``reach`` all for some, must for may; ``name`` and ``added`` what stands nowhere. A
strength, 0..1, is how well the rest fits: a different number in a sentence that is otherwise the same is a changed number, in
another sentence it says little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.evidence import align, evidence
from rag.fault import Clauses, Fault
from rag.fault_binding import bound_elsewhere
from rag.fault_edit import edited
from rag.fault_numbers import different_formulas, different_numbers
from rag.fault_polarity import turned_round
from rag.fault_reach import too_far, unknown
from rag.fault_relations import exchanged, reversed_relations, swapped

if TYPE_CHECKING:
    from rag.evidence import Alignment, Evidence

KINDS = (
    *("number", "unknown-number", "moved", "formula", "negation", "opposite", "reversed"),
    *("bound", "exchanged", "edited", "swapped", "reach", "name", "added"),
)
NUMBERS = frozenset({"number", "unknown-number", "moved"})
"""Those of a number."""


def find(alignment: Alignment, passages: Evidence) -> list[Fault]:
    """All faults, the surest first."""
    clauses = Clauses(alignment)
    found = [
        *different_numbers(alignment, clauses, passages),
        *different_formulas(alignment.claim.raw, passages),
        *turned_round(alignment, clauses),
        *reversed_relations(alignment),
        *bound_elsewhere(alignment, clauses),
        *exchanged(alignment),
        *edited(alignment),
        *swapped(alignment, clauses),
        *too_far(alignment, clauses),
        *unknown(alignment, clauses, passages),
    ]
    return sorted(
        (fault for fault in found if fault.strength > 0.05), key=lambda fault: (-fault.strength, fault.kind, fault.said)
    )


def says_opposite(claim: str, passage: str) -> str:
    """Give "replacement", "opposite" or "negation" where ``passage`` contradicts ``claim`` in that way, else an empty text."""
    passages = evidence((passage,))
    alignment = align(claim, passages)
    if alignment is None:
        return ""
    if any(fault.kind == "reversed" and fault.about == "replace" for fault in reversed_relations(alignment)):
        return "replacement"
    faults = sorted(turned_round(alignment, Clauses(alignment)), key=lambda fault: -fault.strength)
    return faults[0].kind if faults and faults[0].strength >= 0.5 else ""
