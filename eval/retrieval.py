"""``footnote eval retrieval``: how well the search ranks, over questions with gold sections or over a BEIR folder.

``run`` and ``run_beir`` are independent of the command line; both give a :class:`~eval.report.record.Report`.

Decisions. Gold sections are ranked as the passages found overlap them, each where it first stands; any of them answers, so
``recall@k`` asks whether one is among the first k (for BEIR: the share of the relevant, as BEIR has it). Questions with a
history are measured with the answers: a search knows none.
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from eval.metrics.ranking import first_seen, hit_at, ndcg_at, recall_at, reciprocal_rank
from eval.report.record import Figure, Line, Outcome, Report, language, part
from rag.answer import search

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from eval.beir import Beir
    from eval.cases import Case, GoldSections
    from eval.report.record import Progress
    from ingest.store import Library
    from rag.retrieve import Mode
    from rag.types import Passage

DEEP = 40
"""Passages looked at for a question; a section mostly has several."""
DEEP_BEIR = 100


def run(
    cases: Sequence[Case],
    library: Library,
    sections: GoldSections,
    *,
    mode: Mode = "hybrid",
    name: str = "retrieval",
    progress: Progress | None = None,
) -> Report:
    """Measure the questions that have an answer and no history."""
    asked = [case for case in cases if case.behaviour == "answer" and case.groups and not case.history]
    outcomes = []
    started = perf_counter()
    for number, case in enumerate(asked, 1):
        passages = search(case.question, library, k=DEEP, mode=mode)
        where = [sections.at(passage.path, passage.chunk.lines) for passage in passages]
        grades = dict.fromkeys(case.gold, 1)
        ranked = first_seen(where)
        values = {f"recall@{k}": hit_at(ranked, grades, k) for k in (1, 2, 5)}
        values |= {"mrr@10": reciprocal_rank(ranked, grades), "ndcg@10": ndcg_at(ranked, grades)}
        tags = {"lang": case.lang, "kind": case.kind}
        outcomes.append(_outcome(case.id, case.question, passages, values, " · ".join(sorted(case.gold)), tags))
        if progress is not None:
            progress(number, len(asked), name)
    timing = {f"{name}: seconds a question": (perf_counter() - started) / max(1, len(asked))}
    made = part(name, outcomes, list(_figures(outcomes)))
    return Report(kind="retrieval", parts=(made,), lang=language([case.question for case in asked]), timing=timing)


def run_beir(
    beir: Beir, library: Library, *, mode: Mode = "hybrid", limit: int | None = None, progress: Progress | None = None
) -> Report:
    """Measure the queries of a BEIR folder that have judgements, the first ``limit`` of them, over a library of its corpus."""
    asked = [name for name in beir.queries if any(grade > 0 for grade in beir.qrels.get(name, {}).values())][:limit]
    outcomes = []
    started = perf_counter()
    for number, name in enumerate(asked, 1):
        passages = search(beir.queries[name], library, k=DEEP_BEIR, mode=mode)
        ranked = list(dict.fromkeys(passage.chunk.document_id for passage in passages))
        grades = beir.qrels[name]
        values = {f"recall@{k}": recall_at(ranked, grades, k) for k in (1, 5, 10, DEEP_BEIR)}
        values |= {"mrr@10": reciprocal_rank(ranked, grades), "ndcg@10": ndcg_at(ranked, grades)}
        gold = " · ".join(sorted(key for key, grade in grades.items() if grade > 0))
        outcomes.append(_outcome(name, beir.queries[name], passages, values, gold, {}))
        if progress is not None:
            progress(number, len(asked), beir.name)
    timing = {f"{beir.name}: seconds a question": (perf_counter() - started) / max(1, len(asked))}
    names = ("ndcg@10", "mrr@10", "recall@1", "recall@5", "recall@10", f"recall@{DEEP_BEIR}")
    made = part(beir.name, outcomes, [Figure(name=name, headline=name in names[:2]) for name in names])
    return Report(kind="retrieval", parts=(made,), lang=language(list(beir.queries.values())), timing=timing)


def _figures(outcomes: Sequence[Outcome]) -> Iterable[Figure]:
    for tag in ("lang", "kind"):
        for value in sorted({outcome.tags[tag] for outcome in outcomes} - {""}):
            for name in ("recall@1", "recall@2", "recall@5", "mrr@10", "ndcg@10") if tag == "lang" else ("recall@5", "mrr@10"):
                headline = tag == "lang" and name in ("recall@5", "mrr@10", "ndcg@10")
                yield Figure(name=f"{value}.{name}", values=(name,), where={tag: value}, headline=headline)


def _stands(passage: Passage) -> str:
    """Where the passage stands: file, the record in it, headings."""
    return " › ".join((Path(passage.path).name, passage.chunk.document_id, *passage.chunk.trail))


def _outcome(
    name: str, question: str, passages: Sequence[Passage], values: dict[str, float], gold: str, tags: dict[str, str]
) -> Outcome:
    """With the first passages as evidence, where the gold is not among the first five."""
    missed = not values["recall@5"]
    shown = [Line(text=passage.chunk.text, note=_stands(passage)) for passage in passages[:3]]
    return Outcome(
        id=name,
        tags=tags,
        values=values,
        failures=(("not found", gold),) if missed else (),
        question=question,
        evidence=tuple(shown) if missed else (),
        expected=gold,
    )
