"""``footnote eval faithfulness``: answers of any program, in RAGAS's columns, judged offline; an LLM beside it if there is one.

An answer that claims nothing has no faithfulness and is told apart ("no claim"). Context precision and recall, token F1 and the
correctness of the claims need a ``reference``; where there is none they are left out, not guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.metrics.correctness import token_f1
from eval.metrics.ragas import answer_relevancy, context_precision, context_recall, useful_contexts
from eval.report.record import Figure, Line, Outcome, Plot, Report, language, part
from rag.verify import verify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eval.report.record import Progress
    from eval.samples import Sample
    from ingest.types import Embedder

    Judged = Mapping[str, Mapping[str, float | None]]
    """Values of an LLM judge, by id of the sample: see ``eval.judge``."""

RAGAS = ("faithfulness", "answer relevancy", "context precision", "context recall")
FIGURES = (
    *(Figure(name=name, headline=True) for name in RAGAS),
    Figure(name="answers faithful", headline=True),
    Figure(name="token F1"),
    Figure(name="no claim", better=""),
    *(Figure(name=f"{name} (judge)", headline=True) for name in RAGAS),
)
PLOTS = (Plot(kind="distribution", name="faithfulness", values=("faithfulness",)),)


def run(
    samples: Sequence[Sample],
    embedder: Embedder,
    *,
    judged: Judged | None = None,
    name: str = "faithfulness",
    progress: Progress | None = None,
) -> Report:
    """Judge every sample; ``judged`` puts the values of an LLM judge beside ours."""
    outcomes = []
    for number, sample in enumerate(samples, 1):
        outcome = measure(sample, embedder, (judged or {}).get(sample.id, {}))
        outcomes.append(outcome)
        if progress is not None:
            progress(number, len(samples), name)
    made = part(name, outcomes, FIGURES, PLOTS)
    return Report(kind="faithfulness", parts=(made,), lang=language([sample.answer for sample in samples]))


def measure(sample: Sample, embedder: Embedder, judged: Mapping[str, float | None]) -> Outcome:
    """One sample."""
    found = verify(sample.answer, sample.contexts, sample.question)
    claims = [check.text for check in found.sentences if check.verdict != "no-claim"]
    values: dict[str, float | None] = {
        "faithfulness": found.faithfulness,
        "answers faithful": float(found.verdict == "faithful") if claims else None,
        "no claim": float(not claims),
    }
    if sample.question:
        values["answer relevancy"] = answer_relevancy(sample.question, claims, embedder)
    if sample.reference:
        values["context precision"] = context_precision(useful_contexts(sample.reference, sample.contexts))
        values["context recall"] = context_recall(sample.reference, sample.contexts)
        values["token F1"] = token_f1(sample.answer, sample.reference)
    values |= {f"{name} (judge)": value for name, value in judged.items()}
    return Outcome(
        id=sample.id,
        tags={"lang": sample.lang, "kind": sample.kind},
        values=values,
        failures=(("unfaithful", ""),) if found.verdict == "unfaithful" else (),
        question=sample.question,
        answer=tuple(
            Line(text=check.text, note=check.reason, verdict=check.verdict, support=round(check.support, 6))
            for check in found.sentences
        ),
        evidence=tuple(Line(text=context) for context in sample.contexts),
        expected=sample.reference,
    )
