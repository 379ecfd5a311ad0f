"""An answer as it comes: in order, stopped at once, never left running, failures told."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from ingest.errors import LibraryDamaged
from rag.types import Answer, Sentence
from ui.web import answering as module
from ui.web.answering import Stops, answering

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    import pytest

ONE, TWO = (Sentence(text=text, citations=(), support=1.0, verdict="supported") for text in ("One.", "Two."))
WHOLE = Answer(question="q", sentences=(ONE, TWO), citations=(), passages=(), abstained=False, reason=None, confidence=1)


def test_everything_comes_in_order() -> None:
    def stream() -> Generator[Any, None, None]:
        yield from (ONE, TWO, WHOLE)

    assert all_of(answering(stream, threading.Event())) == [ONE, TWO, WHOLE]


def all_of(batches: Iterable[list[Any]]) -> list[Any]:
    return [item for batch in batches for item in batch]


def test_a_stopped_answer_ends_with_what_the_line_still_hands_over() -> None:
    stop = threading.Event()

    def stream() -> Generator[Any, None, None]:
        yield ONE
        stop.wait(5)
        yield TWO
        yield WHOLE

    coming = answering(stream, stop)
    assert next(coming) == [ONE]
    stop.set()
    assert all_of(coming) == [WHOLE]


def test_stopping_does_not_wait_for_a_line_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GRACE", 0.05)
    stop, hang, closed = threading.Event(), threading.Event(), threading.Event()

    def stream() -> Generator[Any, None, None]:
        try:
            yield ONE
            hang.wait(10)
            yield TWO
        finally:
            closed.set()

    coming = answering(stream, stop)
    assert next(coming) == [ONE]
    stop.set()
    began = time.monotonic()
    assert list(coming) == []
    assert time.monotonic() - began < 5
    hang.set()
    assert closed.wait(5), "the line is ended when it comes back"


def test_closing_the_page_stops_the_answer() -> None:
    stop = threading.Event()

    def stream() -> Generator[Any, None, None]:
        yield ONE
        stop.wait(10)

    coming = answering(stream, stop)
    next(coming)
    coming.close()  # type: ignore[attr-defined]
    assert stop.is_set()


def test_failures_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    def damaged() -> Generator[Any, None, None]:
        yield ONE
        raise LibraryDamaged("/lib: damaged")

    def bug() -> Generator[Any, None, None]:
        raise ZeroDivisionError("secret detail")
        yield

    assert all_of(answering(damaged, threading.Event())) == [ONE, "/lib: damaged"]
    assert all_of(answering(bug, threading.Event())) == [""]
    assert "ZeroDivisionError: secret detail" in capsys.readouterr().err


def test_one_answer_a_page() -> None:
    stops = Stops()
    first, other = stops.begin("a"), stops.begin("b")
    second = stops.begin("a")
    assert first.is_set()
    assert not stops.end("a", first)
    stops.stop("a")
    assert second.is_set(), "an answer that ends late does not take the flag of the next"
    assert stops.end("a", second)
    assert not other.is_set()
    stops.stop("nowhere")
