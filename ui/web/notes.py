"""The notes panel: what is in the library, and adding files to it with a bar that moves as they are read."""

from __future__ import annotations

import queue
import sys
import threading
import traceback
from html import escape
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest.errors import NotesError
from ui.render import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ingest.store import DocumentInfo
    from ui.web.shelf import Outcome, Shelf

_LISTED = 200
"""Notes that the list shows; of the rest it tells the number."""


def notes_html(notes: Sequence[DocumentInfo], text: Mapping[str, str]) -> str:
    """The list of notes: file name, sections, blank ones."""
    if not notes:
        return f'<p class="fn-empty">{escape(text["no_notes"])}</p>'
    items = []
    for note in notes[:_LISTED]:
        counts = [text["section" if note.sections == 1 else "sections"].format(note.sections)]
        if note.blank_sections:
            counts.append(text["blank_sections"].format(note.blank_sections))
        name = f'<span class="fn-name" title="{escape(safe(note.title))}">{escape(safe(PurePath(note.paths[0]).name))}</span>'
        items.append(f"<li>{name}<span>{escape(' · '.join(counts))}</span></li>")
    more = f'<p class="fn-empty">{escape(text["more_notes"].format(len(notes) - _LISTED))}</p>' if len(notes) > _LISTED else ""
    return f"<ul>{''.join(items)}</ul>{more}"


def outcomes_html(outcomes: Sequence[Outcome], text: Mapping[str, str]) -> str:
    """What became of each uploaded file, with the reason where it was not read."""
    items = []
    for outcome in outcomes:
        said = text[outcome.state] + (f": {outcome.reason}" if outcome.reason else "")
        name = f'<span class="fn-name">{escape(safe(outcome.name))}</span>'
        items.append(f'<li class="fn-{outcome.state}">{name}<span>{escape(safe(said))}</span></li>')
    return f'<ul class="fn-outcomes" role="status">{"".join(items)}</ul>'


def progress_html(done: int, total: int, what: str, text: Mapping[str, str]) -> str:
    """A bar of ``done`` steps out of ``total``, with the file that is being read (the index, where there is none)."""
    said = text["reading"].format(safe(PurePath(what).name)) if what else text["indexing"]
    bar = f'<progress value="{done}" max="{max(total, 1)}"></progress>'
    return f'<div class="fn-progress" role="status">{bar}<span>{escape(said)}</span></div>'


def adding(shelf: Shelf, paths: Sequence[Path], text: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """Add the files in a thread of their own; HTML of the progress, and with ``True`` at last that of the outcome."""
    steps: queue.Queue[tuple[int, int, str] | list[Outcome] | Exception] = queue.Queue()

    def work() -> None:
        try:
            steps.put(shelf.add(paths, lambda done, total, what: steps.put((done, total, what))))
        except Exception as exc:
            steps.put(exc)

    threading.Thread(target=work, name="footnote-add", daemon=True).start()
    yield progress_html(0, len(paths), paths[0].name if paths else "", text), False
    while True:
        step = steps.get()
        while isinstance(step, tuple) and not steps.empty():
            step = steps.get()
        if isinstance(step, tuple):
            yield progress_html(*step, text), False
        elif isinstance(step, Exception):
            if not isinstance(step, NotesError):
                traceback.print_exception(step, file=sys.stderr)
            reason = str(step) if isinstance(step, NotesError) else text["failed_detail"]
            yield f'<p class="fn-error" role="alert">{escape(safe(reason))}</p>', True
            return
        else:
            yield outcomes_html(step, text), True
            return
