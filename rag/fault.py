"""What the checks of a claim share: a fault, and how its clauses are covered by those of the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.evidence import Alignment
    from rag.words import Text, Word

MOST = 30
"""Words of a clause that are looked at one by one; more is a list without an end."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong."""

    kind: str
    strength: float
    said: str
    found: str = ""
    about: str = ""
    """The relation that is reversed: "cause", "compare", "order", "replace", "act"."""


class Clauses:
    """The clauses of a claim against those of the evidence: ``cover[i, j]`` is the share of clause i found in clause j."""

    def __init__(self, alignment: Alignment) -> None:
        import numpy as np

        self.rows: list[list[int]] = [[] for _ in alignment.claim.clauses]
        for row, word in enumerate(alignment.claim.words):
            self.rows[word.clause].append(row)
        weights = alignment.weights
        self.weight = [float(weights[rows].sum()) for rows in self.rows]
        self.cover: NDArray[np.float32] = np.stack(
            [
                weights[rows] @ alignment.matrix[rows] / weight
                if weight
                else np.zeros(alignment.matrix.shape[1], dtype=np.float32)
                for rows, weight in zip(self.rows, self.weight, strict=True)
            ]
        )
        self.best = self.cover.max(axis=1)


def shown(text: Text, word: Word) -> str:
    """A word as it stands in the folded text."""
    return text.folded[word.start : word.end]
