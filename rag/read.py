"""The reader that needs no LLM: choose, order and trim what the notes say, verbatim.

Extractive, query-focused: sections are chosen by their best passage, each part of the question gets its own; within a
section every unit (sentence, list item, formula, code block) is scored against the question and the best are kept in their
order, with the line that introduces a list and the sentence that a pronoun points to, up to a budget of characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from ingest.lexical import bag, has_chinese, tokens
from rag.interaction import met
from rag.rerank import subjects
from rag.retrieve import weighed
from rag.segment import Unit, units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import Library
    from ingest.types import Document, Section
    from rag.retrieve import Weighed
    from rag.rewrite import Query
    from rag.types import Passage

BUDGET = 440
"""Characters of an answer; code blocks and displayed formulas that were asked for may go beyond."""
FORMULAS = 300
"""Characters of formulas that go beyond, in a section."""
WHOLE = 1.35
"""A list may go beyond the budget by this factor rather than lose its last items."""
MARGIN = 0.1
"""A second section is read when its score is this close to the best."""
FIRST = 1.5
"""Share of the budget that a section gets against one that is read after it."""
MET, MET_ELSE = 0.15, 0.5
"""What a unit gains that meets every word of the question (:mod:`rag.interaction`), of the half that goes to words; the second
for a question without Chinese characters.
"""
HEADED, LATER = 0.3, 0.6
"""What every unit gains where the heading is the question, and the share of it that the last unit loses: then the section
is the answer, from its first sentence on, whether or not its units repeat the question's words."""
CHILD_SHARE, LEAD_SHARE = 0.25, 0.2
"""What a unit gains from the relevance of the list item that it explains, and of the line that introduces it."""
ABOVE = 0.2
"""How much better (share of the question) a heading must fit than the one below it for its whole section to be read."""
NEIGHBOUR_SHARE = 0.15
"""What a unit gains from the relevance of each neighbour."""
OFF_SUBJECT = 0.2
"""What an item loses when the list has others that name the subject."""
LONGEST_CONTEXT = 120
"""Characters of a sentence that comes along because the next one leans on it."""
LONGEST_LEAD = 60
"""Characters of a line that comes along because it introduces what was picked."""
ASKS = -0.5
"""What a unit loses that itself asks: it answers nothing."""
FLOOR = 0.45
"""Units below this share of the best unit's relevance are left out."""
STANDS_OUT = 1.5
"""An item this much more relevant than the first of its list is kept where these would take its place."""

_FILLER = re.compile(
    r"\s*(?:需要注意的是|值得注意|总的来说|总体而言|总而言之|综上|具体(?:的)?(?:选择|实现|实施)|因此,?在实际应用中|in (?:summary|conclusion)|note that|overall,)",
    re.IGNORECASE,
)
_LEANS = re.compile(
    r"(?:[-*•\d.、\s]*)(?:它|它们|这|这些|该|其中|因此|所以|此外|然而|但是?|否则|同时|另外|这样|相反|其次|然后|it |this |these |they |however|therefore|thus|so )",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"\s*(?:参考(?:文献|资料)?|出处|来源|references?|see also)\s*[:：]", re.IGNORECASE)
_ASKS_REFERENCE = re.compile(r"论文|出处|文献|参考|谁提出|\b(?:papers?|references?|cite|published)\b", re.IGNORECASE)
_WHERE = re.compile(r"\s*(?:其中|这里|式中|where\b)", re.IGNORECASE)
_BREAKS_OFF = re.compile(r"[:：,，=]\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A unit that the answer uses: ``document.text[start:end]``."""

    document: Document
    section: Section
    unit: Unit
    text: str
    relevance: float

    def covers(self, other: Quote) -> bool:
        """Whether ``other`` lies within this quote."""
        return self.document.id == other.document.id and self.unit.start <= other.unit.start and other.unit.end <= self.unit.end


def quote_of(passage: Passage, start: int, end: int, library: Library) -> Quote:
    """One sentence of a passage as a quote: ``document.text[start:end]``."""
    document = library.document(passage.chunk.document_id)
    section = next(section for section in library.sections(document.id) if section.start <= passage.chunk.start < section.end)
    unit = Unit(start=start, end=end, kind="sentence", block=0, lead=-1)
    return Quote(document=document, section=section, unit=unit, text=document.text[start:end], relevance=1.0)


@dataclass(frozen=True, slots=True)
class _Read:
    """A section read for one part of the question: its units with their relevance."""

    document: Document
    section: Section
    units: tuple[Unit, ...]
    texts: list[str]
    relevance: list[float]


def read(query: Query, found: Sequence[Sequence[Passage]], library: Library, *, budget: int = BUDGET) -> list[Quote]:
    """What the passages in ``found`` (one list a part of ``query``, best first) say to the question.

    Quotes stand section by section, most useful section first, and in the order of the note within it.
    """
    chosen = _sections(query, found, library)
    if not chosen:
        return []
    quotes: list[Quote] = []
    left = budget
    for number, (part, document, section) in enumerate(chosen):
        later = len(chosen) - number - 1
        share = int(left * FIRST / (FIRST + later))
        picked = _pick(_score(part, query, document, section, library), query, share)
        left -= sum(len(quote.text) for quote in picked)
        quotes += picked
    seen: set[tuple[str, int]] = set()
    return [q for q in quotes if not ((q.document.id, q.unit.start) in seen or seen.add((q.document.id, q.unit.start)))]  # type: ignore[func-returns-value]


def _sections(query: Query, found: Sequence[Sequence[Passage]], library: Library) -> list[tuple[int, Document, Section]]:
    """The sections to read, each with the number of the part of the question that it answers."""
    out: list[tuple[int, Document, Section]] = []
    taken: set[tuple[str, int]] = set()
    for part, passages in enumerate(found):
        if not passages:
            continue
        best = passages[0].score
        for passage in passages:
            if passage.score < best - MARGIN:
                break
            document = library.document(passage.chunk.document_id)
            section = _whole(passage, weighed(query.parts[part], library), library)
            if (document.id, section.start) not in taken:
                taken.add((document.id, section.start))
                out.append((part, document, section))
            if len([x for x in out if x[0] == part]) == 2:
                break
    return out


def _whole(passage: Passage, asked: Weighed, library: Library) -> Section:
    """The section of the passage with all sections below it; that of the heading above where the question fits that better."""
    sections = library.sections(passage.chunk.document_id)
    place = next(i for i, s in enumerate(sections) if s.start <= passage.chunk.start < s.end)

    def fit(section: Section) -> float:
        return asked.share(bag(" ".join(section.trail[-1:])))

    for above in range(place - 1, -1, -1):
        if sections[above].trail == sections[place].trail[:-1] != ():
            if fit(sections[above]) > fit(sections[place]) + ABOVE:
                place = above
            break
    section = sections[place]
    deep = len(section.trail)
    below = list(takewhile(lambda s: len(s.trail) > deep and s.trail[:deep] == section.trail, sections[place + 1 :]))
    return replace(section, end=below[-1].end) if below and deep else section


def _score(part: int, query: Query, document: Document, section: Section, library: Library) -> _Read:
    question = query.parts[part]
    headings = {s.heading_start for s in library.sections(document.id) if section.start < s.heading_start < section.end}
    cut = units(document, section, headings)
    texts = [document.text[unit.start : unit.end] for unit in cut]
    heading = section.trail[-1] if section.trail else ""
    vectors = library.embedder.encode([question, *texts, *(f"{heading}\n{text}" for text in texts)])
    alone, headed = vectors[1 : len(texts) + 1] @ vectors[0], vectors[len(texts) + 1 :] @ vectors[0]
    meets = met(question, texts, library.embedder)
    asked, weight = weighed(question, library), MET if has_chinese(question) else MET_ELSE
    headed_by = _is_the_question(asked, heading, library)
    relevance: list[float] = []
    for number, (unit, text) in enumerate(zip(cut, texts, strict=True)):
        covered = asked.share(bag(text))
        score = (
            0.3 * float(alone[number]) + 0.2 * float(headed[number]) + (0.5 - weight) * covered + weight * float(meets[number])
        )
        score += HEADED * headed_by * (1 - LATER * number / len(cut))
        line = document.text.rfind("\n", 0, unit.start) + 1
        if _REFERENCE.match(document.text, line) and not _ASKS_REFERENCE.search(query.text):
            score -= 2.0
        if 0 <= unit.lead < number:
            score += (LEAD_SHARE if cut[unit.lead].kind == "lead" else CHILD_SHARE) * max(relevance[unit.lead], 0.0)
        relevance.append(score + _fit(unit, text, query))
    return _Read(document, section, cut, texts, _smoothed(cut, _on_subject(cut, texts, relevance, question, section, library)))


def _is_the_question(asked: Weighed, heading: str, library: Library) -> float:
    """How far the heading is the question, 0..1: what of the question it holds, times what of it the question holds (a
    heading that asks three things is only partly this question).
    """
    words = [token for token in dict.fromkeys(tokens(heading)) if len(token) > 1]
    idf = library.idf(words)
    held = sum(weight for word, weight in zip(words, idf, strict=True) if word in asked.tokens)
    return asked.share(bag(heading)) * min(1.0, 1.5 * held / (sum(idf) or 1.0))


def _on_subject(
    cut: Sequence[Unit], texts: Sequence[str], relevance: list[float], question: str, section: Section, library: Library
) -> list[float]:
    """In a list where some items name the question's subject, the others are about something else.

    Not so where the heading names it: then the whole list is about it.
    """
    names = [name for options, _ in subjects(question, library) for name in options]
    if not names or any(name <= bag(" ".join(section.trail[-1:])) for name in names):
        return relevance
    speaks = [any(name <= bag(text) for name in names) for text in texts]
    lists = {(unit.block, unit.lead) for unit, yes in zip(cut, speaks, strict=True) if yes and unit.kind == "item"}
    return [
        score - OFF_SUBJECT if unit.kind == "item" and not yes and (unit.block, unit.lead) in lists else score
        for unit, yes, score in zip(cut, speaks, relevance, strict=True)
    ]


def _smoothed(cut: Sequence[Unit], relevance: list[float]) -> list[float]:
    """Relevance with a share of the neighbours' in the same paragraph, list or under the same lead: what answers a question
    stands together.
    """
    out = []
    for number, unit in enumerate(cut):
        near = [
            max(relevance[other], 0.0)
            for other in (number - 1, number + 1)
            if 0 <= other < len(cut) and (cut[other].block == unit.block or (unit.lead >= 0 and cut[other].lead == unit.lead))
        ]
        out.append(relevance[number] + NEIGHBOUR_SHARE * sum(near))
    return out


def _fit(unit: Unit, text: str, query: Query) -> float:
    """What the kind of the question adds to a unit of its kind."""
    if unit.kind == "code":
        return 1.0 if query.kind == "code" else -0.5
    if unit.kind == "table":
        return 0.2 if query.kind == "comparison" else 0.0
    if unit.kind == "formula" and query.kind == "formula":
        return 0.4
    if query.kind == "formula" and _WHERE.match(text):
        return 0.15
    if unit.kind == "item" and query.kind in ("list", "comparison"):
        return 0.1
    if text.endswith(("?", "？")):
        return ASKS
    return -0.3 if _FILLER.match(text) else 0.0


def _pick(read: _Read, query: Query, budget: int) -> list[Quote]:
    if not read.units:
        return []
    order = sorted(range(len(read.units)), key=lambda i: (-read.relevance[i], i))
    floor = FLOOR * max((read.relevance[i] for i in order if read.units[i].kind != "lead"), default=0.0)
    taken: set[int] = set()
    used, beyond = 0, FORMULAS if query.kind == "formula" else 0
    for index in order:
        if read.units[index].kind == "lead":
            continue
        wanted = [i for i in _with_context(read, index) if i not in taken]
        free = query.kind == "code" and read.units[index].kind == "code"
        cost = 0 if free else sum(len(read.texts[i]) for i in wanted)
        extra = min(beyond, sum(len(read.texts[i]) for i in wanted if read.units[i].kind == "formula"))
        cost -= extra
        if taken and (used + cost > budget or read.relevance[index] < floor):
            continue
        taken |= set(wanted)
        used += cost
        beyond -= extra
    taken = _completed(read, taken, budget) if query.kind == "list" else _with_last_item(read, taken, budget - used)
    return [
        Quote(document=read.document, section=read.section, unit=read.units[i], text=read.texts[i], relevance=read.relevance[i])
        for i in sorted(taken)
    ]


def _completed(read: _Read, taken: set[int], budget: int) -> set[int]:
    """``taken``, where most of a list stands, with the whole of it, or as much from its first item on as there is room for
    (unless an item would go that stands out).
    """
    for lead in sorted({read.units[i].lead for i in taken if read.units[i].kind == "item"} - {-1}):
        items = [i for i, unit in enumerate(read.units) if unit.kind == "item" and unit.lead == lead]
        kept = [i for i in items if i in taken]
        if not len(items) > len(kept) >= max(2, len(items) / 2):
            continue
        out = taken - set(kept)
        room = budget * WHOLE - sum(len(read.texts[i]) for i in out)
        for i in items:
            wanted = [other for other in _with_context(read, i) if other not in out]
            room -= sum(len(read.texts[other]) for other in wanted)
            if room < 0:
                break
            out |= set(wanted)
        best, shown = max(kept, key=lambda i: read.relevance[i]), [read.relevance[i] for i in items if i in out]
        if best in out or (shown and read.relevance[best] < STANDS_OUT * sum(shown) / len(shown)):
            taken = {i for i in out if read.units[i].lead not in kept or read.units[i].lead in out}
    return taken


def _with_last_item(read: _Read, taken: set[int], room: int) -> set[int]:
    """``taken``, with the one item that is missing of a list of which two stand and more, where there is room for it."""
    for lead in sorted({read.units[i].lead for i in taken if read.units[i].kind == "item"} - {-1}):
        items = [i for i, unit in enumerate(read.units) if unit.kind == "item" and unit.lead == lead]
        left = [i for i in items if i not in taken]
        wanted = [other for i in left for other in _with_context(read, i) if other not in taken]
        cost = sum(len(read.texts[i]) for i in wanted)
        if len(left) == 1 and len(items) > 2 and cost <= room:
            taken, room = taken | set(wanted), room - cost
    return taken


def _with_context(read: _Read, index: int) -> list[int]:
    """The unit with all that it can't be read without, and that with what it can't be read without."""
    out = [index]
    for number in out:
        out += [other for other in _needs(read, number) if other not in out]
    return out


def _needs(read: _Read, index: int) -> list[int]:
    """The short line that introduces a unit, the formulas between the two, the formula that it breaks off before or whose
    letters it explains, the sentence that its first word points back to, and the other half of what a semicolon parts ("the
    first near; the second far").
    """
    out: list[int] = []
    unit = read.units[index]
    after = index + 1
    while after < len(read.units) and read.texts[after - 1].rstrip().endswith(("；", ";")):
        if read.units[after].block != unit.block or len(read.texts[after]) > LONGEST_CONTEXT:
            break
        out.append(after)
        after += 1
    if index + 1 < len(read.units) and _goes_on(unit, read.texts[index], read.units[index + 1]):
        out.append(index + 1)
    before = index - 1
    while before >= 0 and read.units[before].kind == "formula" and _WHERE.match(read.texts[index]):
        out.append(before)
        before -= 1
    if unit.kind == "formula" and unit.lead >= 0:
        out += [i for i in range(unit.lead + 1, index) if read.units[i].kind == "formula" and read.units[i].lead == unit.lead]
    if 0 <= unit.lead < index and len(read.texts[unit.lead]) <= LONGEST_LEAD:
        out.append(unit.lead)
    if (
        index
        and _LEANS.match(read.texts[index])
        and read.units[index - 1].block == unit.block
        and len(read.texts[index - 1]) <= LONGEST_CONTEXT
    ):
        out.append(index - 1)
    return out


def _goes_on(unit: Unit, text: str, following: Unit) -> bool:
    """Whether ``unit`` breaks off and ``following`` goes on with it; what hangs on a lead is chosen by itself, a formula is not."""
    if following.kind == "formula":
        return unit.kind == "lead" or bool(_BREAKS_OFF.search(text))
    return unit.kind != "lead" and text.endswith((":", "："))
