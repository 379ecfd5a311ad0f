"""Planted wrong footnotes: does the program take a mark away that does not carry its sentence, and keep one that does?

Each of an answer's first sentences is offered the best passage found for its question that stands in another section than the
one it was taken from: the same topic, and about something else. ``rag.attribute`` should drop that mark, and should keep the
right one. A passage that holds the sentence word for word is no wrong footnote and is passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.metrics.citations import entails
from eval.metrics.correctness import plain
from eval.report.record import Figure, Line, Outcome, Report, language, part
from rag.attribute import attribute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.cases import Case
    from eval.report.record import Progress
    from rag.types import Answer, Citation, Sentence

MOST = 3
"""Sentences of one answer: the same passages again and again say nothing new."""
FIGURES = (
    Figure(name="wrong marks removed", headline=True),
    Figure(name="right marks kept", headline=True),
)


def run(answers: Sequence[tuple[Case, Answer]], *, name: str = "footnotes", progress: Progress | None = None) -> Report:
    """Plant a wrong mark in the first sentences of each answer that is none of the program's own words."""
    outcomes = []
    for number, (case, answer) in enumerate(answers, 1):
        outcomes += [] if answer.abstained else _planted(case, answer)
        if progress is not None:
            progress(number, len(answers), name)
    lang = language([case.question for case, _ in answers])
    return Report(kind="footnotes", parts=(part(name, outcomes, FIGURES),), lang=lang)


def _planted(case: Case, answer: Answer) -> list[Outcome]:
    out: list[Outcome] = []
    for place, sentence in enumerate(answer.sentences):
        if len(out) == MOST:
            break
        if len(sentence.citations) != 1:
            continue
        cited = answer.citations[sentence.citations[0] - 1]
        wrong = _elsewhere(sentence, cited, answer)
        if wrong is not None and entails(sentence.text, [cited.quote]) is not None:
            out.append(_outcome(f"{case.id}.{place}", case, sentence, cited.quote, wrong))
    return out


def _elsewhere(sentence: Sentence, cited: Citation, answer: Answer) -> str | None:
    """The best passage of another section, which does not hold the sentence itself."""
    said = plain(sentence.text).lstrip("-0123456789.")
    for passage in answer.passages:
        other = (passage.chunk.document_id, passage.chunk.trail) != (cited.document_id, cited.trail)
        if other and said not in plain(passage.chunk.text):
            return passage.chunk.text
    return None


def _outcome(name: str, case: Case, sentence: Sentence, right: str, wrong: str) -> Outcome:
    planted, kept = attribute(sentence.text, [0], [wrong]), attribute(sentence.text, [0], [right])
    removed, stays = 0 not in planted.citations, 0 in kept.citations
    failures = [] if removed else [("mark kept", "")]
    failures += [] if stays else [("mark lost", kept.check.reason)]
    shown = [Line(text=wrong)] if not removed else []
    shown += [Line(text=right)] if not stays else []
    return Outcome(
        id=name,
        tags={"lang": case.lang, "kind": case.kind},
        values={"wrong marks removed": float(removed), "right marks kept": float(stays)},
        failures=tuple(failures),
        question=case.question,
        answer=(Line(text=sentence.text, verdict=planted.check.verdict, support=round(planted.check.support, 6)),),
        evidence=tuple(shown),
    )
