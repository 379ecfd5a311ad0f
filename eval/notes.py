"""``footnote eval notes``: the health of one's own notes, with no labels: do they answer the questions that they pose?

``run(library, progress=...)`` asks for each written section the questions that its heading makes (``eval.questions``) and says
what a person can mend: sections that their own question does not find, or that are found and not quoted; headings without a body;
passages that stand twice; two notes that contradict each other; passages that no question reaches.

Decisions. A section's own question must find it first; its paraphrases among the first five. Sections whose question reads the
same stand for each other. A passage is reached when it is among the five best for any of the questions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from eval.copies import copies
from eval.metrics.citations import alce
from eval.metrics.ragas import faithfulness
from eval.questions import questions
from eval.report.record import Figure, Line, Outcome, Part, Plot, Report, language, part
from rag.answer import ask, search
from rag.conflict import conflicts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.report.record import Progress
    from ingest.store import Library
    from ingest.types import Chunk, Section
    from rag.types import Answer, Passage

FIRST = 5
"""Passages that count as found."""
FIGURES = (
    Figure(name="headings found first", values=("recall@1",), headline=True),
    Figure(name="headings found in five", values=("recall@5",), headline=True),
    Figure(name="MRR", values=("mrr",)),
    Figure(name="paraphrases found in five", values=("paraphrase recall@5",), headline=True),
    Figure(name="headings answered", values=("answered",), headline=True),
    Figure(name="own section cited", headline=True),
    Figure(name="faithfulness", headline=True),
    Figure(name="citation recall"),
)
PLOTS = (Plot(kind="distribution", name="confidence", values=("confidence",)),)


def run(library: Library, *, progress: Progress | None = None) -> Report:
    """Look at every section and every passage of the library."""
    chunks = list(library.dump())
    sections = _written(library, chunks)
    asked: dict[str, set[int]] = {}
    for place, section in enumerate(sections):
        asked.setdefault(section.questions["heading"], set()).add(place)
    reached: set[str] = set()
    told: set[frozenset[str]] = set()
    outcomes, against = [], []
    for number, section in enumerate(sections, 1):
        twins = [sections[place] for place in asked[section.questions["heading"]]]
        answer = ask(section.questions["heading"], library)
        outcomes.append(_look(section, answer, twins, library, reached))
        against.append(_against(section, answer, library, told))
        if progress is not None:
            progress(number, len(sections), section.name)
    headings = [section.questions["heading"] for section in sections]
    parts = [
        part("headings", outcomes, FIGURES, PLOTS),
        _blanks(library, sections),
        _copies(library, chunks),
        part("contradictions", against, [Figure(name="answers without a contradiction", headline=True)]),
        _reach(library, chunks, reached),
    ]
    lang = language(headings or [chunk.text for chunk in chunks])
    return Report(kind="notes", parts=tuple(parts), lang=lang)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """A section with a body."""

    name: str
    section: Section
    chunks: frozenset[str]
    questions: dict[str, str] = field(default_factory=dict)


def _written(library: Library, chunks: Sequence[Chunk]) -> list[_Section]:
    held: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for chunk in chunks:
        held.setdefault((chunk.document_id, chunk.trail), set()).add(chunk.id)
    out = []
    for info in library.documents():
        seen: set[tuple[str, ...]] = set()
        for section in library.sections(info.id):
            made = questions(section.trail)
            own = held.get((info.id, section.trail))
            if own and made and not section.blank and section.trail not in seen:
                seen.add(section.trail)
                name = f"{Path(info.paths[0]).name}#{' › '.join(section.trail)}"
                out.append(_Section(name=name, section=section, chunks=frozenset(own), questions=made))
    return out


def _look(section: _Section, answer: Answer, twins: Sequence[_Section], library: Library, reached: set[str]) -> Outcome:
    """The answer to the section's own question, and what its other questions find; what they reach is added to ``reached``."""
    own = frozenset().union(*(twin.chunks for twin in twins))
    question = section.questions["heading"]
    reached.update(passage.chunk.id for passage in answer.passages[:FIRST])
    rank = _rank(answer.passages, own)
    paraphrased = []
    for form, text in section.questions.items():
        if form != "heading":
            passages = search(text, library, k=FIRST)
            reached.update(passage.chunk.id for passage in passages)
            paraphrased.append(float(_rank(passages, own) > 0))
    values: dict[str, float | None] = {
        "recall@1": float(rank == 1),
        "recall@5": float(0 < rank <= FIRST),
        "mrr": 1 / rank if rank else 0.0,
        "paraphrase recall@5": sum(paraphrased) / len(paraphrased) if paraphrased else None,
        "answered": float(not answer.abstained),
        "confidence": answer.confidence,
    }
    quotes = [citation.quote for citation in answer.citations]
    if not answer.abstained:
        statements = [(sentence.text, [quotes[n - 1] for n in sentence.citations]) for sentence in answer.sentences]
        values["citation recall"] = alce(statements).recall
        values["faithfulness"] = faithfulness(answer.text, [*quotes, *(passage.chunk.text for passage in answer.passages)])
        values["own section cited"] = float(_cites(answer, twins))
    return Outcome(
        id=section.name,
        values=values,
        failures=tuple(_wrong(values, answer)),
        question=question,
        answer=tuple(Line(text=sentence.text, note=sentence.reason) for sentence in answer.sentences),
        evidence=tuple(Line(text=passage.chunk.text, note=_where(passage.chunk, library)) for passage in answer.passages[:2]),
        expected=section.name,
    )


def _against(section: _Section, answer: Answer, library: Library, told: set[frozenset[str]]) -> Outcome:
    """What is found for the section's question and contradicts itself; a pair that is ``told`` already is passed over."""
    passages = answer.passages[:FIRST]
    question = section.questions["heading"]
    found = [
        conflict
        for conflict in conflicts(question, [passage.chunk.text for passage in passages])
        if frozenset((conflict.left.text, conflict.right.text)) not in told
    ]
    told.update(frozenset((conflict.left.text, conflict.right.text)) for conflict in found)
    return Outcome(
        id=section.name,
        values={"answers without a contradiction": float(not found)},
        failures=tuple(("contradiction", conflict.reason) for conflict in found),
        question=question if found else "",
        evidence=tuple(
            Line(text=place.text, note=_where(passages[place.passage].chunk, library))
            for conflict in found
            for place in (conflict.left, conflict.right)
        ),
    )


def _rank(passages: Sequence[Passage], own: frozenset[str]) -> int:
    """The rank of the first section's passage among the sections found (several passages of one count once); 0 for none."""
    trails: list[tuple[str, tuple[str, ...]]] = []
    for passage in passages:
        key = (passage.chunk.document_id, passage.chunk.trail)
        if key not in trails:
            trails.append(key)
        if passage.chunk.id in own:
            return trails.index(key) + 1
    return 0


def _cites(answer: Answer, twins: Sequence[_Section]) -> bool:
    return any(
        citation.document_id == twin.section.document_id and twin.section.heading_start <= citation.start < twin.section.end
        for citation in answer.citations
        for twin in twins
    )


def _wrong(values: dict[str, float | None], answer: Answer) -> list[tuple[str, str]]:
    if answer.abstained:
        return [("unanswered", answer.reason or "")]
    out = []
    if not values["recall@1"]:
        first = answer.passages[0].chunk.trail[-1:] if answer.passages else ()
        out.append(("not first", "".join(first)))
    elif not values["own section cited"]:
        out.append(("not quoted", ""))
    if (values["citation recall"] or 0.0) < 1:
        out.append(("citation", ""))
    return out


def _blanks(library: Library, written: Sequence[_Section]) -> Part:
    outcomes = [Outcome(id=section.name, values={"headings written": 1.0}) for section in written]
    for section in library.blank_sections():
        name = f"{Path(library.path(section.document_id)).name}#{' › '.join(section.trail)}"
        lines = library.document(section.document_id).lines(section.heading_start, section.end)
        where = Line(text=" › ".join(section.trail), note=f"{library.path(section.document_id)}:{lines[0]}")
        failures = (("blank heading", ""),)
        values: dict[str, float | None] = {"headings written": 0.0}
        outcomes.append(Outcome(id=name, values=values, failures=failures, question=" › ".join(section.trail), evidence=(where,)))
    return part("blank headings", outcomes, [Figure(name="headings written", headline=True)])


def _copies(library: Library, chunks: Sequence[Chunk]) -> Part:
    found = copies(chunks, library.embedder.encode([chunk.text for chunk in chunks])) if chunks else []
    copied = {copy.second.id: copy for copy in found}
    outcomes = []
    for chunk in chunks:
        copy = copied.get(chunk.id)
        evidence = tuple(Line(text=each.text, note=_where(each, library)) for each in (copy.first, copy.second)) if copy else ()
        what = (
            () if copy is None else (("exact copy", "") if copy.resemblance == 1 else ("near copy", f"{copy.resemblance:.2f}"),)
        )
        values: dict[str, float | None] = {"passages without a copy": float(copy is None)}
        title = " › ".join(chunk.trail) if copy else ""
        outcomes.append(Outcome(id=chunk.id, values=values, failures=what, question=title, evidence=evidence))
    return part("copies", outcomes, [Figure(name="passages without a copy", headline=True)])


def _reach(library: Library, chunks: Sequence[Chunk], reached: set[str]) -> Part:
    outcomes = []
    for chunk in chunks:
        found = chunk.id in reached
        evidence = () if found else (Line(text=chunk.text, note=_where(chunk, library)),)
        failures = () if found else (("not reached", ""),)
        values: dict[str, float | None] = {"passages reached": float(found)}
        title = "" if found else " › ".join(chunk.trail)
        outcomes.append(Outcome(id=chunk.id, values=values, failures=failures, question=title, evidence=evidence))
    return part("reach", outcomes, [Figure(name="passages reached", headline=True)])


def _where(chunk: Chunk, library: Library) -> str:
    return f"{library.path(chunk.document_id)}:{chunk.lines[0]}-{chunk.lines[1]} {' › '.join(chunk.trail)}"
