"""Put the footnotes of a sentence right: marks that do not support it go, and a passage that does takes their place.

A mark stays when its passage supports the sentence by itself, or when the sentence needs it beside the others (half of it
stands here, half there). Where another passage supports it clearly better, that one is cited
instead; where none does, the sentence goes without a footnote, and its check says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.verify import PARTIAL, SUPPORTED, Check, check

if TYPE_CHECKING:
    from collections.abc import Sequence

MARGIN = 0.15
"""By how much less a sentence is supported without a mark that it needs, or with a mark's passage than with the best one."""
SURE = 0.9
"""Support from which on no better passage is looked for."""
LOOKED_AT = 12
"""Other passages that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The footnotes of one sentence, put right."""

    citations: tuple[int, ...]
    """Places in the passages, 0-based, in the order of the marks, added ones last."""
    check: Check
    """The sentence against the passages that it cites now; against those it cited, where none is left."""
    removed: tuple[int, ...]
    added: tuple[int, ...]


def attribute(sentence: str, cited: Sequence[int], passages: Sequence[str]) -> Attribution:
    """Keep the marks of ``cited`` (0-based places in ``passages``) that support ``sentence``, and find what is missing.

    Places that are none of ``passages`` are removed. A sentence that claims nothing keeps its marks.
    """
    marks = list(dict.fromkeys(cited))
    valid = [place for place in marks if 0 <= place < len(passages)]
    together = check(sentence, [passages[place] for place in valid])
    if together.verdict == "no-claim":
        return _attribution(marks, valid, together)
    alone = {place: check(sentence, [passages[place]]) for place in valid}
    best = max((found.support for found in alone.values()), default=0.0)
    if max(best, together.support) < SURE:
        others = [place for place in range(len(passages)) if place not in valid][:LOOKED_AT]
        found = {place: check(sentence, [passages[place]]) for place in others}
        better = max(found, key=lambda place: (found[place].support, -place), default=None)
        if better is not None and found[better].support >= max(SUPPORTED, together.support + MARGIN):
            return _attribution(marks, [better], found[better])
    enough = SUPPORTED if together.support >= SUPPORTED else PARTIAL
    kept = [
        place for place in valid if alone[place].support >= max(enough, best - MARGIN) and alone[place].verdict != "contradicted"
    ]
    if not kept and together.support >= SUPPORTED:
        kept = _needed(sentence, valid, passages, together)
    return _attribution(marks, kept, check(sentence, [passages[place] for place in kept]) if kept else together)


def _needed(sentence: str, places: list[int], passages: Sequence[str], together: Check) -> list[int]:
    """The marks without which the sentence is less supported; all where each can be spared for the others."""
    kept = [
        place
        for place in places
        if check(sentence, [passages[other] for other in places if other != place]).support < together.support - MARGIN
    ]
    return kept or places


def _attribution(marks: list[int], kept: Sequence[int], found: Check) -> Attribution:
    return Attribution(
        citations=tuple(kept),
        check=found,
        removed=tuple(place for place in marks if place not in kept),
        added=tuple(place for place in kept if place not in marks),
    )
