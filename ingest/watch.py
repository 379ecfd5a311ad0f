"""Keep a library up to date with files and folders while they change.

Decisions:

- The operating system tells what has changed (``watchfiles``); changes that come shortly one after the other, as when an
  editor saves, are one. Then ``build`` runs over all that is watched, which reads again only what has changed.
- What another process is writing is tried again, with growing pauses. Any other failure is told, and watching goes on: a
  file that is broken now may be whole at the next save.
- Only changes to files that could be notes count, and none within the library itself.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.build import build
from ingest.changes import compared
from ingest.errors import LibraryBusy, LoadError, NotesError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from threading import Event

    from ingest.build import Skipped
    from ingest.changes import NoteChange
    from ingest.settings import Settings

DEBOUNCE_MS = 1600
"""Changes are gathered as long as new ones come, up to this long."""
QUIET_MS = 300
"""So long nothing new must come before the gathered changes are read."""
RETRIES = 6
"""How often a busy library is tried again: after 1, 2, 4, ... seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What one bringing up to date has done."""

    changes: tuple[NoteChange, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    """Files that cannot be read, and why; those that could not be read before, too."""
    failed: str = ""
    """Why nothing was done, where something went wrong."""
    seconds: float = 0.0


def watch(
    paths: Sequence[Path],
    settings: Settings,
    *,
    stop: Event | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Iterator[Update]:
    """Bring the library up to date with ``paths`` at once, then after each change until ``stop`` is set; tells each time.

    The first update always comes; later ones where something has changed. Raises ``LoadError`` for a path where nothing is.
    """
    from watchfiles import watch as watching

    given = [Path(path).expanduser().absolute() for path in paths]
    for path in given:
        if not path.exists():
            raise LoadError(str(path), "there is no such file or folder")
    noticed = watching(
        *{path if path.is_dir() else path.parent for path in given},
        watch_filter=lambda _, path: _counts(path, given, settings.library_folder),
        stop_event=stop,
        debounce=DEBOUNCE_MS,
        step=QUIET_MS,
        rust_timeout=500,
        yield_on_timeout=True,
        recursive=any(path.is_dir() for path in given),
        ignore_permission_denied=True,
        raise_interrupt=True,
    )
    next(noticed, None)  # from here on nothing is missed
    last = update(given, settings, stop=stop, progress=progress)
    yield last
    for what in noticed:
        if what:
            found = update(given, settings, stop=stop, progress=progress)
            if found.changes or found.failed or found.skipped != last.skipped:
                yield found
            last = found


def update(
    paths: Sequence[Path],
    settings: Settings,
    *,
    stop: Event | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Update:
    """``build``, and what is different after it; a library that is busy is not waited for once ``stop`` is set."""
    started = time.perf_counter()
    for wait in (*(2**turn for turn in range(RETRIES)), None):
        try:
            summary, found = compared(settings, lambda: build(paths, settings, progress=progress))
            return Update(changes=tuple(found), skipped=summary.skipped, seconds=time.perf_counter() - started)
        except LibraryBusy as exc:
            if wait is None or (stop is not None and stop.wait(wait)):
                return Update(failed=str(exc), seconds=time.perf_counter() - started)
            if stop is None:
                time.sleep(wait)
        except NotesError as exc:
            return Update(failed=str(exc), seconds=time.perf_counter() - started)
    raise AssertionError("the last turn returns")


def _counts(path: str, given: Sequence[Path], library: Path) -> bool:
    """Whether a change of ``path`` may change the notes: it is one that was named, or a note or a folder within one."""
    from ingest.load import SUFFIXES

    changed = Path(path)
    if changed in given:
        return True
    root = next((root for root in given if root in changed.parents), None)
    if root is None or changed == library or library in changed.parents:
        return False
    if any(part.startswith((".", "~$")) for part in changed.relative_to(root).parts):
        return False
    return changed.suffix.lower() in SUFFIXES or not changed.is_file()
