"""Answers are made in threads of their own, a few at a time, and a client that goes away stops its own.

The server is one event loop; an answer is a plain iterator that computes, or waits for an LLM. So each gets a thread, of
which there are ``AT_ONCE``; more wait for one, and beyond ``WAITING`` are told to come again (``Busy``). What a thread has
made waits in a queue: a client that reads slowly holds nobody up, not even its own thread.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.responses import StreamingResponse

from ui.api.errors import Busy, Gone

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator

    from starlette.types import Receive, Scope, Send

T = TypeVar("T")

AT_ONCE = 8
WAITING = 64
_END = object()


class _Failed:
    """What a thread raised."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class Workers:
    """The threads of one server; every method is to be called in its event loop."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._most_waiting = waiting
        self._waiting = 0

    async def stream(self, make: Callable[[threading.Event], Iterator[T]]) -> AsyncGenerator[T, None]:
        """The items of ``make(stopped)`` as its thread makes them, and what it raises.

        Once this is closed, ``stopped`` is set and the thread closes the iterator at its next item; what can wait long for
        one (an LLM's next word) is to look at ``stopped`` meanwhile.
        """
        if self._free.locked() and self._waiting >= self._most_waiting:
            raise Busy("too many questions at once; ask again in a moment")
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Any] = asyncio.Queue()
        stopped = threading.Event()

        def tell(function: Callable[..., None], *arguments: Any) -> None:
            with suppress(RuntimeError):  # the loop has ended, and with it all who listened
                loop.call_soon_threadsafe(function, *arguments)

        def work() -> None:
            try:
                _each(make, lambda item: tell(queue.put_nowait, item), stopped)
            except BaseException as exc:
                tell(queue.put_nowait, _Failed(exc))
            tell(queue.put_nowait, _END)
            tell(self._free.release)

        threading.Thread(target=work, name="footnote-answer", daemon=True).start()
        try:
            while (item := await queue.get()) is not _END:
                if isinstance(item, _Failed):
                    raise item.error
                yield item
        finally:
            stopped.set()

    async def last(self, make: Callable[[threading.Event], Iterator[T]]) -> T:
        """The last of the items that :meth:`stream` would give; there must be one."""
        found: list[T] = []
        async with aclosing(self.stream(make)) as items:
            async for item in items:
                found[:] = [item]
        return found[0]

    async def call(self, function: Callable[[], T]) -> T:
        """What ``function`` returns in a thread, or raises."""
        return await self.last(lambda _: iter((function(),)))


def _each(make: Callable[[threading.Event], Iterator[T]], give: Callable[[T], None], stopped: threading.Event) -> None:
    if stopped.is_set():
        return
    items = make(stopped)
    try:
        for item in items:
            if stopped.is_set():
                return
            give(item)
    finally:
        close = getattr(items, "close", None)
        if close is not None:
            close()


async def unless_gone(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """What ``work`` returns; cancels it, and raises ``Gone``, when the client closes its connection first.

    The request must have been read whole.
    """
    task, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise Gone
    finally:
        for one in (task, leaving):
            one.cancel()
        await asyncio.gather(task, leaving, return_exceptions=True)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class EventStream(StreamingResponse):
    """Server-sent events, one ``data:`` line each; ends with the client's connection at the latest, and its work with it."""

    def __init__(self, events: AsyncGenerator[str, None]) -> None:
        self._events = events
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__((), media_type="text/event-stream", headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events, each as soon as it is there."""

        async def run() -> None:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async with aclosing(self._events) as events:
                async for event in events:
                    await send({"type": "http.response.body", "body": f"data: {event}\n\n".encode(), "more_body": True})
            await send({"type": "http.response.body", "body": b""})

        with suppress(Gone):
            await unless_gone(receive, run())
