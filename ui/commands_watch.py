"""``footnote watch``: the library follows files and folders while they change; each time it says what is different."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.render import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest.changes import NoteChange
    from ingest.settings import Settings
    from ingest.watch import Update

_SIGNS = {"added": "+", "changed": "~", "removed": "-"}
_SHOWN = 5


def run(paths: Sequence[str], settings: Settings, *, emit: Callable[[object], None] | None, progress: Any = None) -> int:
    """Until interrupted; with ``emit`` one JSON object an update. Raises ``LoadError`` for a path where nothing is."""
    from ingest.watch import watch

    first = True
    for update in watch([Path(path) for path in paths], settings, progress=progress):
        if emit is not None:
            emit(record(update))
        else:
            for line in lines(update):
                print(line, flush=True)
        if first:
            print("footnote: watching; Ctrl+C to stop", file=sys.stderr, flush=True)
            first = False
    return 0


def record(update: Update) -> dict[str, Any]:
    """One line of ``footnote watch --json``."""
    return {
        "changes": [
            {
                "path": change.path,
                "state": change.state,
                "added": [list(trail) for trail in change.added],
                "changed": [list(trail) for trail in change.changed],
                "removed": [list(trail) for trail in change.removed],
            }
            for change in update.changes
        ],
        "skipped": [{"path": skip.path, "error": skip.error, "reason": skip.reason} for skip in update.skipped],
        "failed": update.failed,
        "seconds": round(update.seconds, 3),
    }


def lines(update: Update) -> Iterator[str]:
    """The update for people."""
    now = time.strftime("%H:%M:%S")
    if update.failed:
        yield f"{now}  {one_line(update.failed, 300)}"
    elif not update.changes:
        yield f"{now}  nothing new"
    for change in update.changes:
        yield f"{now}  {_SIGNS[change.state]} {one_line(change.path, 300)}"
        yield from (f"{'':12}{line}" for line in _sections(change))
    for skip in update.skipped:
        yield f"{now}  ! {one_line(skip.path, 300)}: {one_line(skip.reason, 300)}"


def _sections(change: NoteChange) -> Iterator[str]:
    told = [
        (sign, trail) for sign, trails in (("+", change.added), ("~", change.changed), ("-", change.removed)) for trail in trails
    ]
    for sign, trail in told[:_SHOWN]:
        yield f"{sign} {one_line(' › '.join(trail), 120) or '(before the first heading)'}"
    if len(told) > _SHOWN:
        yield f"and {counted(len(told) - _SHOWN, 'section')} more"
