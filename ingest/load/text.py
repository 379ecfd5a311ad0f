"""``.txt`` and ``.md``: the file as it stands, decoded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.load.decode import decode
from ingest.load.lines import line_starts
from ingest.types import Source

if TYPE_CHECKING:
    from ingest.settings import Settings

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.{0,4000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_TITLE = re.compile(r"^title:[ \t]*(['\"]?)([^\n]*?)\1[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^#[ \t]+([^\n]*?)[ \t]*#*$", re.MULTILINE)


def read_text(path: str, data: bytes, name: str, settings: Settings) -> list[Source]:
    """A plain text file; its title is the file's name."""
    text = decode(data, path)
    return [Source(path=path, record=None, title=name, text=text, line_starts=line_starts(text), page_starts=())]


def read_markdown(path: str, data: bytes, name: str, settings: Settings) -> list[Source]:
    """A Markdown file; its title is that of its front matter, else its first heading ``#``, else the file's name."""
    text = decode(data, path)
    head = text[:8000]
    front = _FRONT_MATTER.match(head)
    match = _TITLE.search(front[1]) if front else None
    title = match[2] if match else ""
    if not title and (heading := _HEADING.search(head, front.end() if front else 0)):
        title = heading[1]
    return [Source(path=path, record=None, title=title.strip() or name, text=text, line_starts=line_starts(text), page_starts=())]
