"""Answers with the passages they rest on: RAGAS's columns, and pairs that a person has labelled.

``user_input`` (or ``question``), ``retrieved_contexts`` (``contexts``, ``passage``), ``response`` (``answer``), ``reference``; a
labelled pair has ``label`` (faithful, unfaithful, no-claim), and ``id``, ``lang``, ``kind``, ``fault`` as it likes. JSON lines,
one JSON list, or CSV (a list of contexts in a cell as JSON or as Python writes it, which is what pandas saves).
"""

from __future__ import annotations

import ast
import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.cases import read_text, records
from ingest.errors import UnreadableFile
from ingest.lexical import has_chinese

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CONTEXTS = ("retrieved_contexts", "contexts", "passage")
LABELS = ("faithful", "unfaithful", "no-claim")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One answer to judge."""

    id: str
    answer: str
    contexts: tuple[str, ...]
    question: str = ""
    reference: str = ""
    label: str = ""
    lang: str = ""
    """The language of the answer, where the file does not say."""
    kind: str = ""
    fault: str = ""


def load_samples(path: Path, *, labelled: bool = False) -> list[Sample]:
    """Read the file; raises ``UnreadableFile`` that names the line or the item. ``labelled``: each must have a label.

    Samples without an id are numbered; an id that occurs twice is an error, since reports are compared by ids.
    """
    out = [_sample(where, record, path, labelled=labelled) for where, record in _rows(path)]
    if not out:
        raise UnreadableFile(str(path), "holds nothing to judge")
    seen: set[str] = set()
    for sample in out:
        if sample.id in seen:
            raise UnreadableFile(str(path), f"the id {sample.id!r} occurs twice")
        seen.add(sample.id)
    return out


def _rows(path: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    if path.suffix.lower() == ".csv":
        try:
            return list(enumerate(csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True), 1))
        except csv.Error as exc:
            raise UnreadableFile(str(path), f"is not CSV ({exc})") from exc
    text = read_text(path)
    if not text.lstrip().startswith("["):
        return records(path)
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as exc:
        raise UnreadableFile(str(path), f"is not JSON: {exc}") from exc
    if not all(isinstance(row, dict) for row in rows):
        raise UnreadableFile(str(path), "is not a list of JSON objects")
    return list(enumerate(rows, 1))


def _sample(number: int, record: dict[str, Any], path: Path, *, labelled: bool) -> Sample:
    def text(*names: str, needed: bool = False) -> str:
        value = next((record[name] for name in names if record.get(name) is not None), None)
        if value is None and not needed:
            return ""
        if not isinstance(value, str):
            raise UnreadableFile(str(path), f"{number}: needs {' or '.join(map(repr, names))} as text")
        return value

    contexts = next((record[name] for name in CONTEXTS if record.get(name) is not None), None)
    contexts = _listed(contexts) if isinstance(contexts, str) else contexts
    if not isinstance(contexts, list) or not all(isinstance(context, str) for context in contexts):
        raise UnreadableFile(str(path), f"{number}: needs 'retrieved_contexts' or 'contexts', a list of texts")
    answer = text("response", "answer", needed=True)
    label = text("label", needed=labelled)
    if label and label not in LABELS:
        raise UnreadableFile(str(path), f"{number}: the label {label!r} is none of {', '.join(LABELS)}")
    return Sample(
        id=str(record.get("id") or number),
        answer=answer,
        contexts=tuple(contexts),
        question=text("user_input", "question"),
        reference=text("reference", "ground_truth"),
        label=label,
        lang=text("lang") or ("zh" if has_chinese(answer) else "en"),
        kind=text("kind"),
        fault=text("fault"),
    )


def _listed(cell: str) -> object:
    """The list that a text spells, or the text as the only one."""
    if cell.lstrip().startswith("["):
        for read in (json.loads, ast.literal_eval):
            try:
                return read(cell)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                continue
    return [cell]
