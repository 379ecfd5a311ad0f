"""Fit the verifier's weights: ``python -m rag.verifier.train FILE ... [--blocks DIR] [--scripts FILE --notes DIR]``. Needs the
extra ``models``.

FILE: answers with a label, one JSON object a line (``contexts``, ``answer``, ``label``, ``lang``, ``fault``). Blocks: files of passages
with answers to each, see :func:`read_blocks`. Scripts: sentences of an LLM's kind with the words of the notes that they rest on.
Each faithful answer of FILE is besides put beside the passages of another answer on a related subject, as an example of what no
passage says. Slope and offset, and all figures that are printed, come from scores that each answer gets from weights fitted
without its passages.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.embed import known_fingerprint
from ingest.errors import LoadError
from ingest.lexical import has_chinese
from rag.claims import claims_nothing, sentences
from rag.evidence import align, evidence
from rag.faults import find
from rag.reasons import CONTRADICTS
from rag.support import CURVES, SHIPPED, features, told
from rag.words import embed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from rag.support import Curve

SHARES = {"written": 1.0, "block": 0.5, "elsewhere": 0.3, "script": 1.0}
"""What each source counts for in the loss of its curve; within a source both labels count alike."""
CREDIT = 1.3
"""What the true sentences of a model count for more than its faults: a mark on what is right costs more trust than one that is missing."""
FEW = 100
"""Faults of the blocks count alike by kind, as their kinds differ in number; a kind of fewer is left out."""
UNSEEN = "inference"
"""The kind of faithful answers that is left out: what takes two steps is not seen, and would teach to let numbers of its own pass."""
EXPECTED = {f"{kind}, else alike": -3.5 for kind in CONTRADICTS}
"""What a weight is taken to be before any example is seen: writers seldom leave a changed sentence otherwise word for word."""
DECAY = 0.001
"""How much a weight's square distance from that (from 0 for the others) counts in the loss."""
GIVEN = 5
"""Sections that a model is given."""
PARTS = 10
"""Parts of the examples; each is scored by weights fitted on the others."""


class Example(NamedTuple):
    """An answer with its label; ``group`` keeps together what shares passages, ``fault`` is its kind of fault or of rendering."""

    answer: str
    contexts: tuple[str, ...]
    faithful: bool
    lang: str
    source: str
    group: str
    fault: str


class Measured(NamedTuple):
    """The same with the features of its sentences, ``[sentences, features]``."""

    example: Example
    rows: NDArray[Any]


def main(argv: Sequence[str] | None = None) -> int:
    """The command; prints figures on stderr and writes the weights."""
    parser = argparse.ArgumentParser(prog="python -m rag.verifier.train", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="labelled answers, JSON lines")
    parser.add_argument("--blocks", type=Path, metavar="DIR", help="labelled answers, files of blocks")
    parser.add_argument("--scripts", type=Path, metavar="FILE", help="scripted answers of an LLM, JSON lines")
    parser.add_argument("--notes", type=Path, metavar="DIR", help="the notes that the scripts are about")
    parser.add_argument("--out", type=Path, default=SHIPPED, metavar="DIR")
    args = parser.parse_args(argv)
    written = [example for path in args.files for example in read(path)]
    scripts = list(read_scripts(args.scripts, args.notes)) if args.scripts and args.notes else []
    files = sorted(args.blocks.glob("*.txt")) if args.blocks else []
    blocks = [example for path in files for example in read_blocks(path) if (example.faithful, example.fault) != (True, UNSEEN)]
    examples: dict[Curve, list[Example]] = {"written": [*written, *blocks, *elsewhere(written)], "told": scripts}
    record = {curve: train(list(measure(items, curve)), curve) for curve, items in examples.items() if items}
    save(record, args.out)
    return 0


def read(path: Path) -> list[Example]:
    """The labelled answers of a file, without those that claim nothing."""
    out = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        row = json.loads(line) if line.strip() else {"label": ""}
        if row["label"] in ("faithful", "unfaithful"):
            good, contexts = row["label"] == "faithful", tuple(row["contexts"])
            kind = row["kind"] if good else row["fault"]
            out.append(Example(row["answer"], contexts, good, row["lang"], "written", min(contexts), kind))
    return out


def read_blocks(path: Path) -> Iterable[Example]:
    r"""The labelled answers of a file of blocks, each a passage and answers to it, with an empty line between blocks::

        P: a passage on one line, \n for a break; several passages stand apart by |||
        + kind | an answer that the passage bears out
        - kind | an answer with one fault of that kind

    Raises ``LoadError`` for a line that is none of these.
    """
    contexts: tuple[str, ...] = ()
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        kind, bar, answer = line[2:].partition(" | ")
        if line.startswith("P: "):
            contexts = tuple(part.strip().replace("\\n", "\n") for part in line[3:].split("|||"))
        elif line[:2] in ("+ ", "- ") and bar and contexts:
            said = answer.strip().replace("\\n", "\n")
            lang = "zh" if has_chinese(said) else "en"
            yield Example(said, contexts, line[0] == "+", lang, "block", min(contexts), kind)
        elif line.strip():
            raise LoadError(f"{path}: line {number}", "neither a passage (P:) nor an answer (+ or -, its kind, |)")


def read_scripts(path: Path, notes: Path) -> Iterable[Example]:
    """The sentences of scripted answers, each beside the section of the notes that its anchor stands in and those that come closest
    to the question, as a model is given more than one.
    """
    parts = [part for note in sorted(notes.glob("*.md")) for part in re.split(r"\n(?=#)", note.read_text(encoding="utf-8"))]
    vectors = embed(parts)
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        first = row["true"][0]["anchor"]
        said = [(item["text"], item["anchor"], "true") for item in (*row["true"], row["mark"])]
        said += [(row["number"]["text"], row["number"]["anchor"], "number"), (row["invented"], first, "invented")]
        near = [parts[int(n)] for n in (-(vectors @ embed([row["question"]])[0])).argsort(kind="stable")[:GIVEN]]
        for text, anchor, kind in said:
            section = next((part for part in parts if anchor in part), None)
            if section is not None:
                given = tuple(dict.fromkeys((section, *near)))[:GIVEN]
                yield Example(text, given, kind == "true", row["lang"], "script", row["question"], kind)


def elsewhere(written: Sequence[Example]) -> Iterable[Example]:
    """Each faithful answer beside the passages of another that are close to its own; the first four take turns."""
    passages = sorted({example.contexts for example in written})
    vectors = embed([" ".join(contexts) for contexts in passages])
    near = vectors @ vectors.T
    for number, example in enumerate(example for example in written if example.faithful):
        own = passages.index(example.contexts)
        order = [int(n) for n in (-near[own]).argsort(kind="stable") if not {*passages[n]} & {*example.contexts}]
        yield example._replace(contexts=passages[order[number % 4]], faithful=False, source="elsewhere", fault="elsewhere")


def measure(examples: Iterable[Example], curve: Curve = "written") -> Iterable[Measured]:
    """The features for ``curve`` of each sentence that claims something and is no quotation; answers without such a sentence are left out."""
    import numpy as np

    look = features if curve == "written" else told
    for example in examples:
        passages = evidence(example.contexts)
        claims = [claim for claim in sentences(example.answer) if not claims_nothing(claim) and not passages.quotes(claim)]
        alignments = [alignment for claim in claims if (alignment := align(claim, passages)) is not None]
        if alignments:
            yield Measured(example, np.array([look(alignment, find(alignment, passages)) for alignment in alignments]))


def train(measured: Sequence[Measured], curve: Curve = "written") -> dict[str, Any]:
    """The curve as :func:`rag.support.load_weights` reads it."""
    held = _held_out(measured, curve)
    slope, offset = _calibrate(measured, held)
    print(f"\n{curve}: {len(measured)} examples", file=sys.stderr)
    _figures(measured, [slope * score + offset for score in held])
    fitted = _fit(measured, curve)
    weights = {name: round(float(value * slope), 4) + 0.0 for name, value in zip(CURVES[curve], fitted[:-1], strict=True)}
    return {"bias": round(float(fitted[-1] * slope + offset), 4), "weights": weights}


def shares(measured: Sequence[Measured]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Whether each example is faithful, and its share in the loss."""
    import numpy as np

    truth = np.array([item.example.faithful for item in measured])
    source = np.array([item.example.source for item in measured])
    fault = np.array([item.example.fault for item in measured])
    share = np.zeros(len(measured))
    for name, worth in SHARES.items():
        for label in (True, False):
            counts = worth * (CREDIT if name == "script" and label else 1.0)
            these = (source == name) & (truth == label)
            if name == "block" and not label:
                parts = [part for kind in np.unique(fault[these]) if (part := these & (fault == kind)).sum() >= FEW]
            else:
                parts = [these] if these.any() else []
            for part in parts:
                share[part] = counts / len(parts) / part.sum()
    return truth, share / share.sum()


def _fit(measured: Sequence[Measured], curve: Curve) -> NDArray[Any]:
    """Weights and bias: the least logistic loss with each weight of its sign. Of an answer the lowest sentence counts."""
    import numpy as np
    from scipy.optimize import minimize

    rows = np.concatenate([item.rows for item in measured])
    starts = np.cumsum([0, *(len(item.rows) for item in measured[:-1])])
    lengths = np.diff([*starts, len(rows)])
    truth, share = shares(measured)
    expected = np.array([EXPECTED.get(name, 0.0) for name in CURVES[curve]])

    def loss(point: NDArray[Any]) -> tuple[float, NDArray[Any]]:
        scores = rows @ point[:-1] + point[-1]
        at_least = np.flatnonzero(scores == np.repeat(np.minimum.reduceat(scores, starts), lengths))
        lowest = at_least[np.unique(np.searchsorted(starts, at_least, side="right"), return_index=True)[1]]
        chance = 1 / (1 + np.exp(-np.clip(scores[lowest], -30, 30)))
        value = -(share * np.where(truth, np.log(chance), np.log(1 - chance))).sum()
        slope = share * (chance - truth)
        gradient = np.append(rows[lowest].T @ slope + DECAY * (point[:-1] - expected), slope.sum())
        return float(value) + 0.5 * DECAY * float(((point[:-1] - expected) ** 2).sum()), gradient

    bounds = [{1: (0.0, None), -1: (None, 0.0), 0: (None, None)}[sign] for sign in CURVES[curve].values()] + [(None, None)]
    found = minimize(loss, np.zeros(len(expected) + 1), jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 500})
    point: NDArray[Any] = found.x
    return point


def _held_out(measured: Sequence[Measured], curve: Curve) -> list[float]:
    """Each answer's score (its lowest sentence) from weights fitted without its passages."""
    groups = {name: n for n, name in enumerate(sorted({item.example.group for item in measured}))}
    # neighbours in the sorted order often stand in one file; taking turns spreads each over all parts
    part = [groups[item.example.group] % PARTS for item in measured]
    out = [0.0] * len(measured)
    for number in range(PARTS):
        fitted = _fit([item for item, own in zip(measured, part, strict=True) if own != number], curve)
        for place, item in enumerate(measured):
            if part[place] == number:
                out[place] = float((item.rows @ fitted[:-1]).min() + fitted[-1])
    return out


def _calibrate(measured: Sequence[Measured], held: Sequence[float]) -> tuple[float, float]:
    """Slope and offset that make held-out scores of the first source's answers log odds (Platt, 1999)."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    truth, share = shares(measured)
    these = np.array([item.example.source == measured[0].example.source for item in measured])
    curve = LogisticRegression(C=100.0).fit(
        np.array(held)[these][:, None], truth[these], sample_weight=share[these] / share[these].mean()
    )
    return float(curve.coef_[0, 0]), float(curve.intercept_[0])


def _figures(measured: Sequence[Measured], scores: Sequence[float]) -> None:
    """Print what the held-out scores are worth: by language, by kind, calibration, by source."""
    import numpy as np

    score = np.array(scores)
    right = (score >= 0) == np.array([item.example.faithful for item in measured])
    truth = np.array([item.example.faithful for item in measured])

    def of(name: str, value: str) -> NDArray[Any]:
        return np.array([getattr(item.example, name) == value for item in measured])

    written = of("source", measured[0].example.source)
    for lang in sorted({item.example.lang for item in measured}):
        good, bad = (np.flatnonzero(written & of("lang", lang) & (truth == label)) for label in (True, False))
        random = np.random.default_rng(7)
        drawn = [
            (right[random.choice(good, len(good))].mean() + right[random.choice(bad, len(bad))].mean()) / 2 for _ in range(1000)
        ]
        low, high = np.percentile(drawn, [2.5, 97.5])
        order = float(np.mean((score[good][:, None] > score[bad]) + 0.5 * (score[good][:, None] == score[bad])))
        both = (right[good].mean() + right[bad].mean()) / 2
        print(f"{lang}: balanced accuracy {both:.3f} [{low:.3f}, {high:.3f}], AUC {order:.3f}", file=sys.stderr)
    for kind in sorted({(item.example.source, item.example.faithful, item.example.fault) for item in measured}):
        these = of("source", kind[0]) & of("fault", kind[2]) & (truth == kind[1])
        print(
            f"{kind[0]} {'faithful' if kind[1] else 'fault'} {kind[2]}: {right[these].mean():.2f} of {these.sum()}",
            file=sys.stderr,
        )
    chance = 1 / (1 + np.exp(-score[written]))
    bins = np.minimum((chance * 10).astype(int), 9)
    gaps = [abs(chance[bins == b].mean() - truth[written][bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    print(f"calibration error of held-out answers {sum(gaps):.3f}", file=sys.stderr)


def save(record: dict[Curve, dict[str, Any]], folder: Path) -> None:
    """Write the curves of ``record`` as ``weights.json``, with the embedding model they were fitted with, and ``SHA256SUMS``."""
    folder.mkdir(parents=True, exist_ok=True)
    data = (json.dumps({"embedder": known_fingerprint("default"), **record}, indent=1) + "\n").encode()
    (folder / "weights.json").write_bytes(data)
    (folder / "SHA256SUMS").write_text(f"{hashlib.sha256(data).hexdigest()}  weights.json\n", encoding="ascii")


if __name__ == "__main__":
    sys.exit(main())
