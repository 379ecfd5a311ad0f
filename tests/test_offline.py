"""Asking needs no network: the first question, which builds the library from the notes that ship, asks for none."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
# The hook ends the process on the spot, so that no handler of errors can hide an attempt.
CUT_OFF = """
import os, sys
def hook(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        os.write(2, f"reached for the network: {event} {arguments[-1]!r}".encode())
        os._exit(97)
sys.addaudithook(hook)
from ui.cli import main
sys.exit(main(sys.argv[1:]))
"""
QUESTION = "RoPE 的思路是什么?"


def first_question(prefix: Sequence[str], code: str, library: Path) -> dict[str, object]:
    command = [*prefix, sys.executable, "-c", code, "ask", QUESTION, "--library", str(library), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def without_network() -> list[str]:
    """The command that runs another one on a machine without any network; empty where this system does not let us."""
    for words in (["unshare", "-n"], ["unshare", "-rn"]):
        if shutil.which("unshare") and subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            return words
    return []


def test_the_hook_sees_an_attempt() -> None:
    attempt = CUT_OFF.partition("from ui.cli")[0] + "import socket; socket.create_connection(('192.0.2.1', 9), 1)"
    done = subprocess.run([sys.executable, "-c", attempt], capture_output=True, check=False)
    assert (done.returncode, done.stderr[:23]) == (97, b"reached for the network")


def test_the_first_question_reaches_for_no_network_and_needs_none(tmp_path: Path) -> None:
    answer = first_question(without_network(), CUT_OFF, tmp_path / "library")
    assert answer["abstained"] is False
    assert answer["citations"]
