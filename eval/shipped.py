"""``footnote eval all``: every shipped set over the shipped notes, in one report; what the README's figures come from.

``run(work, progress=...)`` builds its libraries in the folder ``work`` and is independent of the command line.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from eval import answers, planted, retrieval, verifier
from eval.cases import load_cases, load_sections
from eval.report.record import joined
from eval.samples import load_samples
from ingest.build import build, corpus_folder
from ingest.settings import Settings
from ingest.store import Library

if TYPE_CHECKING:
    from collections.abc import Callable

    from eval.cases import Case
    from eval.report.record import Progress, Report
    from rag.types import Answer

DATASETS = Path(__file__).parent / "datasets"
SETS = (
    ("corpus", corpus_folder(), ("questions.jsonl", "unanswerable.jsonl")),
    ("outside", DATASETS / "outside", ("outside.jsonl",)),
    ("holes", DATASETS / "holes", ("holes.jsonl",)),
)
"""Each folder of notes is a library of its own, with the questions to ask it."""
PAIRS = DATASETS / "verifier.jsonl"


def run(work: Path, *, progress: Progress | None = None) -> Report:
    """Search, answers, footnotes and abstention over each set, then the verifier over the labelled pairs."""
    started = perf_counter()
    sections = load_sections(DATASETS / "sections.jsonl")
    pairs = load_samples(PAIRS, labelled=True)
    sets = [(name, notes, [case for file in files for case in load_cases(DATASETS / file)]) for name, notes, files in SETS]
    steps = _Steps(sum(3 * len(cases) for _, _, cases in sets) + len(pairs), progress)
    reports: list[Report] = []
    for name, notes, cases in sets:
        settings = Settings(library=str(work / name))
        build([notes], settings)
        kept: list[tuple[Case, Answer]] = []
        with Library.open(settings.library_folder, settings) as library:
            reports.append(retrieval.run(cases, library, sections, name=f"retrieval: {name}", progress=steps.of(len(cases))))
            reports.append(
                answers.run(
                    cases,
                    library,
                    sections,
                    name=f"answers: {name}",
                    progress=steps.of(len(cases)),
                    keep=lambda case, answer, kept=kept: kept.append((case, answer)),  # type: ignore[misc]
                )
            )
        reports.append(planted.run(kept, name=f"footnotes: {name}", progress=steps.of(len(cases))))
    reports.append(verifier.run(pairs, progress=steps.of(len(pairs))))
    report = joined("all", reports)
    return replace(report, timing={**report.timing, "seconds in all": perf_counter() - started})


class _Steps:
    """One progress out of many."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._before = 0
        self._progress = progress

    def of(self, count: int) -> Callable[[int, int, str], None]:
        """The progress of the next ``count`` steps, whatever total it is told."""
        before, self._before = self._before, self._before + count

        def report(done: int, total: int, what: str) -> None:
            if self._progress is not None:
                self._progress(before + (count if done == total else done), self._total, what)

        return report
