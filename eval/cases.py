"""Questions with what a good answer must hold, one JSON object a line.

Fields: ``id``, ``question``, ``history`` (list of role/content), ``lang``, ``kind``, ``gold_sections`` (any of them),
``gold_groups`` (one of each), ``related_sections``, ``key_facts`` (all groups, any string of a group). A question with
``behaviour`` has no answer in the notes: ``abstain`` or ``correct_premise``. ``reference``: an answer to compare with.

Gold sections are named in a second file: ``section_id``, ``file``, ``lines`` (1-based, inclusive), ``heading``, ``has_answer``,
``answer_excerpt``.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import UnreadableFile
from rag.types import Turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.store import Library


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question with its gold."""

    id: str
    question: str
    history: tuple[Turn, ...] = ()
    lang: str = ""
    kind: str = ""
    groups: tuple[frozenset[str], ...] = ()
    """Ids of sections; an answer must cite one of each group."""
    related: frozenset[str] = frozenset()
    key_facts: tuple[tuple[str, ...], ...] = ()
    behaviour: str = "answer"
    reference: str = ""
    """An answer written by a person, where there is one."""

    @property
    def gold(self) -> frozenset[str]:
        """All right sections."""
        return frozenset().union(*self.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldSections:
    """Where the gold sections stand: ids by file name and line."""

    spans: dict[str, list[tuple[int, int, str]]] = field(default_factory=dict)
    records: tuple[dict[str, Any], ...] = ()

    def at(self, path: str, lines: tuple[int, int]) -> frozenset[str]:
        """Ids of the sections of the file (by its name) that the lines overlap."""
        spans = self.spans.get(Path(path).name, [])
        return frozenset(name for first, last, name in spans if first <= lines[1] and last >= lines[0])


def load_cases(path: Path) -> list[Case]:
    """Read a question file; raises ``UnreadableFile`` naming the line that is wrong.

    An id that occurs twice is an error: figures and comparisons go by ids, and would count only one of the two.
    """
    cases: dict[str, Case] = {}
    for number, record in records(path):
        case = _case(record, path, number)
        if case.id in cases:
            raise UnreadableFile(str(path), f"line {number}: the id {case.id!r} occurs twice")
        cases[case.id] = case
    return list(cases.values())


def load_sections(path: Path) -> GoldSections:
    """Read a file of gold sections; raises ``UnreadableFile``."""
    try:
        return _gold([record for _, record in records(path)])
    except (KeyError, TypeError, ValueError) as exc:
        raise UnreadableFile(str(path), f"a section lacks {exc}") from exc


def _gold(found: Sequence[dict[str, Any]]) -> GoldSections:
    spans: dict[str, list[tuple[int, int, str]]] = {}
    for record in found:
        first, last = record["lines"]
        spans.setdefault(record["file"], []).append((first, last, record["section_id"]))
    return GoldSections(spans=spans, records=tuple(found))


def library_sections(library: Library) -> GoldSections:
    """The sections of an open library under the names that question files use, ``<file name>#<heading as written>``; so that
    questions over one's own notes need no second file.
    """
    found: list[dict[str, Any]] = []
    for info in library.documents():
        document = library.document(info.id)
        parts = library.sections(info.id)
        lines = [document.lines(part.heading_start, part.end) for part in parts]
        for part, (first, last), (after, _) in zip(parts, lines, [*lines[1:], (sys.maxsize, 0)], strict=True):
            heading = part.trail[-1] if part.trail else ""
            for path in info.paths:
                name = Path(path).name
                span = [first, max(first, min(last, after - 1))]
                found.append({"section_id": f"{name}#{heading}", "file": name, "lines": span, "heading": heading})
    return _gold(found)


def read_text(path: Path) -> str:
    """The file, in UTF-8; raises ``UnreadableFile``."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise UnreadableFile(str(path), str(exc)) from exc


def records(path: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    """Each JSON object of a file with one a line, with the number of its line; raises ``UnreadableFile``."""
    for number, line in enumerate(read_text(path).split("\n"), 1):  # splitlines would also cut at U+2028 within a string
        if line.strip():
            try:
                record = json.loads(line)
            except json.JSONDecodeError as exc:
                raise UnreadableFile(str(path), f"line {number} is not JSON: {exc}") from exc
            if not isinstance(record, dict):
                raise UnreadableFile(str(path), f"line {number} is not a JSON object")
            yield number, record


def _case(record: dict[str, Any], path: Path, number: int) -> Case:
    try:
        groups = record.get("gold_groups") or ([record["gold_sections"]] if record.get("gold_sections") else [])
        return Case(
            id=str(record["id"]),
            question=record["question"],
            history=tuple(Turn(role=turn["role"], content=turn["content"]) for turn in record.get("history", [])),
            lang=record.get("lang", ""),
            kind=record.get("kind", ""),
            groups=tuple(frozenset(group) for group in groups),
            related=frozenset(record.get("related_sections", [])),
            key_facts=tuple(tuple(group) for group in record.get("key_facts", [])),
            behaviour=record.get("behaviour", "answer"),
            reference=record.get("reference", ""),
        )
    except (KeyError, TypeError) as exc:
        raise UnreadableFile(str(path), f"line {number}: a question lacks {exc}") from exc
