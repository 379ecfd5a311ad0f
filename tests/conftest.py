"""What every test stands on: no network, no library of the user's, settings of its own, repeatable examples.

* A connection to anything but this machine fails the test, also when the code under test swallows the error. The guard
  is an audit hook, so it sees sockets however they are reached. Child processes are out of its sight; those that must
  be offline are cut off by the tests that start them (``tests/test_offline.py``).
* ``golden`` compares with a file under ``tests/golden``. ``FOOTNOTE_REWRITE_GOLDENS=1`` writes these files anew; read
  the difference before you commit it. ``.ci/run`` refuses to start while the flag is set.
"""

from __future__ import annotations

import ipaddress
import itertools
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
REWRITE = "FOOTNOTE_REWRITE_GOLDENS"

hypothesis.settings.register_profile(
    "footnote",
    deadline=None,  # a busy machine is no failure
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("footnote")

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

_reached: list[str] = []
_count = itertools.count()


def _local(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if not isinstance(address, tuple) or _local(address[0]):  # a path is a socket of this machine
            return
        host = str(address[0])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        if _local(arguments[0]):
            return
        host = str(arguments[0])
    else:
        return
    _reached.append(host)
    raise PermissionError(f"tests run offline, but something reached for {host}")


sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def _offline() -> Iterator[None]:
    _reached.clear()
    yield
    assert not _reached, f"reached for {_reached}"


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No setting of the machine's user reaches a test, and no test reaches the user's library."""
    for name in [name for name in os.environ if name.startswith("FOOTNOTE_") and name != REWRITE]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FOOTNOTE_LIBRARY", str(tmp_path_factory.getbasetemp() / f"default-library-{next(_count)}"))


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """``golden(name, text)`` asserts that ``text`` is what ``tests/golden/name`` holds."""

    def check(name: str, text: str) -> None:
        file = ROOT / "tests" / "golden" / name
        if os.environ.get(REWRITE) == "1":
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        assert text == file.read_text(encoding="utf-8")

    return check


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of an installed Chromium or Chrome; skips where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium on this machine")
