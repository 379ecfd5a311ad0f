"""Load: a file to the text in it, whatever its format and encoding; one module a format.

What a file *is* decides, not what it is called: a PDF named ``.txt`` is read as a PDF, an archive or picture under any
name is refused with that reason. Everything that goes wrong becomes a ``LoadError`` with the file and a reason; nothing
that a file holds may raise anything else, run code, reach the network, or take more than bounded time and memory.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ingest.errors import UnreadableFile, UnsupportedFormat
from ingest.load.decode import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ingest.settings import Settings
    from ingest.types import Source

    Reader = Callable[[str, bytes, str, Settings], list[Source]]

_READERS = {
    ".txt": "text:read_text",
    ".md": "text:read_markdown",
    ".markdown": "text:read_markdown",
    ".html": "html:read",
    ".htm": "html:read",
    ".pdf": "pdf:read",
    ".docx": "docx:read",
    ".ipynb": "ipynb:read",
    ".jsonl": "jsonl:read",
}
SUFFIXES: frozenset[str] = frozenset(_READERS)
"""The suffixes that are read, in lower case."""

_OTHER_FORMATS = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"{\\rtf", "an RTF document; save it as .docx"),
    (b"SQLite format 3\0", "a SQLite database"),
    (b"\x7fELF", "a program"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at the given files and folders has found."""

    files: list[Path] = field(default_factory=list)
    """The files to load."""
    folders: list[Path] = field(default_factory=list)
    """Those of the given paths that are folders."""
    others: list[Path] = field(default_factory=list)
    """Files of other formats in the folders."""
    unreadable: list[UnreadableFile] = field(default_factory=list)
    """What could not be looked into: what lies below is unknown, which is not the same as gone."""


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The files to load among ``paths``; see :func:`look`."""
    return look(paths).files


def look(paths: Iterable[Path]) -> Found:
    """The files to load: those named, as given, and under each folder all with a known suffix, in sorted order.

    Hidden files and folders, lock files of Word (``~$...``) and what is no regular file are left out in folders, and
    linked folders are not followed. A file that is named is never left out: :func:`load` says what is wrong with it.
    What the system does not let us look at, folder or file, stands in ``Found.unreadable``.
    """
    found = Found()
    for path in paths:
        mode = _mode(path, found)
        if mode is None:
            continue
        if stat.S_ISDIR(mode):
            found.folders.append(path)
            _walk(path, found)
        else:
            found.files.append(path)
    once: dict[str, Path] = {}
    for file in found.files:
        once.setdefault(os.path.abspath(file), file)
    found.files[:] = once.values()
    return found


def _mode(path: Path, found: Found) -> int | None:
    """What the path is: 0 where there is nothing, ``None`` (and told in ``found``) where the system does not say."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return 0
    except OSError as exc:
        found.unreadable.append(_unreadable(path, exc))
        return None


def _walk(folder: Path, found: Found) -> None:
    def told(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # a folder that was removed while we looked
            found.unreadable.append(_unreadable(Path(error.filename or folder), error))

    for root, folders, names in os.walk(folder, onerror=told):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith((".", "~$")):
                continue
            file = Path(root, name)
            known = file.suffix.lower() in SUFFIXES
            if not known or ((mode := _mode(file, found)) is not None and stat.S_ISREG(mode)):
                (found.files if known else found.others).append(file)


def _unreadable(path: Path, error: OSError) -> UnreadableFile:
    return UnreadableFile(_shown(path), (error.strerror or str(error)).lower())


def _shown(path: Path) -> str:
    """The path as it stands in messages and in the library: absolute, and text whatever the bytes of the name."""
    return Path(os.path.abspath(path)).as_posix().encode("utf-8", "backslashreplace").decode()


def load(path: Path, settings: Settings) -> list[Source]:
    """What stands in a file: one ``Source``, or one a record for ``.jsonl``.

    Raises ``UnsupportedFormat`` where the file is of no known format, ``UnreadableFile`` where it is missing, empty,
    damaged, encrypted, too large (``settings.max_file_bytes``) or has no text; each with the reason.
    """
    name = Path(os.path.abspath(path)).as_posix()
    shown = _shown(path)
    if shown != name:
        raise UnreadableFile(shown, "its name is not valid Unicode; rename it")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        if not path.exists():
            raise UnreadableFile(name, "no such file or directory")
        raise UnsupportedFormat(name, f"{suffix or 'a file without a suffix'} is none of {' '.join(sorted(SUFFIXES))}")
    data = _bytes(path, name, settings.max_file_bytes)
    module, function = _READERS[_kind(name, suffix, data)].split(":")
    read = cast("Reader", getattr(import_module(f"ingest.load.{module}"), function))
    sources = read(name, data, plain(path.stem).strip() or "untitled", settings)
    if not any(character.isprintable() and not character.isspace() for source in sources for character in source.text):
        raise UnreadableFile(name, "has no text")
    return sources


def _bytes(path: Path, name: str, limit: int) -> bytes:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):  # a pipe or device could be read for ever
            raise UnreadableFile(name, "is a folder" if stat.S_ISDIR(mode) else "is not a regular file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as exc:
        raise UnreadableFile(name, (getattr(exc, "strerror", None) or str(exc)).lower()) from exc
    if len(data) > limit:
        raise UnreadableFile(name, f"is larger than {limit / 1e6:g} MB (the setting max_file_bytes)")
    if not data:
        raise UnreadableFile(name, "is empty")
    return data


def _kind(name: str, suffix: str, data: bytes) -> str:
    """The suffix of the format that the bytes are in; ``UnsupportedFormat`` where that is none of ours."""
    if data.startswith(b"%PDF-"):
        return ".pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        if suffix == ".docx" or b"word/document" in data:
            return ".docx"
        raise UnsupportedFormat(name, "is a zip archive")
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):  # the container of Office before 2007, and of encrypted files
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise UnreadableFile(name, "is encrypted: needs a password")
        raise UnsupportedFormat(name, "is an old Office document; save it as .docx")
    for mark, what in _OTHER_FORMATS:
        if data.startswith(mark):
            raise UnsupportedFormat(name, f"is {what}")
    if suffix == ".docx":
        raise UnreadableFile(name, "is no Word document: damaged, or something else under that name")
    if suffix == ".pdf" and b"%PDF-" not in data[:1024] and b"endobj" not in data:
        raise UnreadableFile(name, "is no PDF: damaged, or something else under that name")
    return suffix
