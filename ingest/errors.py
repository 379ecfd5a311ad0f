"""Everything that Footnote raises on purpose. Each message is one line that a user can act on.

    NotesError
    ├── SettingsError (also ValueError)
    ├── LoadError(path)
    │   ├── UnsupportedFormat
    │   └── UnreadableFile
    ├── StoreError
    │   ├── LibraryMissing
    │   ├── LibraryDamaged
    │   └── LibraryBusy
    ├── ModelError
    │   └── ModelFailed(trouble)
    └── MissingExtra(extra) (also ImportError)

Errors of other packages are translated where they arise (``raise ... from exc``). The command line prints a
``NotesError`` in one line and exits 1; anything else is a bug and shows its traceback.
"""

from __future__ import annotations

from typing import Literal

Trouble = Literal["key", "forbidden", "unknown", "busy", "refused", "server", "unreachable", "silent", "cut", "garbled"]
"""Why an LLM did not answer: its server refuses the key, forbids the model, does not know it, is overloaded, refuses the
request, fails, cannot be reached; it says nothing, breaks off, or what it says cannot be read."""


class NotesError(Exception):
    """Base of all errors that are meant for the user."""


class SettingsError(NotesError, ValueError):
    """A setting has a value that cannot work; the message names it."""


class LoadError(NotesError):
    """A file could not be read; ``path`` names it and ``reason`` says why, in a few words."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class UnsupportedFormat(LoadError):
    """The file's format is none that Footnote reads."""


class UnreadableFile(LoadError):
    """The format is known, but this file cannot be read: damaged, encrypted, empty, too large, too slow."""


class StoreError(NotesError):
    """Something is wrong with the library folder."""


class LibraryMissing(StoreError):
    """There is no library at the given folder."""


class LibraryDamaged(StoreError):
    """The library's truth (SQLite) is damaged, or is of a version that this program does not know."""


class LibraryBusy(StoreError):
    """Another process is writing to the library."""


class ModelError(NotesError):
    """A model cannot be loaded or does not answer."""


class ModelFailed(ModelError):
    """An LLM was asked and did not answer; ``trouble`` says why, ``retry_after`` when (seconds) its server wants to be asked
    again. Never holds the key. Footnote answers without the LLM then, and says so.
    """

    def __init__(self, trouble: Trouble, detail: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(f"the model did not answer ({trouble}){': ' + detail if detail else ''}")
        self.trouble: Trouble = trouble
        self.detail = detail
        self.retry_after = retry_after


class MissingExtra(NotesError, ImportError):
    """An optional package is not installed; the message says how to get it."""

    def __init__(self, extra: str, what: str) -> None:
        super().__init__(f"{what} needs the extra '{extra}': pip install 'footnote-notes[{extra}]'")
        self.extra = extra
