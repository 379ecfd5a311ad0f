"""The user overrules cleaning: what it took out of a note is kept, in this note and wherever the same text stands.

Decisions:

- What is kept is remembered as text, line by line, in the library's database: it holds after the note was edited, moved or
  renamed, and is committed together with what it made of the note. It is one list for the whole library, because a note
  that lies in two files is one document.
- Of a list of related articles each line is kept by itself, so that the list may grow above and below it.
- Another note that has the same line keeps it when it is next read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import StoreError
from ingest.store import Library, Writer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.build import Summary
    from ingest.settings import Settings


def overrule(
    document_id: str,
    text: str,
    settings: Settings,
    *,
    keep: bool = True,
    progress: Callable[[int, int, str], None] | None = None,
) -> Summary:
    """Keep ``text``, which cleaning took out of a document (``Dropped.text``); without ``keep``, leave it to cleaning again.

    The document is made anew from its files. Raises ``StoreError`` where one of them has gone (then nothing changes), and
    what ``build`` raises.
    """
    from ingest.build import build

    with Library.open(settings.library_folder, settings) as library:
        paths = next((note.paths for note in library.documents() if note.id == document_id), ())
    if not paths:
        raise StoreError(f"{document_id}: no such note in the library")
    for path in paths:
        if not Path(path).is_file():
            raise StoreError(f"{path}: the file has gone, so the note cannot be read again")
    texts = kept_texts(text)
    with Writer(settings.library_folder) as writer:
        writer.kept = writer.kept | texts if keep else writer.kept - texts
        writer.outdate(document_id)
        writer.commit(new_generation=False)
    return build([Path(path) for path in paths], settings, progress=progress)


def kept_texts(text: str) -> frozenset[str]:
    """What is remembered of a run that was taken out: all of it, and each of its lines."""
    return frozenset(part for line in (text, *text.split("\n")) if (part := line.strip()))
