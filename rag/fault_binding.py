"""A thing that stands in the evidence, but of which the evidence says something else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.fault import MOST, Fault, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rag.evidence import Alignment
    from rag.fault import Clauses

_ITEM = re.compile(r"\s*(?:\(?\d{1,2}[.、)）:](?!\d)|[-*+•·|]\s|[①-⑳]|[（(][一二三四五六七八九十\d]{1,2}[)）])")
_LISTED = re.compile(r"[、/]|\s?(?:和|与|及|以及|或)\s?|,\s|\s(?:and|or)\s")


def bound_elsewhere(alignment: Alignment, clauses: Clauses) -> Iterator[Fault]:
    """A word that stands in the evidence, but never where the rest of its clause stands: the evidence says it of another."""
    import numpy as np

    weights = alignment.weights
    for number, rows in enumerate(clauses.rows):
        if clauses.weight[number] < 0.8 or len(rows) > MOST:
            continue
        for place, (unit, stands, text) in enumerate(_units(alignment, rows)):
            rest = [row for row in rows if row not in unit]
            if not rest or weights[unit].sum() < 0.5 or not stands.max():
                continue
            around = weights[rest] @ alignment.matrix[rest] / float(weights[rest].sum() or 1.0)
            best = float(around.max())
            if best <= 0.5:
                continue
            with_it = float((around * _carried(stands, text, alignment, unit)).max())
            if best - with_it > 0.15:
                column = int(np.argmax(np.round(around, 4)))
                leading = 1.0 if place == 0 or alignment.claim.words[unit[0]].name else 0.6
                yield Fault("bound", min(1.0, (best - with_it) * leading), text, alignment.clauses[column].strip(" ,，。."))


def _units(alignment: Alignment, rows: Sequence[int]) -> Iterator[tuple[list[int], NDArray[np.float32], str]]:
    """The words of a clause that can be bound, with where they stand: words of two characters and more; two single
    characters that stand side by side in the claim and in the evidence (a person's name) are one.
    """
    import numpy as np

    words, claim, at = alignment.claim.words, alignment.claim, 0
    while at < len(rows):
        row = rows[at]
        at += 1
        word = words[row]
        if len(word.key) > 1 or word.name:
            yield [row], (alignment.exact[row] >= 1.0).astype(np.float32), shown(claim, word)
        elif at < len(rows) and len(words[rows[at]].key) == 1 and words[rows[at]].start == word.end:
            pair = claim.folded[word.start : words[rows[at]].end]
            yield [row, rows[at]], np.array([pair in clause for clause in alignment.clauses], dtype=np.float32), pair
            at += 1


def _carried(stands: NDArray[np.float32], word: str, alignment: Alignment, unit: Sequence[int]) -> NDArray[np.float32]:
    """How far a word reaches in the evidence: 1 in its clause, less in each that follows or goes before in its sentence, and
    hardly into a clause that leads with another thing of the claim, a name, or a word of the same make (甲方, 乙方).
    """
    out: NDArray[np.float32] = stands.copy()
    owner, passages = alignment.owner, alignment.passages
    own = {alignment.claim.words[row].clause for row in unit}
    words = alignment.claim.words
    beside = _siblings(word, alignment.clauses)
    rivals = {
        w.key
        for n, w in enumerate(words)
        if w.clause not in own and (n == 0 or words[n - 1].clause != w.clause) and len(w.key) > 1 and w.key not in word
    }

    def step(column: int, usual: float) -> float:
        lead = alignment.leads[column]
        if (
            beside
            and word not in alignment.texts[int(owner[column])].folded
            and any(other in alignment.texts[int(owner[column])].folded for other in beside)
        ):
            return 0.2
        other = any(
            w.key not in word
            and (w.name or w.key in rivals or (not word.isascii() and len(w.key) > 1 and set(w.key) & set(word)))
            for w in lead[:1]
        )
        return 0.3 if other else usual

    above = 0.0  # what stands above a list reaches each of its items, an item not the next one
    for column in range(1, len(out)):
        if passages[owner[column]] != passages[owner[column - 1]]:
            above = 0.0
            continue
        new = owner[column] != owner[column - 1]
        item = new and _ITEM.match(alignment.texts[int(owner[column])].raw) is not None
        if new and _ITEM.match(alignment.texts[int(owner[column - 1])].raw) is None:
            above = float(out[column - 1])
        if not stands[column]:
            out[column] = max(out[column], (above if item else float(out[column - 1])) * step(column, 0.82 if new else 0.92))
    for column in range(len(out) - 1):
        if owner[column] == owner[column + 1] and stands[column + 1]:
            out[column] = max(out[column], stands[column + 1] * step(column, 0.75))
    return out


def _siblings(word: str, clauses: Sequence[str]) -> set[str]:
    """What is named beside a word in an enumeration ("A、B 和 C")."""
    out: set[str] = set()
    for clause in clauses:
        if word in clause and _LISTED.search(clause):
            parts = [part.strip(" ,，。.;；:：") for part in _LISTED.split(clause)]
            if word in parts:
                out |= {part for part in parts if part and part != word and len(part) < 16}
    return out
