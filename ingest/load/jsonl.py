"""``.jsonl`` in BEIR form: one record ``{"_id", "title", "text"}`` a line, one ``Source`` a record.

A line that is no such record refuses the whole file and is named: a corpus with silent holes would answer "your notes
don't say" about what they do say.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ingest.errors import UnreadableFile
from ingest.load.decode import decode, plain
from ingest.types import Source

if TYPE_CHECKING:
    from ingest.settings import Settings


def read(path: str, data: bytes, name: str, settings: Settings) -> list[Source]:
    """One ``Source`` for each record, in order; ``first_line`` is the record's line. Blank lines are passed over.

    Raises ``UnreadableFile`` that names the first line which is not JSON, has no ``_id`` or no ``text``, or repeats an
    ``_id``.
    """
    seen: dict[str, int] = {}
    sources = []
    for number, line in enumerate(decode(data, path).split("\n"), start=1):
        if not line.strip():
            continue
        identifier, title, text = _record(path, number, line)
        if identifier in seen:
            raise UnreadableFile(path, f"line {number} repeats the _id {identifier!r} of line {seen[identifier]}")
        seen[identifier] = number
        sources.append(
            Source(
                path=path,
                record=identifier,
                title=title or identifier,
                text=text,
                line_starts=(0,),
                page_starts=(),
                first_line=number,
            )
        )
    if not sources:
        raise UnreadableFile(path, "has no records")
    return sources


def _record(path: str, number: int, line: str) -> tuple[str, str, str]:
    try:
        record: Any = json.loads(line)
    except (ValueError, RecursionError) as exc:
        detail = exc.msg if isinstance(exc, json.JSONDecodeError) else "nested too deeply or a number too long"
        raise UnreadableFile(path, f"line {number} is not JSON: {detail}") from exc
    if not isinstance(record, dict):
        raise UnreadableFile(path, f"line {number} is not a JSON object with _id, title and text")
    identifier = record.get("_id")
    if isinstance(identifier, bool) or not isinstance(identifier, str | int) or not (clean := plain(str(identifier)).strip()):
        raise UnreadableFile(path, f"line {number} has no _id")
    text, title = record.get("text"), record.get("title")
    if not isinstance(text, str):
        raise UnreadableFile(path, f"line {number} has no text")
    return clean, plain(title).strip() if isinstance(title, str) else "", plain(text)
