"""``footnote notes`` and ``footnote check``: what is in the library, and whether it is sound.

These never build a library by themselves: without one they end with ``LibraryMissing``. A note is named by its
path, its id, or the end of its path as long as that fits one note alone.
"""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from ingest.errors import StoreError
from ui.render import WORDS, counted, one_line, safe, spot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.settings import Settings
    from ingest.store import DocumentInfo, Library

    Emit = Callable[[object], None]


def run(action: str, names: Sequence[str], settings: Settings, *, emit: Emit, machine: bool, color: bool) -> int:
    """``list``, ``show``, ``remove`` or ``dump``; with ``machine`` all output goes through ``emit``, one JSON object a call."""
    from ingest.store import Library

    if action == "remove":
        return _remove(names, settings, emit if machine else None)
    with Library.open(settings.library_folder, settings) as library:
        if action == "dump":
            return _dump(library, emit)
        if action == "list":
            return _list(library, emit if machine else None)
        for name in names:
            record = _note(library, find(library, name))
            if machine:
                emit(record)
            else:
                print(_page(record, color))
    return 0


def check(settings: Settings, *, repair: bool, emit: Emit | None) -> int:
    """Print what is wrong with the library; 1 where something is (after a repair: where something still is)."""
    from ingest.store import Library

    with Library.open(settings.library_folder, settings) as library:
        problems = library.check()
        repaired = library.repair() if repair and problems else []
        left = library.check() if repaired else problems
    if emit is not None:
        emit({"problems": problems, "repaired": repaired, "left": left})
    else:
        for line in problems:
            print("problem:", one_line(line, 400))
        for line in repaired:
            print("repaired:", one_line(line, 400))
        if not problems:
            print("The library is sound.")
        elif left:
            print("Run 'footnote check --repair' to rebuild what can be rebuilt." if not repair else "Not all could be repaired.")
    return 1 if left else 0


def find(library: Library, name: str) -> DocumentInfo:
    """The note that ``name`` means; ``StoreError`` where it is none or more than one."""
    notes = library.documents()
    absolute = Path(name).expanduser().absolute().as_posix()
    exact = [note for note in notes if name == note.id or name in note.paths or absolute in note.paths]
    parts = PurePath(name).parts
    found = exact or [note for note in notes if any(PurePath(path).parts[-len(parts) :] == parts for path in note.paths)]
    if not found:
        raise StoreError(f"{name}: no such note in the library (see 'footnote notes list')")
    if len(found) > 1:
        raise StoreError(f"{name}: fits {len(found)} notes; give one of: {', '.join(note.id for note in found[:8])}")
    return found[0]


def _list(library: Library, emit: Emit | None) -> int:
    notes = library.documents()
    if emit is not None:
        emit({"documents": [info_record(note) for note in notes]})
        return 0
    for note in notes:
        blank = f", {note.blank_sections} blank" if note.blank_sections else ""
        size = f"{counted(note.sections, 'section')}{blank}, {counted(note.chunks, 'passage')}"
        print(f"{note.id}  {safe(PurePath(note.paths[0]).name)}  ({size})")
        for other in note.paths[1:]:
            print(f"{'':{len(note.id)}}  = {safe(other)}")
    return 0


def info_record(note: DocumentInfo) -> dict[str, Any]:
    """One entry of ``documents`` of ``footnote notes list --json``."""
    return {
        "path": note.paths[0],
        "paths": list(note.paths),
        "document_id": note.id,
        "title": note.title,
        "sections": note.sections,
        "blank_sections": note.blank_sections,
        "chunks": note.chunks,
    }


def _dump(library: Library, emit: Emit) -> int:
    paths: dict[str, str] = {}
    for chunk in library.dump():
        path = paths.get(chunk.document_id)
        if path is None:
            path = paths[chunk.document_id] = library.path(chunk.document_id)
        emit(
            {
                "path": path,
                "document_id": chunk.document_id,
                "trail": list(chunk.trail),
                "page": chunk.page,
                "lines": list(chunk.lines),
                "text": chunk.text,
            }
        )
    return 0


def _remove(names: Sequence[str], settings: Settings, emit: Emit | None) -> int:
    from ingest.build import remove

    removed = [str(path) for path in remove(list(names), settings)]
    if emit is not None:
        emit({"removed": removed})
    else:
        for path in removed:
            print("removed", safe(path))
    return 0


def _note(library: Library, note: DocumentInfo) -> dict[str, Any]:
    document = library.document(note.id)
    return {
        "path": note.paths[0],
        "document_id": note.id,
        "title": document.title,
        "sections": [
            {
                "trail": list(section.trail),
                "blank": section.blank,
                "page": document.page(section.start),
                "lines": list(document.lines(section.heading_start, max(section.end, section.heading_start + 1))),
                "text": document.text[section.start : section.end].strip(),
            }
            for section in library.sections(note.id)
        ],
        "dropped": [{"lines": list(drop.lines), "reason": drop.reason, "text": drop.text} for drop in document.dropped],
    }


def _page(record: dict[str, Any], color: bool) -> str:
    def paint(code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if color else text

    out = [paint("1", safe(record["title"])), paint("2", f"{safe(record['path'])} · {record['document_id']}")]
    for section in record["sections"]:
        where = spot(section["page"], section["lines"], WORDS["en"])
        mark = paint("33", "  (blank)") if section["blank"] else ""
        heading = paint("1", safe(" › ".join(section["trail"]))) if section["trail"] else ""
        out.append(f"\n{heading}{mark}  {paint('2', where)}".replace("\n  ", "\n"))
        if section["text"] and not section["blank"]:
            out.append(safe(section["text"]))
    out.append(
        "\n"
        + paint(
            "1", f"Dropped: {counted(len(record['dropped']), 'run')} of lines" if record["dropped"] else "Nothing was dropped."
        )
    )
    for drop in record["dropped"]:
        first, last = drop["lines"]
        out.append(f"  lines {first}-{last}  {paint('36', drop['reason'])}  {paint('2', one_line(drop['text'], 90))}")
    return "\n".join(out)
