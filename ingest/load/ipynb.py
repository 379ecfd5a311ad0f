"""``.ipynb``: Markdown cells as they are, code cells as fences.

Outputs are left out: they are what running gave, often long, and repeat what the cells say. Raw cells are left out too;
they are meant for converters.

Lines are those of the JSON file, where Jupyter writes each line of a cell on a line of its own. The standard library's
JSON reader does not tell positions, so the strings of the cells are found by a scan over the file's tokens (the file
has been parsed before, so the scan only meets well-formed JSON).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.errors import UnreadableFile
from ingest.load.decode import decode, plain
from ingest.load.lines import Lines
from ingest.types import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.settings import Settings

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)
_HEADING = re.compile(r"^#[ \t]+([^\n]*?)[ \t]*#*$", re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(`{3,})", re.MULTILINE)


class _Cell(NamedTuple):
    kind: str
    pieces: list[tuple[int, str]]
    """Strings of the source with their lines in the file."""


def read(path: str, data: bytes, name: str, settings: Settings) -> list[Source]:
    """A notebook of format 3 or 4. Its title is its metadata's, else its first heading ``#``, else the file's name.

    Raises ``UnreadableFile`` where it is not JSON, or not a notebook.
    """
    text = decode(data, path)
    try:
        notebook: Any = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise UnreadableFile(path, f"is not JSON (line {getattr(exc, 'lineno', '?')})") from exc
    if not isinstance(notebook, dict) or not ("cells" in notebook or "worksheets" in notebook):
        raise UnreadableFile(path, "is JSON, but not a notebook (it has no cells)")
    metadata = _mapping(notebook.get("metadata"))
    kernel, info = _mapping(metadata.get("kernelspec")), _mapping(metadata.get("language_info"))
    language = str(kernel.get("language") or info.get("name") or "python")
    lines = Lines()
    for cell in _cells(text):
        _add(lines, cell, plain(language)[:20].strip().lower())
    body, starts = lines.finish(text.count("\n") + 1)
    given, heading = metadata.get("title"), _HEADING.search(body[:8000])
    title = given if isinstance(given, str) and given.strip() else heading[1] if heading else ""
    return [Source(path=path, record=None, title=plain(title).strip() or name, text=body, line_starts=starts, page_starts=())]


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _add(lines: Lines, cell: _Cell, language: str) -> None:
    whole = "".join(text for _, text in cell.pieces)
    if not whole.strip() or cell.kind not in ("code", "markdown", "heading"):
        return
    first, last = cell.pieces[0][0], cell.pieces[-1][0]
    inner = max((len(mark) for mark in _FENCE.findall(whole)), default=2)
    fence = "`" * max(3, inner + 1)
    if cell.kind == "code":
        lines.add(first, f"{fence}{language}\n")
    elif cell.kind == "heading":  # format 3
        lines.add(first, "# ")
    for line, text in cell.pieces:
        lines.add(line, text)
    lines.add(last, "" if whole.endswith("\n") else "\n")
    lines.add(last, f"{fence}\n\n" if cell.kind == "code" else "\n")


def _cells(text: str) -> Iterator[_Cell]:
    """The cells in order. ``path`` holds, for each open bracket, the key of the value in an object, ``None`` in an array."""
    path: list[str | None] = []
    kind, pieces = "", list[tuple[int, str]]()
    line, seen, key_next = 1, 0, False
    for match in _TOKEN.finditer(text):
        token = match[0]
        line, seen = line + text.count("\n", seen, match.start()), match.start()
        if token in "{[":
            if _is_cell(path, token):
                kind, pieces = "", []
            path.append("" if token == "{" else None)
            key_next = token == "{"
        elif token in "]}":
            path.pop()
            key_next = False
            if _is_cell(path, token) and token == "}":
                yield _Cell(kind, pieces)
        elif token == ",":
            key_next = bool(path) and path[-1] is not None
        elif key_next:
            path[-1] = json.loads(token)
            key_next = False
        else:
            inside = _within(path)
            if inside == ["cell_type"]:
                kind = json.loads(token)
            elif inside in (["source"], ["source", None], ["input"], ["input", None]):
                pieces.append((line, plain(json.loads(token))))


def _is_cell(path: list[str | None], token: str) -> bool:
    return token in "{}" and path in (["cells", None], ["worksheets", None, "cells", None])


def _within(path: list[str | None]) -> list[str | None]:
    if path[:2] == ["cells", None]:
        return path[2:]
    return path[4:] if path[:4] == ["worksheets", None, "cells", None] else []
