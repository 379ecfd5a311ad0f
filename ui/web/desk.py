"""What one user of the page has: the notes, and the conversations about them.

Without ``--auth`` there is one desk, for whoever opens the page. With it each user has one of their own, in a folder beside the
library's (``library-users/anna``), which begins with the notes that ship. Every event of the page is given the ``Visit`` that it
comes from, and reaches notes and conversations through it alone: there is no other way to a desk than by its user.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.settings import Settings
    from ui.web.conversations import Conversations
    from ui.web.keeper import Keeper
    from ui.web.shelf import Shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One user's notes and conversations."""

    shelf: Shelf
    talks: Conversations
    keeper: Keeper
    user: str = ""
    """Empty where nobody logs in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Where an event comes from."""

    desk: Desk
    page: str
    """Names the open page (a browser's tab) until it is closed or loaded anew."""
    value: str = ""
    """The value of the button that was clicked."""


class Desks:
    """All desks of a server; made when first needed."""

    def __init__(self, settings: Settings, shelf: Shelf | None = None, *, open_to_others: bool = False) -> None:
        """Over the library of ``settings``, or over ``shelf``, which the caller closes."""
        self.settings = settings
        self.open_to_others = open_to_others
        self._shelf = shelf
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._desks: dict[str, Desk] = {}

    def of(self, user: str | None) -> Desk:
        """The desk of ``user``; ``None`` where nobody logs in."""
        name = user or ""
        with self._lock:
            if (desk := self._desks.get(name)) is not None:
                return desk
            mine = self._locks.setdefault(name, threading.Lock())
        with mine:  # a first library takes seconds, which must not keep the others waiting
            if (desk := self._desks.get(name)) is None:
                desk = self._of(name) if name else self._open(self.settings)
                with self._lock:
                    self._desks[name] = desk
            return desk

    def _of(self, user: str) -> Desk:
        from ingest.build import build, corpus_folder
        from ingest.errors import LibraryMissing
        from ingest.store import Library

        settings = replace(self.settings, library=str(user_folder(self.settings.library_folder, user)))
        try:
            Library.open(settings.library_folder, settings).close()
        except LibraryMissing:
            build([corpus_folder()], settings)
        return self._open(settings, user)

    def _open(self, settings: Settings, user: str = "") -> Desk:
        from ui.web.conversations import Conversations
        from ui.web.keeper import Keeper
        from ui.web.shelf import Shelf

        shelf = self._shelf if self._shelf is not None and not user else Shelf(settings)
        return Desk(shelf=shelf, talks=Conversations(settings.library_folder), keeper=Keeper(settings), user=user)

    def close(self) -> None:
        """Let go of every library and file."""
        with self._lock:
            for desk in self._desks.values():
                desk.shelf.close()
                desk.talks.close()
                desk.keeper.close()
            self._desks.clear()


def user_folder(library: Path, user: str) -> Path:
    """Where the library of ``user`` lies, beside the server's own; raises ``SettingsError`` for a name that is no user's."""
    from ui.users import valid_name

    return library.with_name(f"{library.name}-users") / valid_name(user) / "library"
