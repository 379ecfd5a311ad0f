"""A relation told the wrong way round (cause and effect, faster and slower, before and after), two words that changed places, and
another word in the same place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.fault import MOST, Fault, shown
from rag.fault_polarity import crossed
from rag.polarity import opposites, pivots

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.evidence import Alignment
    from rag.fault import Clauses
    from rag.words import Text, Word

_JOINED = re.compile(r"^\W*(?:和|与|及|以及|或|跟|同|而|and|or|nor)?\W*(?:the )?$")


def reversed_relations(alignment: Alignment) -> Iterator[Fault]:
    """Relations of which the two sides stand on the other sides in the evidence."""
    claim = alignment.claim
    for pivot in pivots(claim.folded):
        left, right = _sides(claim, pivot.start, pivot.end)
        if not left or not right:
            continue
        agrees = differs = 0.0
        against = ""
        for place in alignment.chosen:
            text = alignment.texts[place]
            for other in pivots(text.folded):
                if other.kind != pivot.kind:
                    continue
                there_left, there_right = _around(text.folded, other.start, other.end)
                straight = min(_within(left, there_left), _within(right, there_right))
                crossed = min(_within(left, there_right), _within(right, there_left))
                turned = (pivot.sign != other.sign) != (_denied(claim.folded, pivot.start) != _denied(text.folded, other.start))
                if pivot.kind == "compare" and _turns(
                    claim.folded[pivot.start : pivot.end + 24], text.folded[other.start : other.end + 24]
                ):
                    turned = not turned
                same, opposite = (crossed, straight) if turned else (straight, crossed)
                agrees = max(agrees, same)
                if opposite - same > 0.2 and opposite > differs:
                    differs, against = opposite, text.folded[max(0, other.start - 16) : other.end + 16].strip()
        if differs > agrees + 0.15 and differs >= 0.35:
            yield Fault(
                "reversed",
                min(1.0, differs),
                claim.folded[max(0, pivot.start - 16) : pivot.end + 16].strip(" ,，。."),
                against,
                pivot.kind,
            )


def _turns(said: str, found: str) -> bool:
    return crossed(opposites(said), opposites(found), said, found) is not None


def _denied(text: str, start: int) -> bool:
    return re.search(r"(?:[不没未]|not|n't|never)\s?\w{0,4}\s?$", text[max(0, start - 8) : start]) is not None


def _sides(text: Text, start: int, end: int) -> tuple[list[Word], list[Word]]:
    """The content words on either side of a pivot, the nearest five; all to the right of a leading one count as two sides."""
    left = [word for word in text.words if word.end <= start][:-6:-1]
    right = [word for word in text.words if word.start >= end]
    if not left and right:  # "because A, B"
        first = right[0].clause
        left, right = [w for w in right if w.clause != first], [w for w in right if w.clause == first]
        return left[:5], right[:5]
    return left, right[:5]


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    left, right = text[max(0, start - 60) : start], text[end : end + 60]
    if not left.strip() and ("," in right or "，" in right):
        right, _, left = right.replace("，", ",").partition(",")
    return left, right


def _within(words: Sequence[Word], text: str) -> float:
    """Share of ``words``, the nearest to the relation first, that stand in ``text``; each counts half of the one before."""
    total = found = 0.0
    for place, word in enumerate(words):
        weight = word.weight * 0.5**place
        total += weight
        found += weight * (word.key in text)
    return found / total if total else 0.0


def exchanged(alignment: Alignment) -> Iterator[Fault]:
    """Two words in each other's place: with both put back, all words stand in the order of the evidence. Clauses that only
    follow in another order leave more than two words out of place.
    """
    text = " ".join(alignment.texts[place].folded for place in sorted(alignment.chosen))
    claim = alignment.claim
    words = [word for row, word in enumerate(claim.words) if alignment.exact[row].max() >= 1.0 and word.key in text]
    if not 3 <= len(words) <= 20 or sum(word.weight for word in words) < 0.75 * float(alignment.weights.sum()):
        return
    keys = [word.key for word in words]
    if (stuck := _order(keys, text)) is None:
        return
    for one in range(min(stuck + 1, len(keys))):
        for two in range(one + 1, len(keys)):
            if min(words[one].weight, words[two].weight) < 0.6 or keys[one] in keys[two] or keys[two] in keys[one]:
                continue
            put_back = [*keys]
            put_back[one], put_back[two] = keys[two], keys[one]
            if _order(put_back, text) is None:
                between = claim.folded[words[one].end : words[two].start]
                joined = two == one + 1 and _JOINED.search(between) is not None
                places = sorted((text.find(keys[one]), text.find(keys[two])))
                turned = {p.sign for p in pivots(between)} != {p.sign for p in pivots(text[places[0] : places[1]])}
                if not joined and not turned:
                    yield Fault("exchanged", 0.9, shown(claim, words[one]), shown(claim, words[two]))
                return


def _order(keys: Sequence[str], text: str) -> int | None:
    """The first of ``keys`` that does not stand behind the one before it; ``None`` where all follow each other."""
    place = 0
    for number, key in enumerate(keys):
        place = text.find(key, place)
        if place < 0:
            return number
        place += len(key)
    return None


def swapped(alignment: Alignment, clauses: Clauses) -> Iterator[Fault]:
    """Between the same neighbours another word stands."""
    claim = alignment.claim
    for number, rows in enumerate(clauses.rows):
        if not rows or len(rows) > MOST or clauses.best[number] < 0.4:
            continue
        column = int((clauses.cover[number].round(4)).argmax())
        text = alignment.texts[int(alignment.owner[column])]
        here = text.folded
        places = [here.find(claim.words[row].key) for row in rows]
        for at, row in enumerate(rows):
            found = float(alignment.matrix[row][alignment.owner == alignment.owner[column]].max())
            if found > 0.8 or alignment.weights[row] < 0.3 or len(claim.words[row].key) < 2:
                continue
            before = max((places[i] + len(claim.words[rows[i]].key) for i in range(at) if places[i] >= 0), default=None)
            after = min(
                (places[i] for i in range(at + 1, len(rows)) if places[i] >= 0 and (before is None or places[i] >= before)),
                default=None,
            )
            start = before if before is not None else max((s for s in text.starts if after is not None and s <= after), default=0)
            end = after if after is not None else min((s for s in text.starts if s > start), default=len(here))
            if (before is None and after is None) or end - start > 40:
                continue
            others = [
                w for w in text.words if start <= w.start and w.end <= end and w.weight >= 0.3 and w.key not in claim.folded
            ]
            if others:
                other = max(others, key=lambda w: w.weight)
                said, found_word = shown(claim, claim.words[row]), shown(text, other)
                fit = float(clauses.best[number])
                both = 1.0 if before is not None and after is not None else 0.7
                unlike = 1.0 - found
                kind = "opposite" if found_word in opposites(said).get(said, ()) and row not in claim.denied else "swapped"
                yield Fault(kind, max(0.8, fit) if kind == "opposite" else min(1.0, fit * both * unlike), said, found_word)
