"""More than the evidence says: all for some, must for may; names and clauses that stand nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.fault import Fault, shown
from rag.harmless import SPECIAL
from rag.polarity import reach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.evidence import Alignment, Evidence
    from rag.fault import Clauses


def too_far(alignment: Alignment, clauses: Clauses) -> Iterator[Fault]:
    """Clauses that hold for all or always where the evidence does not say so."""
    for number, said in enumerate(alignment.claim.clauses):
        ours = reach(said)
        if not ours.all or clauses.best[number] < 0.3:
            continue
        best = float(clauses.best[number])
        columns = [c for c in range(len(alignment.clauses)) if clauses.cover[number, c] >= best - 0.1]
        theirs = [reach(alignment.clauses[column]) for column in columns]
        if any(ours.all & their.all for their in theirs):
            continue
        sentence = [reach(alignment.texts[int(alignment.owner[c])].folded) for c in columns]
        some = sorted({word for their in [*theirs, *sentence] for word in their.some})
        if any(their.all for their in theirs):
            continue
        yield Fault(
            "reach",
            (0.5 + 0.5 * best)
            if any(t.some for t in theirs)
            else max(0.35 + 0.3 * bool(some), 0.7 * best if best > 0.8 else 0.0),
            sorted(ours.all)[0],
            some[0] if some else "",
        )


def unknown(alignment: Alignment, clauses: Clauses, passages: Evidence) -> Iterator[Fault]:
    """Names and special tokens that stand nowhere, clauses that nothing supports."""
    claim = alignment.claim
    for token in dict.fromkeys(SPECIAL.findall(claim.raw)):
        if not passages.writes(token):
            yield Fault("name", 1.0, token)
    best = alignment.matrix.max(axis=1) if len(alignment.weights) else alignment.weights
    for row, word in enumerate(claim.words):
        if word.name and best[row] < 0.7 and not passages.names(word.key):
            yield Fault("name", 1.0 - float(best[row]), shown(claim, word))
    for number, rows in enumerate(clauses.rows):
        if clauses.weight[number] >= 0.7 and (len(rows) > 1 or len(clauses.rows) == 1):
            left = float(alignment.weights[rows] @ (1.0 - best[rows])) / clauses.weight[number]
            if left > 0.5:
                yield Fault("added", left, claim.clauses[number].strip(" ,，。."))
