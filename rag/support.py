"""From what was found to one number: the chance, 0..1, that a sentence is supported by its evidence.

A logistic curve over what was found, each held to one direction: more of the words found never lowers the chance, a fault
never raises it. A fault counts as it is, and once more by how much of the sentence is otherwise word for word the evidence's:
a different word in a quotation is a changed quotation, in a free rendering it is a rendering. Trees over the same features told
fewer held-out answers apart (README in ``rag/verifier``).

There are two curves. What anybody has ``written`` may render its passage as freely as a person does. What a model ``told`` from
the passages in its prompt keeps close to them, so that what it has of its own shows: words that no sentence of theirs has, or
only sentences far apart, and numbers.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log1p
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ingest.errors import ModelError
from ingest.lexical import has_chinese
from rag.contrast import SIGNS, signs
from rag.fault import Clauses
from rag.faults import KINDS, NUMBERS
from rag.harmless import SPECIAL
from rag.rivals import SIGNS as RIVALS
from rag.rivals import rivals

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rag.evidence import Alignment
    from rag.fault import Fault

Curve = Literal["written", "told"]

SHIPPED = Path(__file__).parent / "verifier"
OWN = 0.25
"""Strength above which a number is none of the passages'."""
DIRECTIONS = (
    {"found": 1, "found anywhere": 1, "nothing": -1, "words": 0, "other language": 0, "numbers": 0, "faults": -1}
    | {kind: -1 for kind in KINDS}
    | {f"{kind}, else alike": -1 for kind in KINDS}
    | SIGNS
    | RIVALS
    | {f"{sign}, else alike": direction for sign, direction in (SIGNS | RIVALS).items()}
)
"""Which way each feature may move the support; 0 leaves it free."""
TOLD = {"in one sentence": 1, "in two sentences": 1, "unnamed": 1, "missing": -1, "other language": 0, "own number": -1}
"""The same for what a model was told; more features told its held-out sentences no better apart."""
CURVES: dict[Curve, dict[str, int]] = {"written": DIRECTIONS, "told": TOLD}


def features(alignment: Alignment, faults: Sequence[Fault]) -> list[float]:
    """The numbers that the weights are for, in the order of :data:`DIRECTIONS`."""
    import numpy as np

    weights, claim = alignment.weights, alignment.claim
    total = float(weights.sum())
    chosen = (alignment.owner[:, None] == np.array(alignment.chosen)).any(axis=1)

    def share(matrix: NDArray[np.float32]) -> float:
        return float(weights @ matrix.max(axis=1)) / total if total else 0.5

    anywhere, alike = share(alignment.matrix), max(0.0, share(alignment.exact[:, chosen]) - 0.4) / 0.6
    values = {
        "found": share(alignment.matrix[:, chosen]),
        "found anywhere": anywhere,
        "nothing": max(0.0, 0.4 - anywhere) / 0.4,
        "words": log1p(total),
        "other language": _other_language(alignment),
        "numbers": min(3.0, float(len(claim.quantities))) / 3,
        "faults": min(4.0, float(sum(fault.strength > 0.3 for fault in faults))) / 4,
    }
    clauses = Clauses(alignment)
    seen = signs(alignment, clauses) | rivals(alignment, clauses)
    for fault in faults:
        before = seen.get(fault.kind, 0.0)
        seen[fault.kind] = 1 - (1 - before) * (1 - fault.strength) if fault.kind == "bound" else max(before, fault.strength)
    for kind, value in seen.items():
        values[kind] = value
        values[f"{kind}, else alike"] = value * alike**2
    return [values.get(name, 0.0) for name in DIRECTIONS]


def told(alignment: Alignment, faults: Sequence[Fault]) -> list[float]:
    """The numbers for the other curve, in the order of :data:`TOLD`.

    How much of the claim stands in one sentence of the evidence, and in two beside each other; how much of it in one, names
    aside, which sentences on one subject share anyway; how many of its words, by weight, stand nowhere; whether it has a number
    or a special token of its own.
    """
    import numpy as np

    weights = alignment.weights
    total = float(weights.sum())
    own = float(any((fault.kind in NUMBERS or SPECIAL.match(fault.said)) and fault.strength > OWN for fault in faults))
    if not total:
        return [0.5, 0.5, 0.5, 0.0, _other_language(alignment), own]
    found = np.maximum.reduceat(alignment.matrix, np.flatnonzero(np.diff(alignment.owner, prepend=-1)), axis=1)
    first = np.flatnonzero(np.diff(alignment.passages) == 0)
    pairs = np.maximum(found[:, first], found[:, first + 1]) if len(first) else found
    unnamed = weights * np.array([not word.name for word in alignment.claim.words], dtype=np.float32)
    one = float((weights @ found).max()) / total
    return [
        one,
        max(one, float((weights @ pairs).max()) / total),
        float((unnamed @ found).max() / unnamed.sum()) if unnamed.any() else 1.0,
        float(weights @ (1 - found.max(axis=1))) / 4,
        _other_language(alignment),
        own,
    ]


def _other_language(alignment: Alignment) -> float:
    return float(has_chinese(alignment.claim.folded) != any(has_chinese(alignment.texts[n].folded) for n in alignment.chosen))


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic curve: one weight a feature, of the sign that :data:`CURVES` asks for."""

    bias: float
    weights: tuple[float, ...]

    def __call__(self, values: Sequence[float]) -> float:
        """The chance, 0..1."""
        score = self.bias + sum(weight * value for weight, value in zip(self.weights, values, strict=True))
        return 1 / (1 + exp(-max(-50.0, min(50.0, score))))


@lru_cache(maxsize=4)
def load_weights(curve: Curve = "written", folder: Path = SHIPPED) -> Weights:
    """A curve of those in ``folder``. Raises ``ModelError`` when a file is missing, changed, or made for other features."""
    path = folder / "weights.json"
    try:
        data = path.read_bytes()
        digest = (folder / "SHA256SUMS").read_text(encoding="ascii").split()[0]
    except (OSError, ValueError, IndexError) as exc:
        raise ModelError(f"{path}: the verifier's weights cannot be read ({exc})") from exc
    if hashlib.sha256(data).hexdigest() != digest:
        raise ModelError(f"{path}: not the file that SHA256SUMS names; install the program again")
    try:
        record = json.loads(data)[curve]
        weights = {str(name): float(value) for name, value in record["weights"].items()}
        if list(weights) != list(CURVES[curve]):
            raise ModelError(f"{path}: made for other features; train again with python -m rag.verifier.train")
        return Weights(float(record["bias"]), tuple(weights.values()))
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ModelError(f"{path}: not the verifier's weights ({exc})") from exc
