"""The bar: only on a terminal, and anew for each total."""

import io
import sys

import pytest

from ingest.progress import Bar


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_for_terminals(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = _Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with Bar() as bar:
        bar(1, 2, "folder/first.md")
        bar(2, 2, "folder/second.md")
        bar(1, 7, "answers")
    shown = stream.getvalue()
    assert ("/2" in shown, "/7" in shown) == (terminal, terminal)
