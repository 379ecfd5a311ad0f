"""Who may log in to the page: names and hashes of passwords, in a file or in the environment (``FOOTNOTE_AUTH``).

    anna:scrypt$32768$8$3$mJ0…$q8Zk…

Decisions:

- One user a line, so that a line can be looked at, removed, or moved to another machine. ``footnote user`` writes it; the
  file is replaced whole, and only its owner may read it.
- scrypt (RFC 7914) with N = 2**15, r = 8, p = 3, one of the settings that OWASP's password storage cheat sheet gives: it takes
  32 MB and a few tenths of a second. The numbers stand in the hash, so they can grow later.
- A name is also the name of the user's folder, so it is one that every file system takes, and differs from others by more
  than capitals.
- The file is looked at again when it has changed: whoever is taken out of it, or given another password, is logged out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import threading
import time
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import SettingsError
from ingest.uploads import RESERVED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VARIABLE = "FOOTNOTE_AUTH"
SHORTEST = 8
"""Characters of a password."""
LONGEST = 1024
_COST = (2**15, 8, 3)
_MEMORY = 128 * 1024 * 1024
_NAME = re.compile(r"[^\W_][\w-]{0,31}(?:\.[\w-]{1,8}){0,2}")
_HASH = re.compile(r"scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([\w+/=-]{16,64})\$([\w+/=-]{32,128})")
_LOOK_SECONDS = 1.0


class Users:
    """The users of a file, or of a text that does not change. Every method may be called from any thread."""

    def __init__(self, file: Path | None, text: str = "") -> None:
        """Raises ``SettingsError`` where the file cannot be read, has a line that is none, or names nobody."""
        self._file = file
        self._lock = threading.Lock()
        self._stamp = _stamp(file) if file is not None else ()
        self._hashes = read(file) if file is not None else _parse(text.split(), VARIABLE)
        self._looked = time.monotonic()
        self._nobody = hash_password(secrets.token_urlsafe())
        if not self._hashes:
            raise SettingsError(f"{file or VARIABLE}: nobody may log in; add a user with 'footnote user add NAME --auth FILE'")

    @classmethod
    def load(cls, file: str | None, environment: Mapping[str, str] = os.environ) -> Users | None:
        """Those of ``file``, else of the environment; ``None`` where neither is given."""
        if file:
            return cls(Path(file).expanduser().absolute())
        return cls(None, environment[VARIABLE]) if environment.get(VARIABLE, "").strip() else None

    def proof(self, name: str) -> str:
        """What a session of that user holds as long as it stays the same; empty for nobody."""
        return self._current().get(name, "")

    def check(self, name: str, password: str) -> str:
        """The user's name as it stands in the file, if the password is right; else empty. Takes as long for nobody."""
        folded = fold(name)
        stored = self._current().get(folded)
        right = matches(password, stored or self._nobody)
        return folded if right and stored is not None else ""

    def _current(self) -> dict[str, str]:
        with self._lock:
            if self._file is not None and time.monotonic() - self._looked >= _LOOK_SECONDS:
                self._looked = time.monotonic()
                stamp = _stamp(self._file)
                if stamp != self._stamp:
                    self._stamp = stamp
                    try:
                        self._hashes = read(self._file)
                    except SettingsError:  # it is gone or garbled: nobody is let in by what it said before
                        self._hashes = {}
            return self._hashes


def fold(name: str) -> str:
    """A name as it is compared and stored."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def valid_name(name: str) -> str:
    """The folded name; raises ``SettingsError`` for one that cannot be a user's."""
    folded = fold(name)
    if not _NAME.fullmatch(folded) or RESERVED.match(folded):
        raise SettingsError(
            f"{name!r}: a user's name has up to 32 letters, digits, '-' or '_', and begins with a letter or digit"
        )
    return folded


def hash_password(password: str) -> str:
    """The line's second part for a password. Raises ``SettingsError`` for one that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise SettingsError(f"a password has {SHORTEST} to {LONGEST} characters")
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, *_COST)
    return "$".join(["scrypt", *map(str, _COST), *(base64.b64encode(part).decode() for part in (salt, digest))])


def matches(password: str, stored: str) -> bool:
    """Whether the hash is of this password; compared in constant time."""
    found = _HASH.fullmatch(stored)
    if found is None or len(password) > LONGEST:
        return False
    n, r, p, salt, digest = found.groups()
    made = _scrypt(password, base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(made, base64.b64decode(digest))


def read(file: Path) -> dict[str, str]:
    """Name to hash; raises ``SettingsError``."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"--auth: {file}: {getattr(exc, 'strerror', None) or 'not text'}") from exc
    return _parse((line for line in lines if line.strip() and not line.lstrip().startswith("#")), str(file))


def write(file: Path, users: Mapping[str, str]) -> None:
    """Replace the file by these users, for its owner's eyes only; raises ``SettingsError``."""
    beside = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline="\n") as out:
            out.writelines(f"{name}:{stored}\n" for name, stored in users.items())
            out.flush()
            os.fsync(out.fileno())
        os.replace(beside, file)
    except OSError as exc:
        beside.unlink(missing_ok=True)
        raise SettingsError(f"--auth: {file}: {exc.strerror or exc}") from exc


def _parse(lines: Iterable[str], where: str) -> dict[str, str]:
    users: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, _, stored = line.strip().partition(":")
        if not _HASH.fullmatch(stored):
            raise SettingsError(f"{where}: user {number} is not NAME:HASH as 'footnote user add' writes it")
        users[valid_name(name)] = stored
    return users


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    try:
        secret = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
        return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=32)
    except ValueError as exc:
        raise SettingsError(f"a password's hash has settings that scrypt does not take ({exc})") from exc


def _stamp(file: Path) -> tuple[int, ...]:
    try:
        stat = file.stat()
    except OSError:
        return ()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
