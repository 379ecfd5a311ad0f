"""What is done to one user's notes from the page: adding, deleting with a way back, overruling cleaning, following folders.

Decisions:

- Every change tells what is different afterwards, by comparing the library before and after it (``ingest.changes``).
- A deleted note leaves the library at once. An uploaded file is moved to a folder beside the library for ``GRACE`` and comes back
  from there; a file of the user's own is never touched, and is read again.
- What the browser says of uploaded files is not believed: a file is taken only from where Gradio puts uploads.
"""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ingest.errors import SettingsError, StoreError
from ui.web.following import Following

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.changes import NoteChange
    from ingest.settings import Settings

    Progress = Callable[[int, int, str], None]

State = Literal["added", "changed", "unchanged", "skipped"]

GRACE = 24 * 3600.0
"""Seconds for which a deleted upload can come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one uploaded file."""

    name: str
    state: State
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """A note that was taken out, and how it comes back."""

    token: str
    name: str
    paths: tuple[Path, ...]
    moved: tuple[tuple[Path, Path], ...]
    """Where each uploaded file lay, and where it lies now."""


class Keeper:
    """The notes of one library, as the page changes them. Every method may be called from any thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._deleted: dict[str, Deleted] = {}
        library = settings.library_folder
        self._bin = library.with_name(f"{library.name}-deleted").absolute()
        self.following = Following(settings)
        self._empty_bin()

    def close(self) -> None:
        """Stop following folders."""
        self.following.close()

    def add(self, files: Sequence[tuple[str, Path]], progress: Progress) -> tuple[list[Outcome], list[NoteChange]]:
        """Keep the files (name, perhaps with folders, and where each lies) beside the library and build them into it.

        Gives one outcome a file, in their order, and what is different in the library. Raises ``NotesError`` where the
        library itself refuses (busy, damaged, no space).
        """
        from ingest.changes import compared
        from ingest.uploads import add, uploads_folder

        (kept, summary), found = compared(self._settings, lambda: add(files, self._settings, folders=True, progress=progress))
        states: dict[str, State] = {change.path: change.state for change in found if change.state != "removed"}
        reasons = {skip.path: skip.reason for skip in summary.skipped}
        outcomes = []
        for path in kept:
            key = path.as_posix()
            reason = reasons.get(str(path), reasons.get(key, ""))
            name = path.relative_to(uploads_folder(self._settings)).as_posix()
            outcomes.append(Outcome(name=name, state="skipped" if reason else states.get(key, "unchanged"), reason=reason))
        return outcomes, found

    def delete(self, document_id: str) -> Deleted:
        """Take a note out of the library. Raises ``StoreError`` where there is no such note, ``LibraryBusy``."""
        from ingest.build import remove
        from ingest.store import Library
        from ingest.uploads import uploads_folder

        with Library.open(self._settings.library_folder, self._settings) as library:
            note = next((note for note in library.documents() if note.id == document_id), None)
        if note is None:
            raise StoreError(f"{document_id}: no such note in the library")
        remove([note.id] if note.record is not None else list(note.paths), self._settings)
        token = secrets.token_urlsafe(12)
        uploads = uploads_folder(self._settings)
        moved = []
        for path in map(Path, note.paths):
            if note.record is None and uploads in path.parents and path.is_file():
                there = self._bin / token / path.relative_to(uploads)
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(path, there)
                moved.append((path, there))
        deleted = Deleted(token=token, name=Path(note.paths[0]).name, paths=tuple(map(Path, note.paths)), moved=tuple(moved))
        with self._lock:
            self._deleted[token] = deleted
        self._empty_bin()
        return deleted

    def restore(self, token: str, progress: Progress | None = None) -> Deleted:
        """Bring a deleted note back; raises ``StoreError`` where that is not possible any more, ``LibraryBusy`` where it is
        later.
        """
        from ingest.build import build

        with self._lock:
            deleted = self._deleted.get(token)
        if deleted is None:
            raise StoreError("this note cannot be brought back any more; add it again")
        for was, there in deleted.moved:
            if there.is_file() and not was.exists():
                was.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(there, was)
        paths = [path for path in deleted.paths if path.is_file()]
        if not paths:
            raise StoreError(f"{deleted.paths[0]}: the file has gone; add it again")
        build(paths, self._settings, progress=progress)
        with self._lock:
            self._deleted.pop(token, None)
        return deleted

    def overrule(self, document_id: str, text: str, *, keep: bool) -> None:
        """Keep what cleaning took out, or leave it to cleaning again; see ``ingest.overrule``."""
        from ingest.overrule import overrule

        overrule(document_id, text, self._settings, keep=keep)

    def _empty_bin(self) -> None:
        with suppress(OSError):
            for folder in self._bin.iterdir():
                if time.time() - folder.stat().st_mtime > GRACE:
                    shutil.rmtree(folder, ignore_errors=True)


def uploaded(path: str) -> Path:
    """The path, if it is one of a file that was uploaded to this page; raises ``SettingsError``."""
    from gradio.utils import get_upload_folder

    found = Path(path).resolve()
    if Path(get_upload_folder()).resolve() not in found.parents or not found.is_file():
        raise SettingsError("only uploaded files are read")
    return found
