"""A checkout's own environment, ``.venv``, made and filled by the standard library alone.

``python3 ui ...`` and ``python3 tests ...`` stand on it, so that a machine with nothing but Python and pip needs one
command, the same on Linux, macOS and Windows. The decisions:

* A virtual environment, always: Debian, Ubuntu and Homebrew refuse ``pip install`` outside one (PEP 668).
* Where ``ensurepip`` is missing (Debian and Ubuntu package it apart, as python3-venv), the machine's own pip puts a copy
  of itself into the environment: ``--target`` needs no permission, and every pip knows it.
* An editable install, so that what runs is what stands in the checkout, also after the next pull.
* A stamp file in it holds what was installed. The install is run again only when ``pyproject.toml``, the place of the
  checkout, the interpreter or the wanted extras have changed; a warm start costs one small file. A ``.venv`` without
  the stamp is someone else's, and is left alone.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WINDOWS = os.name == "nt"


class SetupError(Exception):
    """The environment cannot be made; the message is one line and says what to do."""


def program(environment: Path, name: str) -> Path:
    """The path of a program of the environment, as this system spells it."""
    return environment / "Scripts" / f"{name}.exe" if WINDOWS else environment / "bin" / name


def prepare(extras: Iterable[str] = (), *, root: Path = ROOT) -> Path:
    """Make ``root/.venv`` hold the project with ``extras`` (and those it already has); return the folder.

    Returns at once when nothing has changed. Says on stderr what it does, and prints nothing on stdout.
    Raises ``SetupError``.
    """
    environment = root / ".venv"
    stamp = environment / "footnote.json"
    wanted: dict[str, Any] = {
        "root": str(root),
        "python": "{}.{}".format(*sys.version_info),
        "pyproject": hashlib.sha256((root / "pyproject.toml").read_bytes()).hexdigest(),
        "extras": sorted(extras),
    }
    have = _read(stamp)
    python = program(environment, "python")
    usable = python.exists() and all(have.get(key) == wanted[key] for key in ("root", "python"))
    if usable:
        wanted["extras"] = sorted({*wanted["extras"], *have["extras"]})
        if have == wanted:
            return environment
    if environment.exists() and not stamp.exists():
        raise SetupError(f"{environment} was made by something else; move it away and run this again")
    print(f"Setting up {environment}; the first time, this downloads 100 to 200 MB.", file=sys.stderr, flush=True)
    if not usable:
        _create(environment, stamp)
    names = ",".join(wanted["extras"])
    _pip(python, "install", "--editable", f"{root}[{names}]" if names else str(root))
    stamp.write_text(json.dumps(wanted), encoding="utf-8")
    return environment


def run(command: Sequence[str | Path]) -> int:
    """Run ``command`` in this process's place, or beside it where the system cannot; return its exit code."""
    words = [str(word) for word in command]
    if WINDOWS:
        return subprocess.run(words, check=False).returncode
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(words[0], words)


def run_footnote(arguments: Sequence[str]) -> int:
    """Set up, then ``footnote`` with ``arguments``; return its exit code, or 1 with the reason on stderr."""
    try:
        environment = prepare()
    except SetupError as exc:
        print(exc, file=sys.stderr)
        return 1
    return run([program(environment, "footnote"), *arguments])


def _read(stamp: Path) -> dict[str, Any]:
    try:
        found = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _create(environment: Path, stamp: Path) -> None:
    """A new virtual environment with a pip in it, and an empty ``stamp`` that says whose it is."""
    import venv

    try:
        venv.EnvBuilder(clear=True, symlinks=not WINDOWS).create(environment)
        stamp.write_text("{}", encoding="utf-8")
    except (OSError, subprocess.CalledProcessError) as exc:
        raise SetupError(f"{environment} cannot be made: {exc}") from exc
    python = program(environment, "python")
    if importlib.util.find_spec("ensurepip"):
        _call([python, "-m", "ensurepip", "--default-pip"])
    elif importlib.util.find_spec("pip"):
        question = "import sysconfig; print(sysconfig.get_path('purelib'))"
        folder = subprocess.run([python, "-c", question], check=True, capture_output=True, text=True).stdout.strip()
        _pip(Path(sys.executable), "install", "--target", folder, "pip")
    else:
        raise SetupError(f"{sys.executable} has no pip; on Debian or Ubuntu: sudo apt install python3-venv")


def _pip(python: Path, *arguments: str) -> None:
    _call([python, "-m", "pip", "--disable-pip-version-check", *arguments])


def _call(command: Sequence[str | Path]) -> None:
    """Run one step of the set-up; its progress goes to one line of a terminal, its errors to stderr.

    Raises ``SetupError``.
    """
    environment = {**os.environ, "PIP_USER": "0"}  # a user's setting that no virtual environment can follow
    terminal = sys.stderr.isatty()
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", errors="replace", env=environment) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if terminal:
                print(f"\r  {line.strip()[:76]:<76}", end="", file=sys.stderr, flush=True)
    if terminal:
        print(f"\r{'':<78}\r", end="", file=sys.stderr, flush=True)
    if process.returncode:
        words = " ".join(map(str, command))
        raise SetupError(f"The set-up stopped (exit {process.returncode}) at: {words}")
