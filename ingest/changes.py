"""What is different between two generations of a library: which notes, and which of their sections."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.settings import Settings
    from ingest.store import Library

    Trail = tuple[str, ...]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteChange:
    """What became of one file. Sections are named by their headings."""

    path: str
    state: Literal["added", "changed", "removed"]
    added: tuple[Trail, ...] = ()
    """Headings that are new; for a note that was added or removed these stay empty."""
    changed: tuple[Trail, ...] = ()
    """The same heading, with another text below it."""
    removed: tuple[Trail, ...] = ()


def compared(settings: Settings, work: Callable[[], T]) -> tuple[T, list[NoteChange]]:
    """What ``work`` gives, and what it has changed in the library of ``settings``; raises what it raises."""
    from ingest.errors import LibraryMissing
    from ingest.store import Library

    try:
        before: Library | None = Library.open(settings.library_folder, settings)
    except LibraryMissing:
        before = None
    try:
        done = work()
        with Library.open(settings.library_folder, settings) as after:
            return done, changes(before, after)
    finally:
        if before is not None:
            before.close()


def changes(before: Library | None, after: Library) -> list[NoteChange]:
    """What became of each file between ``before`` (``None``: no library) and ``after``, by path; equal ones are left out.

    A ``Library`` shows one generation until it is closed, so one that was opened before a build can be compared with one
    that was opened after it.
    """
    old, new = (_holds(library) if library is not None else {} for library in (before, after))
    found = []
    for path in sorted(old.keys() | new.keys()):
        if old.get(path) == new.get(path):
            continue
        if before is None or path not in old:
            found.append(NoteChange(path=path, state="added"))
        elif path not in new:
            found.append(NoteChange(path=path, state="removed"))
        else:
            found.append(_note(path, _sections(before, old[path]), _sections(after, new[path])))
    return found


def _holds(library: Library) -> dict[str, Counter[tuple[str, int]]]:
    """The documents of each file; the length tells a document that was cleaned anew and kept its id."""
    held: dict[str, Counter[tuple[str, int]]] = {}
    for note in library.documents():
        for path in note.paths:
            held.setdefault(path, Counter())[note.id, note.characters] += 1
    return held


def _sections(library: Library, documents: Counter[tuple[str, int]]) -> dict[Trail, list[str]]:
    bodies: dict[Trail, list[str]] = {}
    for document_id, _ in documents:
        text = library.document(document_id).text
        for section in library.sections(document_id):
            bodies.setdefault(section.trail, []).append(text[section.start : section.end].strip())
    return bodies


def _note(path: str, old: dict[Trail, list[str]], new: dict[Trail, list[str]]) -> NoteChange:
    return NoteChange(
        path=path,
        state="changed",
        added=tuple(trail for trail in new if trail not in old),
        changed=tuple(trail for trail in new if trail in old and new[trail] != old[trail]),
        removed=tuple(trail for trail in old if trail not in new),
    )
