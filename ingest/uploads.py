"""Notes that come as content rather than as a file of the user's: uploaded to the page, or sent by another program.

Each is kept in a folder beside the library's (``library-uploads``; what lies in the library itself is never read as a
note) under its own name made safe: a footnote can name it, and the same name sent again replaces it. Of a folder that is
uploaded the folders stay, because two files in it may have one name.
"""

from __future__ import annotations

import re
import shutil
import threading
import unicodedata
from dataclasses import replace
from pathlib import Path, PurePath, PureWindowsPath
from typing import TYPE_CHECKING

from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.build import Summary
    from ingest.settings import Settings

_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
"""Names that Windows keeps for devices."""
DEEPEST = 8
"""Folders, with the file's name, that are kept of a path; those above are left out."""
_one_at_a_time = threading.Lock()


def add(
    files: Sequence[tuple[str, bytes | Path]],
    settings: Settings,
    *,
    folders: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> tuple[list[Path], Summary]:
    """Keep each file (its name, and its bytes or where they lie) and build all into the library of ``settings``.

    With ``folders``, a name such as ``week1/intro.md`` keeps its folders. Returns where each is kept, in their order, and the
    summary of the build. What could not be read is in ``Summary.skipped``; it is not kept, and what was kept under its name
    before comes back. Raises what ``build`` raises, and ``StoreError`` where nothing can be kept.
    """
    from ingest.build import build

    folder = uploads_folder(settings)
    with _one_at_a_time:
        targets = [folder / (safe_path(name) if folders else safe_name(name)) for name, _ in files]
        before = {str(target): target.read_bytes() for target in targets if target.is_file()}
        kept = [_keep(target, content) for target, (_, content) in zip(targets, files, strict=True)]
        summary = build(list(dict.fromkeys(kept)), settings, progress=progress)
        back = [Path(skip.path) for skip in summary.skipped if skip.path in before]
        if back:
            for path in back:
                _keep(path, before[str(path)])
            again = build(back, settings)
            totals = {name: getattr(again, name) for name in ("documents", "sections", "blank_sections", "chunks")}
            summary = replace(summary, **totals, removed=summary.removed - again.added)
        held = _held(settings)
        for skip in summary.skipped:
            if Path(skip.path) in kept and skip.path not in held and skip.path not in before:
                Path(skip.path).unlink(missing_ok=True)
    return kept, summary


def uploads_folder(settings: Settings) -> Path:
    """Where the uploaded notes of the library of ``settings`` are kept."""
    library = settings.library_folder
    return library.with_name(f"{library.name}-uploads").absolute()


def safe_path(name: str) -> Path:
    """A path below the folder of uploads: each part of ``name`` made safe, at most ``DEEPEST`` of them."""
    parts = [part for part in re.split(r"[/\\]", name) if part.strip(" .") and not re.fullmatch("[A-Za-z]:", part)]
    return Path(*(safe_name(part) for part in parts[-DEEPEST:])) if parts else Path(safe_name(name))


def safe_name(name: str) -> str:
    """A file name that is one on every system and stays in its folder; it keeps its suffix and what can be read of it."""
    last = PureWindowsPath(PurePath(name).name).name
    clean = _UNSAFE.sub("_", unicodedata.normalize("NFC", last.encode("utf-8", "replace").decode("utf-8"))).strip(" .")
    stem, dot, suffix = clean.rpartition(".")
    if not dot:
        stem, suffix = clean, ""
    while len(stem.encode()) > 150:
        stem = stem[:-1]
    stem = stem.strip(" .") or "note"
    return ("_" if RESERVED.match(stem + ".") else "") + stem + dot + suffix[:16]


def _keep(target: Path, content: bytes | Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            target.write_bytes(content)
        else:
            shutil.copyfile(content, target)
    except OSError as exc:
        raise StoreError(f"{target}: cannot be kept ({exc.strerror or exc})") from exc
    return target


def _held(settings: Settings) -> set[str]:
    from ingest.store import Library

    with Library.open(settings.library_folder, settings) as library:
        return {path for note in library.documents() for path in note.paths}
