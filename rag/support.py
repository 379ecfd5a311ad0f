"""From what was found to one number: the chance, 0..1, that a sentence is supported by its evidence.

A logistic curve over :data:`FEATURES`, each held to one direction: more of the words found never lowers the chance, a fault
never raises it. A fault counts as it is, and once more by how much of the sentence is otherwise word for word the evidence's:
a different word in a quotation is a changed quotation, in a free rendering it is a rendering. Trees learned more of the claims
made by rule and less of what people write: on the development set they told fewer answers apart (README in ``rag/verifier``).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log1p
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import ModelError
from ingest.lexical import has_chinese
from rag.contrast import SIGNS, signs
from rag.fault import Clauses
from rag.faults import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.evidence import Alignment
    from rag.fault import Fault

SHIPPED = Path(__file__).parent / "verifier"
DIRECTIONS = (
    {
        "found": 1,
        "found exactly": 1,
        "found in one sentence": 1,
        "found anywhere": 1,
        "weakest clause": 1,
        "pairs": 1,
        "cosine": 1,
    }
    | {
        "nothing": -1,
        "far": -1,
        "largest left": -1,
        "left": -1,
        "words": 0,
        "other language": 0,
        "numbers": 0,
        "names found": 1,
        "faults": -1,
        "added to a quote": -1,
    }
    | {kind: -1 for kind in KINDS}
    | {f"{kind}, else alike": -1 for kind in KINDS}
    | SIGNS
    | {f"{sign}, else alike": direction for sign, direction in SIGNS.items()}
)
"""Which way each feature may move the support; 0 leaves it free."""
FEATURES = tuple(DIRECTIONS)


def features(alignment: Alignment, faults: Sequence[Fault]) -> list[float]:
    """The numbers that the weights are for, in the order of :data:`FEATURES`."""
    import numpy as np

    weights, claim = alignment.weights, alignment.claim
    total = float(weights.sum())
    chosen = (alignment.owner[:, None] == np.array(alignment.chosen)).any(axis=1)
    first = alignment.owner == alignment.chosen[0]
    found = np.zeros(0) if not total else alignment.matrix[:, chosen].max(axis=1)
    anywhere = np.zeros(0) if not total else alignment.matrix.max(axis=1)

    def share(values: object) -> float:
        return float(weights @ values) / total if total else 0.5  # type: ignore[operator]

    weakest, best = 1.0, 0.0
    for clause in range(len(claim.clauses)):
        rows = [row for row, word in enumerate(claim.words) if word.clause == clause]
        if rows and float(weights[rows].sum()) >= 0.5:
            part = float(weights[rows] @ found[rows]) / float(weights[rows].sum())
            weakest, best = min(weakest, part), max(best, part)
    left = weights * (1 - anywhere) if total else weights
    names = [row for row, word in enumerate(claim.words) if word.name]
    values = {
        "found": share(found),
        "found exactly": share(alignment.exact[:, chosen].max(axis=1)) if total else 0.5,
        "found in one sentence": share(alignment.matrix[:, first].max(axis=1)) if total else 0.5,
        "found anywhere": share(anywhere),
        "weakest clause": weakest,
        "pairs": _pairs(alignment),
        "cosine": _cosine(alignment),
        "largest left": float(left.max()) if total else 0.0,
        "left": float(left.sum()),
        "words": log1p(total),
        "other language": float(
            has_chinese(claim.folded) != any(has_chinese(alignment.texts[n].folded) for n in alignment.chosen)
        ),
        "numbers": min(3.0, float(len(claim.quantities))) / 3,
        "names found": min(3.0, float(sum(anywhere[row] >= 0.95 for row in names))) / 3,
        "faults": min(4.0, float(sum(fault.strength > 0.3 for fault in faults))) / 4,
    }
    values["nothing"] = max(0.0, 0.4 - values["found anywhere"]) / 0.4
    values["far"] = max(0.0, 0.5 - values["cosine"]) / 0.5
    values["left"] = min(1.0, values["left"] / 4)
    alike = max(0.0, values["found exactly"] - 0.4) / 0.6
    for fault in faults:
        before = values.get(fault.kind, 0.0)
        values[fault.kind] = 1 - (1 - before) * (1 - fault.strength) if fault.kind == "bound" else max(before, fault.strength)
        values[f"{fault.kind}, else alike"] = values[fault.kind] * alike
        if fault.kind == "added":
            values["added to a quote"] = max(values.get("added to a quote", 0.0), fault.strength * best)
    for sign, value in signs(alignment, Clauses(alignment)).items():
        values[sign] = value
        values[f"{sign}, else alike"] = value * alike
    return [values.get(name, 0.0) for name in FEATURES]


def _pairs(alignment: Alignment) -> float:
    """Share of neighbouring words of the claim that stand together in one clause of the evidence."""
    import numpy as np

    if len(alignment.weights) < 2:
        return 1.0
    both = np.minimum(alignment.matrix[:-1], alignment.matrix[1:]).max(axis=1)
    weights = alignment.weights[:-1] + alignment.weights[1:]
    return float(weights @ both) / float(weights.sum())


def _cosine(alignment: Alignment) -> float:
    import numpy as np

    if not len(alignment.weights):
        return 0.0
    one = alignment.weights @ alignment.claim.vectors
    best = 0.0
    for place in alignment.chosen:
        text = alignment.texts[place]
        if text.words:
            other = np.array([word.weight for word in text.words], dtype=np.float32) @ text.vectors
            lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
            best = max(best, float(one @ other) / lengths if lengths else 0.0)
    return best


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic curve: one weight a feature, of the sign that :data:`DIRECTIONS` asks for."""

    bias: float
    weights: tuple[float, ...]

    def __call__(self, values: Sequence[float]) -> float:
        """The chance, 0..1."""
        score = self.bias + sum(weight * value for weight, value in zip(self.weights, values, strict=True))
        return 1 / (1 + exp(-max(-50.0, min(50.0, score))))


@lru_cache(maxsize=2)
def load_weights(folder: Path = SHIPPED) -> Weights:
    """The weights in ``folder``. Raises ``ModelError`` when a file is missing, changed, or made for other features."""
    path = folder / "weights.json"
    try:
        data = path.read_bytes()
        digest = (folder / "SHA256SUMS").read_text(encoding="ascii").split()[0]
    except (OSError, ValueError, IndexError) as exc:
        raise ModelError(f"{path}: the verifier's weights cannot be read ({exc})") from exc
    if hashlib.sha256(data).hexdigest() != digest:
        raise ModelError(f"{path}: not the file that SHA256SUMS names; install the program again")
    try:
        record = json.loads(data)
        weights = {str(name): float(value) for name, value in record["weights"].items()}
        if tuple(weights) != FEATURES:
            raise ModelError(f"{path}: made for other features; train again with python -m rag.verifier.train")
        return Weights(float(record["bias"]), tuple(weights.values()))
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ModelError(f"{path}: not the verifier's weights ({exc})") from exc
