"""What the server does by itself: the first answers are prepared while nobody asks."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import pytest

from ingest.settings import Settings
from rag.footnote import Footnote
from ui import serve

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def done(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was done to the collector, which is that of all tests."""
    seen: list[Any] = []
    monkeypatch.setattr(gc, "collect", lambda: seen.append("collect"))
    monkeypatch.setattr(gc, "freeze", lambda: seen.append("freeze"))
    monkeypatch.setattr(gc, "set_threshold", lambda *numbers: seen.append(numbers))
    return seen


def test_what_the_page_suggests_is_answered_without_a_model(
    notes: Footnote, done: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool]] = []
    monkeypatch.setattr(notes, "ask", lambda question, quoting: asked.append((question, quoting)))
    serve.warm(notes)
    questions = [question for question, _ in asked]
    assert "BN 和 LN 有什么区别?" in questions
    assert len(set(questions)) == len(questions) <= serve.SUGGESTIONS
    assert all(quoting for _, quoting in asked)
    assert done == ["collect", "freeze", (10_000, 20, 20)]


def test_a_library_that_has_gone_stops_nothing(tmp_path: Path, done: list[Any]) -> None:
    with Footnote(Settings(library=str(tmp_path / "none"))) as notes:
        serve.warm(notes)
    assert done[:2] == ["collect", "freeze"]
