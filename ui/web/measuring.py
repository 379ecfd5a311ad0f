"""What the page takes of ``eval``: a run in steps that can be stopped, its report as one page, passages that stand twice.

This module alone of the page's imports ``eval``, and only when something is measured.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ingest.errors import NotesError, UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from eval.report.record import Report as Report
    from ingest.store import Library
    from ingest.types import Chunk

    Progress = Callable[[int, int, str], None]

Kind = Literal["notes", "answers", "faithfulness", "verifier"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A figure as the list of runs shows it."""

    name: str
    """As the report's JSON has it; see :func:`label`."""
    value: float


def measure(library: Library, file: Path | None, language: str, progress: Progress) -> Report:
    """The health of the notes; with a ``file``, what its questions or answers give. The report's words are in ``language``.

    ``progress`` is told steps done, steps in all and what is at work; what it raises ends the run. Raises ``UnreadableFile``
    for a file that holds neither questions nor answers.
    """
    report = _notes(library, progress) if file is None else _file(library, file, progress)
    return _spoken(report, language)


def kind_of(file: Path) -> Kind:
    """What a file of JSON lines asks to be measured, by its first record: answers to judge, labelled or not, or questions to ask.

    Raises ``UnreadableFile``.
    """
    if file.suffix.lower() == ".csv":
        return "faithfulness"
    from eval.cases import read_text

    text = read_text(file).lstrip()
    try:
        first = json.loads(text)[0] if text.startswith("[") else json.loads(text.split("\n", 1)[0])
        keys = set(first)
    except (ValueError, TypeError, LookupError) as exc:
        raise UnreadableFile(file.name, "its first line is no JSON object") from exc
    if keys & {"response", "answer"} and keys & {"retrieved_contexts", "contexts", "passage"}:
        return "verifier" if "label" in keys else "faithfulness"
    if "question" in keys:
        return "answers"
    raise UnreadableFile(file.name, "holds neither questions nor answers with their passages")


def page(report: Report) -> str:
    """The report as one HTML page that needs nothing else and runs nothing; its links work within a frame's ``srcdoc``."""
    from eval.report.page import html

    return html(report).replace('href="#', 'href="about:srcdoc#')  # else a link leads to the page around the frame


def headlines(report: Report) -> list[Headline]:
    """The figures to be shown first."""
    return [
        Headline(name=figure.name, value=figure.value)
        for part in report.parts
        for figure in part.figures
        if figure.headline and figure.value is not None
    ]


def label(name: str, language: str) -> str:
    """What a figure is called."""
    from eval.report.strings import figure_name

    return figure_name(name, "zh" if language.startswith("zh") else "en")


def save(report: Report, folder: Path) -> None:
    """Write the report as ``footnote eval --out`` does. Raises ``NotesError`` where the folder cannot be written."""
    from eval.report.record import save

    save(report, folder)


def load(folder: Path, language: str) -> Report | None:
    """The report that was written there, its words in ``language``; ``None`` where there is none."""
    from eval.report.record import load

    try:
        return _spoken(load(folder), language)
    except NotesError:
        return None


def copies(library: Library) -> list[tuple[float, Chunk, Chunk]]:
    """Passages that stand in the notes twice, to the letter (1.0) or nearly, the most alike first."""
    from eval.copies import copies as found

    chunks = list(library.dump())
    if not chunks:
        return []
    pairs = found(chunks, library.embedder.encode([chunk.text for chunk in chunks]))
    return [(pair.resemblance, pair.first, pair.second) for pair in pairs]


def _spoken(report: Report, language: str) -> Report:
    return replace(report, lang="zh" if language.startswith("zh") else "en")


def _notes(library: Library, progress: Progress) -> Report:
    from eval import notes

    return notes.run(library, progress=progress)


def _file(library: Library, file: Path, progress: Progress) -> Report:
    kind = kind_of(file)
    if kind == "answers":
        from eval import answers
        from eval.cases import library_sections, load_cases

        return answers.run(load_cases(file), library, library_sections(library), progress=progress)
    from eval.samples import load_samples

    samples = load_samples(file, labelled=kind == "verifier")
    if kind == "verifier":
        from eval import verifier

        return verifier.run(samples, progress=progress)
    from eval import faithfulness

    return faithfulness.run(samples, library.embedder, progress=progress)
