"""Put the footnotes of a sentence right: marks that do not support it go, and a passage that does takes their place.

A mark stays when its passage supports the sentence clearly by itself, when it is the best of several passages and not far from
that, or when the sentence needs it beside the others (half of it stands here, half there). A passage on the same topic shares
words with nearly every sentence of it, so what is only partly supported keeps no mark on that alone. Where another passage
supports the sentence clearly better, that one is cited instead; where none does, the sentence goes without a footnote, and its
check says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from rag.verify import PARTIAL, SUPPORTED, Check, check

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag.support import Curve

CLEAR = 0.59
"""Support from which on a mark stays: of wrong passages on the same topic one in twenty reaches it (README in rag/verifier)."""
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


def attribute(sentence: str, cited: Sequence[int], passages: Sequence[str], *, curve: Curve = "written") -> Attribution:
    """Keep the marks of ``cited`` (0-based places in ``passages``) that support ``sentence``, and find what is missing.

    Places that are none of ``passages`` are removed. A sentence that claims nothing keeps its marks. ``curve``: as in
    :func:`rag.verify.check`.
    """
    against = partial(check, sentence, curve=curve)
    marks = list(dict.fromkeys(cited))
    valid = [place for place in marks if 0 <= place < len(passages)]
    together = against([passages[place] for place in valid])
    if together.verdict == "no-claim":
        return _attribution(marks, valid, together)
    alone = {place: together if len(valid) == 1 else against([passages[place]]) for place in valid}
    best = max((found.support for found in alone.values()), default=0.0)
    elsewhere: dict[int, Check] = {}
    if max(best, together.support) < SURE:
        others = [place for place in range(len(passages)) if place not in valid][:LOOKED_AT]
        elsewhere = {place: against([passages[place]]) for place in others}
        better = max(elsewhere, key=lambda place: (elsewhere[place].support, -place), default=None)
        if better is not None and elsewhere[better].support >= max(SUPPORTED, together.support + MARGIN):
            return _attribution(marks, [better], elsewhere[better])
    top = max((found.support for found in elsewhere.values()), default=0.0)
    first = len(passages) > 1 and best >= top  # of one passage, being the best says nothing
    kept = [
        place
        for place, found in alone.items()
        if found.verdict != "contradicted"
        and (found.support >= max(CLEAR, best - MARGIN) or (first and found.support == best >= PARTIAL))
    ]
    if not kept and together.support >= CLEAR:
        kept = _needed(against, valid, passages, together)
    if not kept and top >= SUPPORTED:  # no passage stands out, and what is supported is never without a footnote
        kept = [max(elsewhere, key=lambda place: (elsewhere[place].support, -place))]
    single = {**alone, **elsewhere}.get(kept[0]) if len(kept) == 1 else None
    return _attribution(marks, kept, single or (against([passages[place] for place in kept]) if kept else together))


def _needed(against: Callable[[Sequence[str]], Check], places: list[int], passages: Sequence[str], together: Check) -> list[int]:
    """The marks without which the sentence is less supported; all where each can be spared for the others."""
    kept = [
        place
        for place in places
        if against([passages[other] for other in places if other != place]).support < together.support - MARGIN
    ]
    return kept or places


def _attribution(marks: list[int], kept: Sequence[int], found: Check) -> Attribution:
    return Attribution(
        citations=tuple(kept),
        check=found,
        removed=tuple(place for place in marks if place not in kept),
        added=tuple(place for place in kept if place not in marks),
    )
