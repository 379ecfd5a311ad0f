"""Long work of an event in a thread of its own, told step by step; and how its end is said."""

from __future__ import annotations

import queue
import sys
import threading
import traceback
from html import escape
from typing import TYPE_CHECKING, Any

from ingest.errors import NotesError
from ui.render import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def working(work: Callable[[Callable[[int, int, str], None]], Any]) -> Iterator[Any]:
    """Run ``work`` in a thread of its own: its steps (done, all, what) as far as they are new, then what it gives.

    A failure comes as a last ``str``: the reason, or ``""`` where it is a bug, whose traceback goes to stderr.
    """
    steps: queue.Queue[Any] = queue.Queue()

    def run() -> None:
        try:
            steps.put((True, work(lambda done, total, what: steps.put((False, (done, total, what))))))
        except NotesError as exc:
            steps.put((True, str(exc)))
        except Exception:
            traceback.print_exc(file=sys.stderr)
            steps.put((True, ""))

    threading.Thread(target=run, name="footnote-work", daemon=True).start()
    while True:
        last, step = steps.get()
        while not last and not steps.empty():
            last, step = steps.get()
        yield step
        if last:
            return


def failure(said: str) -> str:
    """What went wrong, as a line of the page."""
    return f'<p class="fn-error" role="alert">{escape(safe(said))}</p>'


def remark(said: str) -> str:
    """What has been done, as a line of the page."""
    return f'<p class="fn-remark" role="status">{escape(safe(said))}</p>'
