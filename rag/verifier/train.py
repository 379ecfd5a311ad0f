"""Fit the verifier's weights: ``python -m rag.verifier.train --pairs DIR --dev FILE``. Needs the extra ``models`` (SciPy).

Passages: the shipped notes and, in DIR, ``*.jsonl.gz`` with ``anchor``, ``positive`` and ``kind`` (text by section, sentences in
two languages). Labelled claims are made of them by :mod:`rag.verifier.plant`; the development set (answers with a label) joins
with more weight, each by the sentence that scores lowest. Slope and offset are fitted on the scores that each answer of the
development set gets from weights fitted without its passages.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.embed import known_fingerprint
from ingest.lexical import has_chinese
from rag.claims import claims_nothing, sentences
from rag.evidence import align, evidence
from rag.faults import KINDS, find
from rag.reasons import CONTRADICTS
from rag.support import DIRECTIONS, FEATURES, SHIPPED
from rag.verifier.plant import examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rag.verifier.plant import Example

RULED = 0.3
"""What all claims made by rule count for, against all answers of the development set."""
EXPECTED = {
    "nothing": -3.0,
    "far": -1.5,
    "added to a quote": -2.0,
    "pairs": 0.5,
    "number": -2.0,
    "formula": -1.5,
    "name": -1.0,
} | {f"{kind}, else alike": -3.0 if kind in CONTRADICTS else -2.0 for kind in KINDS}
"""What a weight is taken to be before any example is seen: a fault too rare in the examples keeps about this."""
LESS_SURE = 0.8
"""The checks were written with the development set at hand, so what is held out of the fit is not held out of them."""
DECAY = 0.01
"""How much a weight's square distance from that counts in the loss."""


class Ruled(NamedTuple):
    """Claims made by rule: features, ``[claims, features]``, and whether they are supported."""

    rows: NDArray[Any]
    labels: NDArray[Any]


class Answer(NamedTuple):
    """An answer of the development set: the features of its sentences, ``[sentences, features]``."""

    rows: NDArray[Any]
    faithful: bool
    lang: str
    contexts: tuple[str, ...]


class Labelled(NamedTuple):
    """The same before it is measured: the sentences that claim something."""

    claims: list[str]
    contexts: tuple[str, ...]
    faithful: bool
    lang: str


def main(argv: Sequence[str] | None = None) -> int:
    """The command; prints figures on stderr and writes the weights."""
    parser = argparse.ArgumentParser(prog="python -m rag.verifier.train", description=__doc__)
    parser.add_argument("--pairs", type=Path, metavar="DIR", help="*.jsonl.gz with anchor, positive, kind")
    parser.add_argument("--dev", type=Path, required=True, metavar="FILE", help="labelled answers, JSON lines")
    parser.add_argument("--passages", type=int, default=4000, help="passages to make claims of")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=SHIPPED, metavar="DIR")
    args = parser.parse_args(argv)
    random = Random(args.seed)
    passages, translations = read_passages(args.pairs, random, args.passages)
    made = list(examples(passages, random, translations))
    print(f"{len(passages)} passages, {len(made)} claims made by rule", file=sys.stderr)
    save(train(made, read_dev(args.dev)), args.out)
    return 0


def read_passages(folder: Path | None, random: Random, count: int) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Passages (source, text) of three sentences and more, and the translations of those of their sentences that have one."""
    out: list[tuple[str, str]] = []
    translations: dict[str, str] = {}
    for path in sorted(folder.glob("*.jsonl.gz")) if folder else []:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        texts = list(dict.fromkeys(row["positive"] for row in rows if row["kind"] in ("head", "qhead", "ict")))
        texts = [text for text in texts if 90 <= len(text) <= 1500]
        random.shuffle(texts)
        out += [(path.stem, text) for text in texts[: count // 20]]
        pairs = [
            (row["anchor"], row["positive"]) for row in rows if row["kind"] == "par_sent" and 12 <= len(row["anchor"]) <= 110
        ]
        starts = list(range(0, len(pairs) - 5, 5))
        random.shuffle(starts)
        for start in starts[: count // 60]:
            group = pairs[start : start + 5]
            chinese = random.random() < 0.5
            translations |= {zh: en for zh, en in group} if chinese else {en: zh for zh, en in group}
            out.append((path.stem, "\n".join(zh if chinese else en for zh, en in group)))
    random.shuffle(out)
    return sorted(out[:count], key=lambda passage: (has_chinese(passage[1]), passage[0])), translations


def read_dev(path: Path) -> list[Labelled]:
    """The labelled answers of a file; those that claim nothing are left out."""
    out = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.strip():
            row = json.loads(line)
            claims = [s for s in sentences(row["answer"]) if not claims_nothing(s)]
            if claims and row["label"] in ("faithful", "unfaithful"):
                out.append(Labelled(claims, tuple(row["contexts"]), row["label"] == "faithful", row["lang"]))
    return out


def measure(claim: str, contexts: tuple[str, ...]) -> list[float] | None:
    """The features of a claim; ``None`` where there is nothing to compare."""
    from rag.support import features

    passages = evidence(contexts)
    alignment = align(claim, passages)
    return None if alignment is None else features(alignment, find(alignment, passages))


def train(made: Sequence[Example], dev: Sequence[Labelled]) -> dict[str, Any]:
    """The record that :func:`rag.support.load_weights` reads."""
    import numpy as np

    measured = [
        (values, example.faithful) for example in made if (values := measure(example.claim, example.contexts)) is not None
    ]
    ruled = Ruled(np.array([values for values, _ in measured]), np.array([faithful for _, faithful in measured]))
    answers = []
    for claims, contexts, faithful, lang in dev:
        rows = [
            values
            for claim in claims
            if not evidence(contexts).quotes(claim) and (values := measure(claim, contexts)) is not None
        ]
        if rows:
            answers.append(Answer(np.array(rows), faithful, lang, contexts))
    print(f"{len(ruled.labels)} claims made by rule, {len(answers)} answers of the development set", file=sys.stderr)
    slope, offset = _calibrate(_held_out(ruled, answers))
    slope, offset = slope * LESS_SURE, offset * LESS_SURE
    fitted = _fit(ruled, answers)
    weights = {name: round(float(value * slope), 4) + 0.0 for name, value in zip(FEATURES, fitted[:-2], strict=True)}
    return {"bias": round(float(fitted[-2] * slope + offset), 4), "weights": weights, "embedder": known_fingerprint("default")}


def _fit(ruled: Ruled, answers: Sequence[Answer]) -> NDArray[Any]:
    """Weights, the bias of answers and that of claims made by rule: the least logistic loss with each weight of its sign. Of an
    answer the sentence that scores lowest counts.
    """
    import numpy as np
    from scipy.optimize import minimize

    count = len(FEATURES)
    expected = np.array([EXPECTED.get(name, 0.0) for name in FEATURES])
    rows = np.concatenate([answer.rows for answer in answers])
    starts = np.cumsum([0, *(len(answer.rows) for answer in answers[:-1])])
    ends = [*starts[1:], len(rows)]
    truth = np.array([answer.faithful for answer in answers])
    share = _balanced(truth)
    share_ruled = RULED * _balanced(ruled.labels)

    def loss(point: NDArray[Any]) -> tuple[float, NDArray[Any]]:
        weights, bias, bias_ruled = point[:count], point[count], point[count + 1]
        scores = rows @ weights + bias
        lowest = np.array([start + int(np.argmin(scores[start:end])) for start, end in zip(starts, ends, strict=True)])
        value, slope = _logistic(scores[lowest], truth, share)
        value_ruled, slope_ruled = _logistic(ruled.rows @ weights + bias_ruled, ruled.labels, share_ruled)
        gradient = np.concatenate(
            [rows[lowest].T @ slope + ruled.rows.T @ slope_ruled + DECAY * (weights - expected), [slope.sum(), slope_ruled.sum()]]
        )
        return value + value_ruled + 0.5 * DECAY * float((weights - expected) @ (weights - expected)), gradient

    bounds = [{1: (0.0, None), -1: (None, 0.0), 0: (None, None)}[sign] for sign in DIRECTIONS.values()] + [(None, None)] * 2
    found = minimize(loss, np.zeros(count + 2), jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 500})
    point: NDArray[Any] = found.x
    return point


def _balanced(truth: NDArray[Any]) -> NDArray[Any]:
    """The share of each in the loss: both labels half."""
    import numpy as np

    shares: NDArray[Any] = np.where(truth, 0.5 / max(1, truth.sum()), 0.5 / max(1, (~truth).sum()))
    return shares


def _logistic(scores: NDArray[Any], truth: NDArray[Any], share: NDArray[Any]) -> tuple[float, NDArray[Any]]:
    """The loss and its slope at each score."""
    import numpy as np

    chance = 1 / (1 + np.exp(-np.clip(scores, -30, 30)))
    loss = -(share * np.where(truth, np.log(chance), np.log(1 - chance))).sum()
    return float(loss), share * (chance - truth)


def _held_out(ruled: Ruled, answers: Sequence[Answer]) -> list[tuple[float, bool]]:
    """Each answer's score (its lowest sentence) from weights that were fitted without its passages, in ten parts."""
    import numpy as np

    groups = {contexts: n for n, contexts in enumerate(dict.fromkeys(answer.contexts for answer in answers))}
    out: list[tuple[float, Answer]] = []
    for part in range(10):
        fitted = _fit(ruled, [answer for answer in answers if groups[answer.contexts] % 10 != part])
        out += [(float((a.rows @ fitted[:-2]).min() + fitted[-2]), a) for a in answers if groups[a.contexts] % 10 == part]
    for lang in sorted({answer.lang for answer in answers}):
        good = np.array([score for score, answer in out if answer.lang == lang and answer.faithful])
        bad = np.array([score for score, answer in out if answer.lang == lang and not answer.faithful])
        order = float(np.mean((good[:, None] > bad) + 0.5 * (good[:, None] == bad)))
        print(
            f"{lang}: {len(good)} + {len(bad)} answers, balanced accuracy {((good >= 0).mean() + (bad < 0).mean()) / 2:.3f}, AUC {order:.3f}",
            file=sys.stderr,
        )
    return [(score, answer.faithful) for score, answer in out]


def _calibrate(held: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """Slope and offset that make held-out scores log odds (Platt, 1999)."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    scores, truth = np.array([score for score, _ in held]), np.array([faithful for _, faithful in held])
    curve = LogisticRegression(C=100.0).fit(scores[:, None], truth, sample_weight=_balanced(truth) * len(truth))
    return float(curve.coef_[0, 0]), float(curve.intercept_[0])


def save(record: dict[str, Any], folder: Path) -> None:
    """Write ``weights.json`` and its ``SHA256SUMS``."""
    folder.mkdir(parents=True, exist_ok=True)
    data = (json.dumps(record, indent=1) + "\n").encode()
    (folder / "weights.json").write_bytes(data)
    (folder / "SHA256SUMS").write_text(f"{hashlib.sha256(data).hexdigest()}  weights.json\n", encoding="ascii")


if __name__ == "__main__":
    sys.exit(main())
