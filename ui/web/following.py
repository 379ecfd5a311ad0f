"""The folders that the page follows: each in a thread of its own, until it is told to stop or the server ends."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import LoadError, NotesError

if TYPE_CHECKING:
    from ingest.settings import Settings
    from ingest.watch import Update

_KEPT = 20
"""Updates that are remembered of each folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """One folder and what was read from it, newest first."""

    path: Path
    updates: tuple[tuple[float, Update], ...] = ()
    """When (seconds since 1970), and what."""
    failed: str = ""
    """Why it is not followed any more; empty while it is."""


class Following:
    """All folders of one library. Every method may be called from any thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._followed: dict[str, Followed] = {}
        self._stops: dict[str, threading.Event] = {}
        self._count = 0

    def begin(self, path: str) -> None:
        """Follow a folder. Raises ``LoadError`` where there is none."""
        folder = Path(path.strip()).expanduser().absolute()
        if not path.strip() or not folder.is_dir():
            raise LoadError(path.strip() or "?", "there is no such folder")
        key = folder.as_posix()
        with self._lock:
            if key in self._stops:
                return
            stop = self._stops[key] = threading.Event()
            self._followed[key] = Followed(path=folder)
            self._count += 1
        threading.Thread(target=self._follow, args=(key, folder, stop), name="footnote-watch", daemon=True).start()

    def end(self, path: str) -> None:
        """Follow a folder no more; what was read from it stays."""
        with self._lock:
            if (stop := self._stops.pop(path, None)) is not None:
                stop.set()
            self._followed.pop(path, None)
            self._count += 1

    def close(self) -> None:
        """Follow nothing any more."""
        for path in list(self._stops):
            self.end(path)

    def all(self) -> list[Followed]:
        """The folders, in the order in which they came."""
        with self._lock:
            return list(self._followed.values())

    @property
    def count(self) -> int:
        """Another number whenever there is something new."""
        return self._count

    def _follow(self, key: str, folder: Path, stop: threading.Event) -> None:
        from ingest.watch import watch

        failed = ""
        try:
            for update in watch([folder], self._settings, stop=stop):
                self._tell(key, stop, update=update)
        except NotesError as exc:
            failed = str(exc)
        except Exception as exc:  # no thread may end without a word
            traceback.print_exc(file=sys.stderr)
            failed = type(exc).__name__
        if not stop.is_set():
            self._tell(key, stop, failed=failed or "?")

    def _tell(self, key: str, stop: threading.Event, *, update: Update | None = None, failed: str = "") -> None:
        with self._lock:
            if self._stops.get(key) is not stop:
                return
            now = self._followed[key]
            updates = ((time.time(), update), *now.updates)[:_KEPT] if update is not None else now.updates
            self._followed[key] = replace(now, updates=updates, failed=failed)
            self._count += 1
            if failed:
                del self._stops[key]
