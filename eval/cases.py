"""Questions with what a good answer must hold, one JSON object a line.

Fields: ``id``, ``question``, ``history`` (list of role/content), ``lang``, ``kind``, ``gold_sections`` (any of them),
``gold_groups`` (one of each), ``related_sections``, ``key_facts`` (all groups, any string of a group). A question with
``behaviour`` has no answer in the notes: ``abstain`` or ``correct_premise``. Gold sections are named in a second file:
``section_id``, ``file``, ``lines`` (1-based, inclusive), ``heading``, ``has_answer``, ``answer_excerpt``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import UnreadableFile
from rag.types import Turn

if TYPE_CHECKING:
    from collections.abc import Iterable


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
    """Read a question file; raises ``UnreadableFile`` naming the line that is wrong."""
    return [_case(record, path, number) for number, record in _records(path)]


def load_sections(path: Path) -> GoldSections:
    """Read a file of gold sections; raises ``UnreadableFile``."""
    records = tuple(record for _, record in _records(path))
    spans: dict[str, list[tuple[int, int, str]]] = {}
    try:
        for record in records:
            first, last = record["lines"]
            spans.setdefault(record["file"], []).append((first, last, record["section_id"]))
    except (KeyError, TypeError, ValueError) as exc:
        raise UnreadableFile(str(path), f"a section lacks {exc}") from exc
    return GoldSections(spans=spans, records=records)


def _records(path: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    """Each object with the number of its line."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # splitlines would also cut at U+2028 within a string
    except (OSError, UnicodeDecodeError) as exc:
        raise UnreadableFile(str(path), str(exc)) from exc
    for number, line in enumerate(lines, 1):
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
        )
    except (KeyError, TypeError) as exc:
        raise UnreadableFile(str(path), f"line {number}: a question lacks {exc}") from exc
