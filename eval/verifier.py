"""``footnote eval verifier``: how far the verifier's judgement can be trusted, over labelled pairs of passages and answers.

Decisions.

- A pair is right when the verdict of the whole answer is its label, of three: "unfaithful" said as "no-claim" is wrong.
- Balanced accuracy is over faithful and unfaithful pairs; pairs that claim nothing have a figure of their own.
- An answer stands or falls with its weakest sentence, so the score that is checked for calibration is the least support of its
  sentences, against whether the pair is faithful.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from eval.report.record import Figure, Line, Outcome, Plot, Report, language, part
from rag.verify import verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.report.record import Progress
    from eval.samples import Sample
    from rag.verify import Verification

PLOTS = (
    Plot(kind="reliability", name="support", values=("support", "faithful")),
    Plot(kind="distribution", name="support", values=("support",), by="label"),
)


def run(samples: Sequence[Sample], *, name: str = "verifier", progress: Progress | None = None) -> Report:
    """Verify every pair and compare with its label."""
    outcomes = []
    seconds, count = 0.0, 0
    for number, sample in enumerate(samples, 1):
        started = perf_counter()
        found = verify(sample.answer, sample.contexts, sample.question)
        seconds += perf_counter() - started
        count += len(found.sentences)
        outcomes.append(measure(sample, found))
        if progress is not None:
            progress(number, len(samples), name)
    made = part(name, outcomes, figures(samples), PLOTS)
    timing = {f"{name}: sentences a second": count / seconds if seconds else 0.0}
    return Report(kind="verifier", parts=(made,), lang=language([sample.answer for sample in samples]), timing=timing)


def measure(sample: Sample, found: Verification) -> Outcome:
    """One pair: ``right``, ``class`` (1 faithful, 0 unfaithful), ``support`` and ``faithful`` (for calibration), ``no-claim``."""
    right = float(found.verdict == sample.label)
    claims = [check for check in found.sentences if check.verdict != "no-claim"]
    values: dict[str, float | None] = {"faithfulness": found.faithfulness}
    if sample.label == "no-claim":
        values["no-claim"] = right
    else:
        faithful = float(sample.label == "faithful")
        values |= {"right": right, "class": faithful}
        if claims:
            values |= {"support": min(check.support for check in claims), "faithful": faithful}
    return Outcome(
        id=sample.id,
        tags={"lang": sample.lang, "kind": sample.kind, "fault": sample.fault, "label": sample.label},
        values=values,
        failures=() if right else (("verdict", f"{sample.label} → {found.verdict}"),),
        question=sample.question,
        answer=tuple(
            Line(text=check.text, note=check.reason, verdict=check.verdict, support=round(check.support, 6))
            for check in found.sentences
        ),
        evidence=tuple(Line(text=context) for context in sample.contexts),
        expected=" · ".join(filter(None, (sample.label, sample.kind, sample.fault))),
    )


def figures(samples: Sequence[Sample]) -> list[Figure]:
    """By language, by kind of fault, by kind of faithful answer, over all."""
    out = []
    for lang in sorted({sample.lang for sample in samples}):
        name = f"{lang}.balanced accuracy"
        out.append(Figure(name=name, of="balanced accuracy", values=("right", "class"), where={"lang": lang}, headline=True))
    out.append(Figure(name="balanced accuracy", of="balanced accuracy", values=("right", "class"), headline=True))
    out.append(Figure(name="support ECE", of="ece", values=("support", "faithful"), better="lower", headline=True))
    out.append(Figure(name="no-claim recognised", values=("no-claim",)))
    for tag, label in (("fault", "unfaithful"), ("kind", "faithful")):
        for value in sorted({getattr(sample, tag) for sample in samples if sample.label == label} - {""}):
            name = f"{label}.{value}"
            out.append(Figure(name=name, values=("right",), where={tag: value, "label": label}))
    return out
