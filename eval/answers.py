"""``footnote eval answers``: what the answers are worth, over questions with gold sections and questions without an answer.

``run(cases, library, sections, progress=...)`` is independent of the command line; ``answering`` may be any function that
answers as ``rag.answer.ask`` does, so that an LLM is measured like the reader, side by side.

Decisions.

- Citations are judged by ALCE's definitions against the quotes that the footnotes open, not against whole notes.
- Faithfulness is judged against all that the answer was made from: the quotes and the passages found.
- Context precision and recall have RAGAS's form, with the gold sections in place of a judge.
- The risk–coverage curve asks whether the best passage stands in a gold section: that is known for every question, declined or
  not. Questions with a false premise have no place in it: their topic is in the notes.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from eval.metrics.citations import alce
from eval.metrics.correctness import cites_every, key_facts, missing_facts, token_f1
from eval.metrics.ragas import answer_relevancy, context_precision, faithfulness
from eval.report.record import Figure, Line, Outcome, Plot, Report, joined, language, part
from rag.answer import ask
from rag.verify import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.language_models import BaseChatModel

    from eval.cases import Case, GoldSections
    from eval.report.record import Progress
    from ingest.store import Library
    from rag.types import Answer

    Answering = Callable[[Case, Library], Answer]

FIGURES = (
    Figure(name="right section cited", headline=True),
    Figure(name="key facts", headline=True),
    Figure(name="key fact coverage"),
    Figure(name="token F1"),
    Figure(name="wrongly declined", better="lower", headline=True),
    Figure(name="declined", headline=True),
    Figure(name="citation recall", headline=True),
    Figure(name="citation precision", headline=True),
    Figure(name="faithfulness", headline=True),
    Figure(name="answer relevancy"),
    Figure(name="context precision"),
    Figure(name="context recall"),
    Figure(name="cited sections right or related"),
    Figure(name="AURC", of="aurc", values=("confidence", "error"), better="lower", headline=True),
    Figure(name="mean characters", values=("characters",), better=""),
    Figure(name="written by the model", better=""),
)
ABSTENTION = (
    Figure(name="abstention precision", of="precision", values=("abstained", "should abstain")),
    Figure(name="abstention recall", of="recall", values=("abstained", "should abstain")),
    Figure(name="abstention F1", of="f1", values=("abstained", "should abstain"), headline=True),
    Figure(name="confidence ECE", of="ece", values=("confidence", "answerable"), better="lower"),
)
"""Only where some questions have an answer and some have none."""
PLOTS = (
    Plot(kind="risk-coverage", name="risk-coverage", values=("confidence", "error")),
    Plot(kind="reliability", name="confidence", values=("confidence", "answerable")),
    Plot(kind="distribution", name="confidence", values=("confidence",), by="behaviour"),
)


def asking(case: Case, library: Library) -> Answer:
    """The answer of the default reader."""
    return ask(case.question, library, history=case.history)


def _counting(model: BaseChatModel) -> BaseChatModel:
    """``model``, asking its server how many tokens a stream had, where the server takes that; one short question finds out."""
    if not hasattr(model, "stream_usage"):
        return model
    asking = model.model_copy(update={"stream_usage": True})
    try:
        for _ in asking.stream("1"):
            pass
    except Exception:  # whatever is wrong, the answers of the model as it is will say it
        return model
    return asking


def beside_model(
    cases: Sequence[Case], library: Library, sections: GoldSections, model: BaseChatModel, *, progress: Progress | None = None
) -> Report:
    """The reader and an LLM over the same questions: a part each, with the tokens that the LLM read and wrote, where its server
    tells them; a server of the OpenAI protocol is asked to.
    """
    from langchain_core.callbacks import UsageMetadataCallbackHandler

    usage = UsageMetadataCallbackHandler()
    model = _counting(model)

    def with_model(case: Case, library: Library) -> Answer:
        return ask(case.question, library, history=case.history, model=model, config={"callbacks": [usage]})

    name = f"answers: {model.name or 'model'}"
    reader = run(cases, library, sections, name="answers: reader", progress=progress)
    written = run(cases, library, sections, answering=with_model, name=name, progress=progress)
    each = max(1, len(cases))
    used = usage.usage_metadata.values()
    tokens = {
        f"{name}: tokens read an answer": sum(counts["input_tokens"] for counts in used) / each,
        f"{name}: tokens written an answer": sum(counts["output_tokens"] for counts in used) / each,
    }
    report = joined("answers", [reader, written])
    return replace(report, timing={**report.timing, **tokens} if used else report.timing)


def run(
    cases: Sequence[Case],
    library: Library,
    sections: GoldSections,
    *,
    answering: Answering = asking,
    name: str = "answers",
    progress: Progress | None = None,
    keep: Callable[[Case, Answer], None] | None = None,
) -> Report:
    """Ask every question and measure its answer; ``keep`` is handed each, for what else is to be looked at."""
    outcomes = []
    seconds = 0.0
    for number, case in enumerate(cases, 1):
        started = perf_counter()
        answer = answering(case, library)
        seconds += perf_counter() - started
        outcomes.append(measure(case, answer, library, sections, modelled=answering is not asking))
        if keep is not None:
            keep(case, answer)
        if progress is not None:
            progress(number, len(cases), name)
    both = {case.behaviour for case in cases} >= {"answer", "abstain"}
    kinds = sorted({case.kind for case in cases if case.behaviour == "answer"} - {""})
    by_kind = [Figure(name=f"{kind}.key facts", values=("key facts",), where={"kind": kind}) for kind in kinds]
    without = sorted({case.kind for case in cases if case.behaviour != "answer"} - {""})
    by_kind += [Figure(name=f"{kind}.declined", values=("declined",), where={"kind": kind}) for kind in without]
    made = part(name, outcomes, [*FIGURES, *(ABSTENTION if both else ()), *by_kind], PLOTS)
    timing = {f"{name}: seconds an answer": seconds / max(1, len(cases))}
    return Report(kind="answers", parts=(made,), lang=language([case.question for case in cases]), timing=timing)


def measure(case: Case, answer: Answer, library: Library, sections: GoldSections, *, modelled: bool = False) -> Outcome:
    """One answer against its gold; ``modelled``: an LLM was to write it."""
    quotes = [citation.quote for citation in answer.citations]
    statements = [(sentence.text, [quotes[n - 1] for n in sentence.citations]) for sentence in answer.sentences]
    cited = alce(statements) if not answer.abstained else None
    where = [sections.at(citation.path, citation.lines) for citation in answer.citations]
    values: dict[str, float | None] = {"confidence": answer.confidence, "characters": float(len(answer.text))}
    if case.behaviour != "correct_premise":
        first = next((sections.at(passage.path, passage.chunk.lines) for passage in answer.passages), frozenset())
        answerable = case.behaviour == "answer"
        values |= {"abstained": float(answer.abstained), "should abstain": float(not answerable)}
        values |= {"answerable": float(answerable), "error": float(not (answerable and first & case.gold))}
    if modelled and (answer.model or answer.notice):
        values["written by the model"] = float(bool(answer.model))
    if cited is not None:
        contexts = [*quotes, *(passage.chunk.text for passage in answer.passages)]
        values |= {"citation recall": cited.recall, "citation precision": cited.precision}
        values["faithfulness"] = faithfulness(answer.text, contexts, answer.question)
        values["answer relevancy"] = answer_relevancy(answer.question, sentences(answer.text), library.embedder)
    if case.behaviour == "answer":
        values |= _against_gold(case, answer, where, sections)
    else:
        values["declined"] = float(answer.abstained or (case.behaviour == "correct_premise" and _corrects(answer)))
    return Outcome(
        id=case.id,
        tags={"lang": case.lang, "kind": case.kind, "behaviour": case.behaviour},
        values=values,
        failures=tuple(_failures(case, answer, values)),
        question=case.question if case.question == answer.question else f"{case.question} → {answer.question}",
        answer=_lines(answer, cited.unsupported if cited else ()),
        evidence=tuple(_note(number, answer, names) for number, names in enumerate(where)),
        expected=" · ".join(sorted(case.gold)),
    )


def _against_gold(case: Case, answer: Answer, where: Sequence[frozenset[str]], sections: GoldSections) -> dict[str, float | None]:
    found = [sections.at(passage.path, passage.chunk.lines) for passage in answer.passages]
    seen = frozenset().union(*found)
    coverage = key_facts(answer.text, case.key_facts)
    values: dict[str, float | None] = {
        "wrongly declined": float(answer.abstained),
        "right section cited": float(cites_every(frozenset().union(*where), case.groups)),
        "key facts": float(coverage in (None, 1.0)),
        "key fact coverage": coverage,
        "context precision": context_precision([bool(names & case.gold) for names in found]),
        "context recall": sum(bool(seen & group) for group in case.groups) / len(case.groups) if case.groups else None,
        "token F1": token_f1(answer.text, case.reference) if case.reference else None,
    }
    if where and not answer.abstained:
        values["cited sections right or related"] = sum(bool(names & (case.gold | case.related)) for names in where) / len(where)
    return values


def _corrects(answer: Answer) -> bool:
    """Whether the answer begins with what ``rag.answer`` says to a false premise."""
    return bool(answer.sentences) and answer.sentences[0].text.startswith(("问题的前提", "The question's premise"))


def _failures(case: Case, answer: Answer, values: dict[str, float | None]) -> list[tuple[str, str]]:
    if case.behaviour != "answer":
        return [] if values["declined"] else [("answered", "")]
    if answer.abstained:
        return [("declined", answer.reason or "")]
    out = []
    if not values["right section cited"]:
        out.append(("wrong section", " · ".join(sorted(case.gold))))
    if missing := missing_facts(answer.text, case.key_facts):
        out.append(("facts missing", "; ".join(missing)))
    recall = values["citation recall"]
    if recall is not None and recall < 1:
        out.append(("citation", ""))
    if answer.notice:
        out.append(("notice", answer.notice))
    return out


def _lines(answer: Answer, unsupported: Sequence[int]) -> tuple[Line, ...]:
    return tuple(
        Line(
            text=sentence.text + "".join(f"[{n}]" for n in sentence.citations),
            note=sentence.reason,
            verdict="" if answer.abstained else "unsupported" if place in unsupported else sentence.verdict,
            support=None if answer.abstained else sentence.support,
        )
        for place, sentence in enumerate(answer.sentences)
    )


def _note(number: int, answer: Answer, names: frozenset[str]) -> Line:
    citation = answer.citations[number]
    return Line(text=citation.quote, note=f"[{citation.n}] {' › '.join(sorted(names) or citation.trail)}")
