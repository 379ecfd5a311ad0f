"""``footnote user``: who may log in to a page that is served with ``--auth``."""

from __future__ import annotations

import sys
from getpass import getpass
from pathlib import Path

from ingest.errors import SettingsError
from ui.users import hash_password, read, valid_name, write


def run(action: str, given: str, file: str | None) -> int:
    """``add`` (or give another password), ``remove``, ``list``. ``add`` without a file prints the line for ``FOOTNOTE_AUTH``.

    The password comes from the terminal, unseen and twice, or else is the first line of standard input.
    """
    path = Path(file).expanduser().absolute() if file else None
    if path is None:
        print(f"{valid_name(given)}:{hash_password(_password())}")
        return 0
    users = read(path) if path.exists() else {}
    if action == "list":
        for name in users:
            print(name)
        return 0
    name = valid_name(given)
    known = name in users
    if action == "add":
        users[name] = hash_password(_password())
        write(path, users)
        print(f"{name}: {'has another password now' if known else 'may log in now'}")
    elif known:
        del users[name]
        write(path, users)
        print(f"{name}: may not log in any more; the notes stay where they are")
    else:
        raise SettingsError(f"{path}: there is no user {name!r}")
    return 0


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("Password: ")
    if getpass("Again: ") != password:
        raise SettingsError("the two passwords differ")
    return password
