"""Listen to any LLM without ever hanging: its text as a stream, its failures as one kind of error.

Decisions:

- The model runs on an event loop of its own thread, whatever the caller is: cancelling a task there closes its connection
  within milliseconds, which a thread that waits for a socket cannot do.
- Silence is measured here, for every provider alike: nothing new for ``patience`` seconds, or no end after ten times that,
  and the model is given up. What a model may write is bounded, too.
- Retries are made here, and only before the first word: at most two, and never later than the server asked for (a
  ``Retry-After`` that is longer than a person waits is told instead).
- A server's words about an error are not shown where they could repeat the key (401, 403); elsewhere the key is blotted out.
"""

from __future__ import annotations

import asyncio
import queue
import re
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ingest.errors import ModelFailed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from ingest.errors import Trouble

PATIENCE = 60.0
"""Seconds of silence after which a model that says nothing of its own (``metadata["patience"]``) is given up."""
IN_ALL = 10
"""Times the patience after which it is given up although it goes on."""
MOST_CHARACTERS = 60_000
"""Characters after which a model is not listened to any more, its reasoning included."""
ATTEMPTS, WAIT, LONGEST_WAIT = 3, 0.5, 10.0
"""Calls before a busy or failing server is given up, seconds before the second (doubled before each other), and the most that
its ``Retry-After`` may ask for."""
_POLL = 0.05


@dataclass(frozen=True, slots=True)
class End:
    """How a model ended: on its own (``"stop"``), cut off by a limit of the server (``"length"``), or without a word about
    it (``""``), as a stream does that is cut.
    """

    finish: str


def speak(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    *,
    config: RunnableConfig | None = None,
    stop: threading.Event | None = None,
) -> Generator[str | End, None, None]:
    """What ``model`` says to ``messages``, as it comes; the ``End`` last.

    Closing the generator, or setting ``stop`` from another thread, closes the connection at once (``stop`` ends with
    ``End("stopped")``). Raises ``ModelFailed``, before or after some text, when the model fails or falls silent.
    """
    patience = float((model.metadata or {}).get("patience") or PATIENCE)
    deadline = time.monotonic() + IN_ALL * patience
    for attempt in range(1, ATTEMPTS + 1):
        if stop is not None and stop.is_set():
            yield End("stopped")
            return
        said = False
        try:
            for piece in _once(model, messages, patience=patience, deadline=deadline, config=config, stop=stop):
                if piece:
                    said = True
                    yield piece
            return
        except ModelFailed as exc:
            wait = exc.retry_after if exc.retry_after is not None else WAIT * 2 ** (attempt - 1)
            again = exc.trouble in ("busy", "server") and not said and attempt < ATTEMPTS
            if not again or wait > LONGEST_WAIT or time.monotonic() + wait > deadline:
                raise
        if stop is None:
            time.sleep(wait)
        else:
            stop.wait(wait)


def _once(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    *,
    patience: float,
    deadline: float,
    config: RunnableConfig | None,
    stop: threading.Event | None,
) -> Generator[str | End, None, None]:
    heard: queue.SimpleQueue[str | End | Exception] = queue.SimpleQueue()

    async def listen() -> None:
        try:
            async for piece in _pieces(model, messages, config):
                heard.put(piece)
        except Exception as exc:
            heard.put(exc)

    task = asyncio.run_coroutine_threadsafe(listen(), _loop())
    try:
        silent_since = time.monotonic()
        while True:
            try:
                piece = heard.get(timeout=_POLL)
            except queue.Empty:
                now = time.monotonic()
                if stop is not None and stop.is_set():
                    yield End("stopped")
                    return
                if now - silent_since > patience or now > deadline:
                    raise ModelFailed("silent", f"{patience:g} s") from None
                continue
            if isinstance(piece, Exception):
                raise failure(piece, model) from piece
            yield piece
            if isinstance(piece, End):
                return
            silent_since = time.monotonic()
            if silent_since > deadline:
                raise ModelFailed("silent", f"{IN_ALL * patience:g} s")
            if stop is not None and stop.is_set():
                yield End("stopped")
                return
    finally:
        task.cancel()


async def _pieces(
    model: BaseChatModel, messages: Sequence[BaseMessage], config: RunnableConfig | None
) -> AsyncIterator[str | End]:
    """Text, empty where a chunk has none, and the end; where a server does not stream, its whole answer in one piece."""
    finish, count = "", 0
    try:
        async for chunk in model.astream(list(messages), config):
            finish = _finish(chunk) or finish
            text = str(chunk.text)
            count += len(text)
            yield text  # empty while a model reasons: a sign of life
            if count > MOST_CHARACTERS:
                finish = "length"
                break
    except ValueError:  # LangChain's word for a stream in which nothing was
        if count:
            raise
    if not count and not finish:
        whole = await model.ainvoke(list(messages), config)
        finish = _finish(whole)
        yield str(whole.text)[:MOST_CHARACTERS]
    yield End(finish)


def _finish(message: BaseMessage) -> str:
    """How the provider says that the answer ended: each has its own name for it."""
    about = message.response_metadata
    return str(next(filter(None, (about.get(name) for name in ("finish_reason", "done_reason", "stop_reason"))), ""))


_starting = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    """The one loop of all models, also where two first questions come at once: clients belong to the loop they began on."""
    with _starting:
        return _started()


@lru_cache(maxsize=1)
def _started() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="footnote-model", daemon=True).start()
    return loop


# ---------------------------------------------------------------------------------------------- failures

_BY_STATUS: dict[int, Trouble] = {
    400: "refused",
    401: "key",
    403: "forbidden",
    404: "unknown",
    408: "silent",
    413: "refused",
    422: "refused",
    429: "busy",
}
_BY_CLASS: tuple[tuple[Trouble, frozenset[str]], ...] = (
    ("silent", frozenset(("TimeoutException", "APITimeoutError", "TimeoutError"))),
    ("cut", frozenset(("RemoteProtocolError", "ReadError", "IncompleteRead", "LocalProtocolError", "StreamClosed"))),
    ("unreachable", frozenset(("ConnectError", "ConnectionError", "gaierror", "UnsupportedProtocol"))),
    ("garbled", frozenset(("JSONDecodeError", "UnicodeDecodeError", "DecodingError"))),
    ("unreachable", frozenset(("APIConnectionError",))),
)
_KEYLIKE = re.compile(r"\b(?:sk|key|pk|gsk|xai)[-_][A-Za-z0-9_*.-]{6,}|\bBearer\s+\S+", re.IGNORECASE)
_LONGEST_DETAIL = 160


def failure(exc: Exception, model: BaseChatModel) -> ModelFailed:
    """Any provider's error as one of ours, without the key: by its HTTP status, else by the classes of it and of what caused
    it.
    """
    status = getattr(exc, "status_code", None)
    if isinstance(status, int) and status >= 400:
        trouble = _BY_STATUS.get(status, "server" if status >= 500 else "refused")
        detail = f"HTTP {status}" if trouble in ("key", "forbidden") else f"HTTP {status}: {_plain(exc, model)}"
        return ModelFailed(trouble, detail.rstrip(": "), retry_after=_retry_after(exc))
    names: set[str] = set()
    cause: BaseException | None = exc
    while cause is not None and len(names) < 100:
        names |= {kind.__name__ for kind in type(cause).__mro__}
        cause = cause.__cause__ or cause.__context__
    for trouble, classes in _BY_CLASS:
        if names & classes:
            return ModelFailed(trouble, _where(model) if trouble == "unreachable" else "")
    return ModelFailed("garbled", _plain(exc, model))


def _where(model: BaseChatModel) -> str:
    """Host and port of the model's server, without a name or password that its address may hold."""
    urls = (getattr(model, name, None) for name in ("openai_api_base", "base_url", "anthropic_api_url"))
    return urlsplit(str(next(filter(None, urls), ""))).netloc.rpartition("@")[2]


def _plain(exc: Exception, model: BaseChatModel) -> str:
    """What the server says about the error, on one line, without anything that is or looks like a key."""
    body = getattr(exc, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    message = inner.get("message") if isinstance(inner, dict) else inner if isinstance(inner, str) else None
    text = " ".join(str(message or exc).split())
    for value in vars(model).values():
        secret = value.get_secret_value() if hasattr(value, "get_secret_value") else None
        if isinstance(secret, str) and secret:
            text = text.replace(secret, "***")
    text = "".join(letter for letter in _KEYLIKE.sub("***", text) if letter.isprintable())
    return text if len(text) <= _LONGEST_DETAIL else text[: _LONGEST_DETAIL - 1] + "…"


def _retry_after(exc: Exception) -> float | None:
    headers = getattr(getattr(exc, "response", None), "headers", None)
    try:
        return max(0.0, float(headers["retry-after"])) if headers is not None else None
    except (KeyError, TypeError, ValueError):
        return None
