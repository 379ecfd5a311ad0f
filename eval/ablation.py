"""``footnote eval ablation``: what each stage of the search adds, by kind of question, as a Markdown table.

    footnote eval ablation --questions eval/datasets/questions.jsonl --sections eval/datasets/sections.jsonl --library DIR

The stages, each with what stands above it: ``BM25`` alone (the question's own tokens, Chinese characters in ones and twos),
``BM25, widened`` (question words left out, other names of the glossary added: ``search --mode lexical``), ``static`` (the
embedding model alone: ``--mode dense``), ``fused`` (both) and ``reranked`` (``--mode hybrid``, what an answer is read from).
A follow-up is searched as the program rewrites it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.metrics.ranking import first_seen, hit_at, reciprocal_rank
from eval.metrics.statistics import difference, interval, mean
from eval.retrieval import DEEP
from ingest.lexical import Terms, tokens
from rag.answer import search
from rag.retrieve import retrieve
from rag.rewrite import rewrite
from rag.spell import corrected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from eval.cases import Case, GoldSections
    from eval.report.record import Progress
    from ingest.store import Library

Ranked = list[tuple[str, tuple[int, int]]]
"""Path and lines of what was found, best first."""


def bm25(query: str, library: Library) -> Ranked:
    """BM25 over headings and bodies, of the question's tokens as they stand."""
    rows = [row for row, _ in library.lexical(Terms(tokens=dict.fromkeys(tokens(query), 1.0), names=[]), DEEP)]
    return [(library.path(chunk.document_id), chunk.lines) for chunk in library.chunks(rows)]


STAGES: dict[str, Callable[[str, Library], Ranked]] = {
    "BM25": bm25,
    "BM25, widened": lambda query, library: [(p.path, p.chunk.lines) for p in search(query, library, k=DEEP, mode="lexical")],
    "static": lambda query, library: [(p.path, p.chunk.lines) for p in search(query, library, k=DEEP, mode="dense")],
    "fused": lambda query, library: [(p.path, p.chunk.lines) for p in retrieve(corrected(query, library), library, k=DEEP)],
    "reranked": lambda query, library: [(p.path, p.chunk.lines) for p in search(query, library, k=DEEP)],
}


def run(
    cases: Sequence[Case], library: Library, sections: GoldSections, *, progress: Progress | None = None
) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """For each stage and kind of question (and ``zh``, ``en`` for all of a language) recall@5 and the reciprocal rank at 10 of
    each question that has an answer.
    """
    asked = [case for case in cases if case.behaviour == "answer" and case.groups]
    out: dict[str, dict[str, list[tuple[float, float]]]] = {stage: {} for stage in STAGES}
    for number, case in enumerate(asked, 1):
        query = rewrite(case.question, case.history).text
        grades = dict.fromkeys(case.gold, 1)
        for stage, find in STAGES.items():
            ranked = first_seen([sections.at(path, lines) for path, lines in find(query, library)])
            values = (hit_at(ranked, grades, 5), reciprocal_rank(ranked, grades))
            for group in (case.lang, case.kind):
                if group:
                    out[stage].setdefault(group, []).append(values)
        if progress is not None:
            progress(number, len(asked), "ablation")
    return out


def table(found: dict[str, dict[str, list[tuple[float, float]]]]) -> str:
    """Markdown: a row a kind of question, a column a stage: recall@5 / MRR@10, with the 95 % bootstrap interval of the MRR; in
    the last column the paired difference in MRR of ``reranked`` to ``BM25``.
    """
    groups = sorted(found["BM25"], key=lambda group: (group not in ("zh", "en"), group))
    lines = [
        f"| questions | {' | '.join(STAGES)} | reranked - BM25 |",
        f"|---|{'---|' * (len(STAGES) + 1)}",
    ]
    for group in groups:
        cells = [f"{group} ({len(found['BM25'][group])})"]
        cells += [_cell(found[stage][group]) for stage in STAGES]
        before, after = ([(value,) for _, value in found[stage][group]] for stage in ("BM25", "reranked"))
        gained = (mean(after) or 0.0) - (mean(before) or 0.0)
        cells.append(f"{gained:+.3f}{_range(difference('mean', before, after), '+')}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def means(found: dict[str, dict[str, list[tuple[float, float]]]]) -> dict[str, dict[str, dict[str, float | None]]]:
    """Stage, kind of question and figure (``questions``, ``recall@5``, ``mrr@10``) to its value."""
    return {
        stage: {
            group: {
                "questions": len(values),
                "recall@5": mean([(hit,) for hit, _ in values]),
                "mrr@10": mean([(rank,) for _, rank in values]),
            }
            for group, values in groups.items()
        }
        for stage, groups in found.items()
    }


def _cell(values: Sequence[tuple[float, float]]) -> str:
    ranks = [(value,) for _, value in values]
    return f"{mean(values) or 0.0:.3f} / {mean(ranks) or 0.0:.3f}{_range(interval('mean', ranks), '')}"


def _range(ends: tuple[float, float] | None, sign: str) -> str:
    return f" [{ends[0]:{sign}.2f}, {ends[1]:{sign}.2f}]" if ends else ""
