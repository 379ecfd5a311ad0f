"""Fit the weights of the confidence (``rag/abstain.py``) on questions with and without an answer.

    python -m eval.calibrate --set LIBRARY SECTIONS QUESTIONS [QUESTIONS ...] [--set ...]

Every answerable question also serves as an unanswerable one: with its gold and related sections hidden, what is left is a
near miss of the kind that should be declined (it counts less, since other notes may well answer it). Prints the fitted
weights of a logistic model (maximum likelihood with a little ridge, by Newton's method), the threshold that declines at
most ``--wrong`` of the answerable, and what that declines of the rest, in 20-fold cross-validation.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eval.cases import load_cases, load_sections
from ingest.settings import Settings
from ingest.store import Library
from rag.abstain import features
from rag.answer import WIDE
from rag.rerank import rerank
from rag.retrieve import retrieve
from rag.rewrite import rewrite
from rag.spell import corrected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from eval.cases import Case, GoldSections

HIDDEN_WEIGHT = 0.3
RIDGE = 0.05


def main(argv: Sequence[str] | None = None) -> int:
    """Print weights, threshold and cross-validated rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    about = "a library, its sections, its questions"
    parser.add_argument("--set", nargs="+", action="append", required=True, metavar="PATH", help=about)
    parser.add_argument("--wrong", type=float, default=0.05)
    args = parser.parse_args(argv)
    rows: list[tuple[float, ...]] = []
    truth: list[float] = []
    weights: list[float] = []
    for folder, gold, *files in args.set:
        settings = Settings(library=folder)
        sections = load_sections(Path(gold))
        with Library.open(settings.library_folder, settings) as library:
            for case in (case for file in files for case in load_cases(Path(file))):
                if case.behaviour == "correct_premise" or case.kind == "blank":
                    continue
                answerable = case.behaviour == "answer"
                shown = _features(case, library, sections, hide=frozenset())
                hidden = _features(case, library, sections, hide=case.gold | case.related) if answerable else []
                rows += [*shown, *hidden]
                truth += [float(answerable)] * len(shown) + [0.0] * len(hidden)
                weights += [1.0] * len(shown) + [HIDDEN_WEIGHT] * len(hidden)
    x, y, w = np.array(rows), np.array(truth), np.array(weights)
    print("intercept and weights, as rag.abstain.features orders them:", np.round(fit(x, y, w), 2).tolist())
    held = _cross_validated(x, y, w)
    threshold = float(np.sort(held[y == 1])[int(args.wrong * (y == 1).sum())])
    print(
        f"threshold {threshold:.3f}: wrongly declined {(held[y == 1] < threshold).mean():.3f}, "
        f"declined of the unanswerable {(held[(y == 0) & (w == 1)] < threshold).mean():.3f}, "
        f"of the hidden {(held[w < 1] < threshold).mean():.3f}"
    )
    return 0


def fit(x: NDArray[np.float64], y: NDArray[np.float64], w: NDArray[np.float64], steps: int = 50) -> NDArray[np.float64]:
    """Weights of a logistic model, intercept first: shapes ``[n, d]``, ``[n]``, ``[n]`` → ``[d + 1]``."""
    design = np.hstack([np.ones((len(x), 1)), x])
    theta = np.zeros(design.shape[1])
    ridge = RIDGE * np.diag([0.0, *[1.0] * x.shape[1]])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-design @ theta))
        gradient = design.T @ (w * (p - y)) + ridge @ theta
        hessian = (design * (w * p * (1 - p))[:, None]).T @ design + ridge + 1e-9 * np.eye(len(theta))
        theta -= np.linalg.solve(hessian, gradient)
    return theta


def _cross_validated(
    x: NDArray[np.float64], y: NDArray[np.float64], w: NDArray[np.float64], folds: int = 20
) -> NDArray[np.float64]:
    order = np.random.default_rng(0).permutation(len(x))
    held = np.zeros(len(x))
    for fold in range(folds):
        out = order[fold::folds]
        rest = np.setdiff1d(order, out)
        theta = fit(x[rest], y[rest], w[rest])
        held[out] = 1 / (1 + np.exp(-(theta[0] + x[out] @ theta[1:])))
    return held


def _features(case: Case, library: Library, sections: GoldSections, *, hide: frozenset[str]) -> list[tuple[float, ...]]:
    """One row a part of the question."""
    query = rewrite(corrected(case.question, library), case.history)
    rows: list[tuple[float, ...]] = []
    for part in query.parts:
        passages = retrieve(part, library, k=WIDE)
        kept = [p for p in passages if not sections.at(p.path, p.chunk.lines) & hide]
        rows.append(features(part, rerank(part, kept, library), library))
    return rows


if __name__ == "__main__":
    sys.exit(main())
