"""An answer as it comes: read from the answer line in a thread of its own, so that "stop" always works at once.

The answer line ends early when told to, with what it has; but it may just then be in a long step. So the page reads a queue,
looks every now and then whether it was told to stop, and after a moment's grace goes on without the rest.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections import deque
from contextlib import closing
from typing import TYPE_CHECKING

from ingest.errors import NotesError
from rag.types import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from rag.types import Sentence

    Stream = Callable[[], Generator[Sentence | Answer, None, None]]

_LOOK = 0.1
"""Seconds between two looks at whether to stop."""
_GRACE = 1.0
"""Seconds in which a stopped answer line may still hand over what it has."""


class Stops:
    """Who has been told to stop: one flag an open page. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flags: dict[str, threading.Event] = {}

    def begin(self, page: str) -> threading.Event:
        """The flag of the answer that now begins on ``page``; one that is still coming there is told to stop."""
        with self._lock:
            if page in self._flags:
                self._flags[page].set()
            self._flags[page] = threading.Event()
            return self._flags[page]

    def stop(self, page: str) -> None:
        """Tell the answer that is coming on ``page`` to stop."""
        with self._lock:
            if page in self._flags:
                self._flags[page].set()

    def end(self, page: str, flag: threading.Event) -> bool:
        """The answer of this flag is there; whether the page still waits for it, and not for another."""
        with self._lock:
            mine = self._flags.get(page) is flag
            if mine:
                del self._flags[page]
            return mine


def answering(stream: Stream, stop: threading.Event) -> Iterator[list[Sentence | Answer | str]]:
    """What ``stream`` gives, as much at a time as is there, until it ends; after ``stop`` is set, at most the ``Answer`` as far
    as it has come.

    A failure comes as a last ``str``: the reason, or ``""`` where it is a bug, whose traceback goes to stderr.
    """
    items: deque[Sentence | Answer | str | None] = deque()
    more = threading.Event()

    def put(item: Sentence | Answer | str | None) -> None:
        items.append(item)
        if not more.is_set():  # to wake the other side for each sentence costs more than the sentence
            more.set()

    def work() -> None:
        try:
            with closing(stream()) as coming:
                for item in coming:
                    put(item)
        except NotesError as exc:
            put(str(exc))
        except Exception:
            traceback.print_exc(file=sys.stderr)
            put("")
        finally:
            put(None)

    threading.Thread(target=work, name="footnote-answer", daemon=True).start()
    until = None
    try:
        while until is None or time.monotonic() < until:
            if until is None and stop.is_set():
                until = time.monotonic() + _GRACE
            more.wait(_LOOK)
            more.clear()
            some = [items.popleft() for _ in range(len(items))]
            if given := [item for item in some if item is not None and (until is None or isinstance(item, Answer))]:
                yield given
            if None in some:
                return
    finally:
        stop.set()  # where the page was closed in the middle
