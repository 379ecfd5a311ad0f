"""What the program prints: answers for people (terminal, Markdown) and records for programs (the documented JSON).

Decisions:

- Records are built key by key in the documented order, so that a new field of a type never leaks into the contract.
- Footnote marks stand after the sentence they prove; after a code block, formula or table on a line of their own, for a
  mark inside would change it.
- Text from notes and file names is printed without control characters: a note must not be able to drive the terminal.
- The few words around an answer are in the language of the question.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from rag.types import join

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ingest.build import Summary
    from rag.types import Answer, Citation, Passage, Sentence, Turn
    from rag.verify import Verification

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_SPACE = re.compile(r"\s+")
_BLOCK_ENDS = ("```", "~~~", "$$", "\\]", "|")

WORDS = {
    "en": {
        "blank": "blank heading",
        "absent": "not in your notes",
        "off-topic": "off topic",
        "nearest": "Nearest notes",
        "asked": "understood as",
        "page": "p. {}",
        "lines": "lines {}-{}",
        "line": "line {}",
        "unsupported": "not supported by the notes",
        "contradicted": "contradicted by the notes",
        "partial": "partly supported by the notes",
        "nothing": "Nothing found.",
        "quote": "“{}”",
    },
    "zh": {
        "blank": "空白标题",
        "absent": "笔记未写",
        "off-topic": "无关话题",
        "nearest": "最接近的笔记",
        "asked": "理解为",
        "page": "第 {} 页",
        "lines": "第 {}–{} 行",
        "line": "第 {} 行",
        "unsupported": "笔记未能支持",
        "contradicted": "与笔记矛盾",
        "partial": "笔记只支持一部分",
        "nothing": "没有找到。",
        "quote": "“{}”",
    },
}


def words(text: str) -> dict[str, str]:
    """The words for labels in the language of ``text``: Chinese where it has a Chinese character, else English."""
    return WORDS["zh" if _HAN.search(text) else "en"]


def safe(text: str) -> str:
    """``text`` without control and direction-changing characters; tabs and newlines stay."""
    return _CONTROL.sub("", text)


def one_line(text: str, limit: int = 160) -> str:
    """``text`` on one line, cut at ``limit`` characters with an ellipsis."""
    flat = _SPACE.sub(" ", safe(text)).strip()
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def place(path: str, trail: Sequence[str], page: int | None, lines: tuple[int, int], label: Mapping[str, str]) -> str:
    """Where a passage stands, for people: file name › headings · page or lines."""
    names = [PurePath(path).name, *(one_line(heading, 80) for heading in trail)]
    return " · ".join([safe(" › ".join(names)), spot(page, lines, label)])


def spot(page: int | None, lines: tuple[int, int], label: Mapping[str, str]) -> str:
    """The page, where the note has pages (its lines are none that a person could look up), else the lines."""
    first, last = lines
    if page is not None:
        return label["page"].format(page)
    return label["line"].format(first) if first == last else label["lines"].format(first, last)


# ---------------------------------------------------------------------------------------------- for people


def terminal(answer: Answer, *, asked: str = "", color: bool = False) -> str:
    """The answer with numbered footnotes, for a terminal; ``asked`` is the question as typed, to show a rewritten one.

    Promises no escape sequence where ``color`` is false, and none from the notes in any case.
    """
    paint = _Paint(color)
    label = words(answer.question or asked)
    out = []
    if asked and answer.question.strip() != asked.strip():
        out.append(paint.dim(f"({label['asked']}: {one_line(answer.question)})"))
    if answer.notice:
        out.append(paint.warn(f"({one_line(answer.notice)})"))
    reason = paint.warn(f"[{label[answer.reason or 'absent']}] ") if answer.abstained else ""
    out.append(reason + body(answer.sentences, language_of=answer.question or asked, abstained=answer.abstained, color=color))
    out.append(footnotes(answer, color=color))
    return "\n\n".join(part for part in out if part)


def body(sentences: Sequence[Sentence], *, language_of: str, abstained: bool = False, color: bool = False) -> str:
    """Sentences with their marks, for a terminal; those of a growing answer begin as the whole will. ``language_of``: the
    question.
    """
    paint = _Paint(color)

    def mark(numbers: Sequence[int]) -> str:
        return paint.number("".join(f"[{n}]" for n in numbers))

    return _body(sentences, mark, paint, words(language_of), abstained=abstained)


def footnotes(answer: Answer, *, color: bool = False) -> str:
    """Where each footnote stands, with its quote; below an abstention the nearest notes."""
    paint, label = _Paint(color), words(answer.question)
    notes = []
    for citation in answer.citations:
        where = place(citation.path, citation.trail, citation.page, citation.lines, label)
        notes.append(f"{paint.number(f'[{citation.n}]')} {where}")
        if quote := one_line(citation.quote):
            notes.append(f"    {paint.dim(label['quote'].format(quote))}")
    out = ["\n".join(notes)]
    if answer.near:
        lines = [f"  - {place(p.path, p.chunk.trail, p.chunk.page, p.chunk.lines, label)}" for p in answer.near]
        out.append("\n".join([f"{label['nearest']}:", *lines]))
    return "\n\n".join(part for part in out if part)


def markdown(answer: Answer, *, prefix: str = "") -> str:
    """The answer as Markdown with footnotes (``[^1]``), to paste into a note; ``prefix`` stands before each number, where
    several answers share a text.
    """
    label = words(answer.question)
    reason = f"**{label[answer.reason or 'absent']}** " if answer.abstained else ""

    def mark(numbers: Sequence[int]) -> str:
        return "".join(f"[^{prefix}{n}]" for n in numbers)

    out = [f"*{plain(answer.notice)}*"] if answer.notice else []
    out.append(reason + _body(answer.sentences, mark, _Paint(False), label, abstained=answer.abstained))
    if answer.near:
        lines = [f"- {plain(place(p.path, p.chunk.trail, p.chunk.page, p.chunk.lines, label))}" for p in answer.near]
        out.append("\n".join([f"{label['nearest']}:", "", *lines]))
    for citation in answer.citations:
        where = plain(place(citation.path, citation.trail, citation.page, citation.lines, label))
        quote = label["quote"].format(plain(one_line(citation.quote)))
        head = f"{mark((citation.n,))}: {where}"
        out.append(f"{head}: {quote}" if citation.quote else head)
    return "\n\n".join(part for part in out if part)


def passages(found: Sequence[Passage], *, query: str, color: bool = False) -> str:
    """Search results for people: rank, place and score, then the passage's beginning."""
    paint, label = _Paint(color), words(query)
    if not found:
        return label["nothing"]
    blocks = []
    for passage in found:
        where = place(passage.path, passage.chunk.trail, passage.chunk.page, passage.chunk.lines, label)
        blocks.append(
            f"{paint.number(f'{passage.rank}.')} {paint.bold(where)} {paint.dim(f'({passage.score:.3f})')}\n"
            f"   {one_line(passage.chunk.text, 240)}"
        )
    return "\n\n".join(blocks)


def summary(result: Summary, *, color: bool = False) -> str:
    """What an ingest did, for people; each skipped file with its reason."""
    paint = _Paint(color)
    lines = [
        f"{paint.bold(str(result.documents))} {'note' if result.documents == 1 else 'notes'}, "
        f"{counted(result.sections, 'section')} ({result.blank_sections} blank), "
        f"{counted(result.chunks, 'passage')} in the library",
        f"{result.added} added, {result.changed} changed, {result.unchanged} unchanged, {result.removed} removed "
        f"in {result.seconds:.2f} s",
    ]
    if result.skipped:
        lines.append(f"{len(result.skipped)} skipped:")
        lines += [f"  {safe(str(skip.path))}: {one_line(skip.reason)}" for skip in result.skipped]
    return "\n".join(lines)


def left_out(result: Summary) -> list[str]:
    """What an ingest did not even try to read, for people, a line each."""
    lines = [f"{safe(folder)}: no notes were found there" for folder in result.empty]
    if result.other_formats:
        lines.append(f"{counted(result.other_formats, 'file')} of other formats left out")
    return lines


def counted(number: int, what: str) -> str:
    """``1 note``, ``2 notes``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def verification(result: Verification, *, id: object, color: bool = False) -> str:
    """The check of one answer for people: the verdict, then each sentence with its own and why it fails."""
    paint = _Paint(color)
    score = "" if result.faithfulness is None else f" {result.faithfulness:.2f}"
    head = paint.bold(f"{result.verdict}{score}")
    lines = [head if id is None else f"{one_line(str(id), 40)}: {head}"]
    for check in result.sentences:
        lines.append(f"  {check.verdict:<12} {check.support:.2f}  {one_line(check.text, 100)}")
        if check.reason:
            lines.append(f"{'':21}{paint.warn(one_line(check.reason, 160))}")
    return "\n".join(lines)


def marked(texts: Sequence[str], marks: Sequence[str]) -> str:
    """``texts`` joined into Markdown as ``rag.types.join`` does, each with its mark behind it; a mark stands on a line of
    its own after code, a formula or a table.
    """
    out = whole = ""
    for count, (text, mark) in enumerate(zip(texts, marks, strict=True), start=1):
        before, whole = whole, join(texts[:count])
        out += whole[len(before) :].rstrip()
        if mark:
            out += "\n\n" + mark if text.rstrip().endswith(_BLOCK_ENDS) else mark
    return out


def _body(
    sentences: Sequence[Sentence],
    mark: Callable[[tuple[int, ...]], str],
    paint: _Paint,
    label: dict[str, str],
    *,
    abstained: bool,
) -> str:
    texts, marks = [], []
    for sentence in sentences:
        if text := safe(sentence.text).rstrip():
            told = sentence.verdict in ("unsupported", "contradicted") or (sentence.verdict == "partial" and sentence.reason)
            doubt = told and not abstained
            texts.append(text)
            why = f": {one_line(sentence.reason, 160)}" if sentence.reason else ""
            marks.append(mark(sentence.citations) + (paint.warn(f" ({label[sentence.verdict]}{why})") if doubt else ""))
    return marked(texts, marks)


def plain(text: str) -> str:
    """``text`` so that Markdown shows it as it stands."""
    return re.sub(r"([\\`*_\[\]<>#|$])", r"\\\1", text)


class _Paint:
    """ANSI colours, or none."""

    def __init__(self, color: bool) -> None:
        self._color = color

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._color and text else text

    def bold(self, text: str) -> str:
        return self._wrap("1", text)

    def dim(self, text: str) -> str:
        return self._wrap("2", text)

    def number(self, text: str) -> str:
        return self._wrap("36", text)

    def warn(self, text: str) -> str:
        return self._wrap("33", text)


# ---------------------------------------------------------------------------------------------- for programs


def answer_record(answer: Answer, *, id: object, question: str, seconds: float) -> dict[str, Any]:
    """One line of ``footnote ask --json``; ``question`` is the one that was asked, ``seconds`` the time it took. Where an LLM
    was asked, ``model`` and ``notice`` come last.
    """
    record = {
        "id": id,
        "question": question,
        "answer": answer.text,
        "abstained": answer.abstained,
        "reason": answer.reason,
        "confidence": _number(answer.confidence),
        "sentences": [
            {"text": s.text, "citations": list(s.citations), "support": _number(s.support), "verdict": s.verdict}
            for s in answer.sentences
        ],
        "citations": [_citation_record(citation) for citation in answer.citations],
        "seconds": _number(seconds),
    }
    if answer.model or answer.notice:
        record |= {"model": answer.model, "notice": answer.notice}
    return record


def door_record(answer: Answer, *, id: object, question: str, history: Sequence[Turn], seconds: float) -> dict[str, Any]:
    """:func:`answer_record` for the programs that ask over a protocol: where ``question`` was completed from ``history``,
    ``standalone_question`` comes last, as it was answered.
    """
    record = answer_record(answer, id=id, question=question, seconds=seconds)
    if history and answer.question.split() != question.split():
        record["standalone_question"] = answer.question
    return record


def _citation_record(citation: Citation) -> dict[str, Any]:
    return {
        "n": citation.n,
        "path": citation.path,
        "document_id": citation.document_id,
        "trail": list(citation.trail),
        "page": citation.page,
        "lines": list(citation.lines),
        "quote": citation.quote,
    }


def passage_record(passage: Passage) -> dict[str, Any]:
    """One entry of ``passages`` of ``footnote search --json``."""
    return {
        "path": passage.path,
        "document_id": passage.chunk.document_id,
        "trail": list(passage.chunk.trail),
        "page": passage.chunk.page,
        "lines": list(passage.chunk.lines),
        "text": passage.chunk.text,
        "score": _number(passage.score, 6),
        "origin": passage.origin,
    }


def verification_record(result: Verification, *, id: object) -> dict[str, Any]:
    """One line of ``footnote verify --json``."""
    return {
        "id": id,
        "faithfulness": None if result.faithfulness is None else _number(result.faithfulness),
        "verdict": result.verdict,
        "sentences": [
            {"text": c.text, "support": _number(c.support), "verdict": c.verdict, "evidence": c.evidence, "reason": c.reason}
            for c in result.sentences
        ],
    }


def summary_record(result: Summary) -> dict[str, Any]:
    """The object of ``footnote ingest --json``."""
    names = ("documents", "sections", "blank_sections", "chunks", "added", "changed", "unchanged", "removed")
    return {
        **{name: getattr(result, name) for name in names},
        "skipped": [{"path": str(skip.path), "error": skip.error, "reason": skip.reason} for skip in result.skipped],
        "seconds": _number(result.seconds),
    }


def _number(value: float, digits: int = 4) -> float:
    """A plain ``float`` (NumPy's are not JSON), rounded."""
    return round(float(value), digits)
