"""A real HTTP server on loopback that speaks the OpenAI protocol, and misbehaves when it is told to.

    with OpenAIServer(Reply(text="RMSNorm 只除以均方根。[1]")) as server:
        ... ask server.url ...
    server.requests[0]["messages"]; server.hung_up  # how long after the last byte the client closed the connection

A reply is one of the dataclass below, or a function of the request that makes one. It is written with ``http.server`` alone,
byte by byte, so that nothing of a framework smooths over what is to be seen.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType


USAGE = {"prompt_tokens": 30, "completion_tokens": 10, "total_tokens": 40}
"""What every stream is said to have had."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the server answers to one request."""

    text: str | Sequence[str] = ""
    """The answer; a sequence is streamed piece by piece, a string in pieces of three characters."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Instead of a well-formed answer."""
    finish: str | None = "stop"
    pause: float = 0.0
    """Seconds between the pieces."""
    headers_after: float = 0.0
    stall_after: int | None = None
    """After so many pieces nothing more comes; the connection stays open."""
    cut_after: int | None = None
    """After so many pieces the connection is reset."""
    split_bytes: int | None = None
    """Bytes are sent in runs of so many, wherever that cuts."""
    endless: bool = False
    """The pieces come again and again."""
    raw: Sequence[bytes] | None = None
    """The lines of the event stream, as they are, instead of those for ``text``."""
    counts: bool = True
    """Tells a client that asks for it how many tokens a stream had."""
    no_stream: bool = False
    """Answers whole although a stream was asked for."""

    def pieces(self) -> Iterator[str]:
        pieces = [self.text[i : i + 3] for i in range(0, len(self.text), 3)] if isinstance(self.text, str) else self.text
        while True:
            yield from pieces
            if not self.endless:
                return


class OpenAIServer:
    """Serves ``replies`` in turn, the last one again and again."""

    def __init__(self, *replies: Reply | Callable[[dict[str, Any]], Reply]) -> None:
        self._replies = list(replies)
        self._lock = threading.Lock()
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.asked = threading.Event()
        """A request has come whole."""
        self.gone = threading.Event()
        """Set when a client closes a connection before its answer is over."""
        self.gone_at = 0.0
        self.over = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                server._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> OpenAIServer:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.over.set()
        self._http.shutdown()
        self._http.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        request = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        with self._lock:
            self.requests.append(request)
            self.asked.set()
            self.keys.append(handler.headers.get("Authorization", ""))
            reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if not isinstance(reply, Reply):
            reply = reply(request)
        try:
            told = bool((request.get("stream_options") or {}).get("include_usage"))
            self._send(handler, reply, stream=bool(request.get("stream")) and not reply.no_stream, usage=told)
        except (TimeoutError, ConnectionError):
            self._left()
            handler.close_connection = True

    def _left(self) -> None:
        self.gone_at = time.monotonic()
        self.gone.set()

    def _wait(self, handler: BaseHTTPRequestHandler, seconds: float) -> None:
        """Passes the time; raises ``ConnectionError`` as soon as the client has closed the connection."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.over.is_set():
            handler.connection.settimeout(0.01)
            try:
                if handler.connection.recv(1, socket.MSG_PEEK) == b"":
                    raise ConnectionResetError
            except TimeoutError:
                pass
            finally:
                handler.connection.settimeout(None)

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply, *, stream: bool, usage: bool) -> None:
        self._wait(handler, reply.headers_after)
        if reply.status != 200 or reply.body is not None or not stream:
            self._send_whole(handler, reply)
            return
        handler.send_response(200)
        for name, value in {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked", **reply.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        for count, data in enumerate(self._events(reply, usage=usage)):
            if reply.cut_after == count:
                handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                handler.connection.close()
                handler.close_connection = True
                return
            if reply.stall_after == count:
                self._wait(handler, 60)
                raise ConnectionResetError
            step = reply.split_bytes or len(data)
            for at in range(0, len(data), step):
                part = data[at : at + step]
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
                handler.wfile.flush()
            self._wait(handler, reply.pause) if reply.pause else None
            if self.over.is_set():
                return
        handler.wfile.write(b"0\r\n\r\n")

    def _events(self, reply: Reply, *, usage: bool) -> Iterator[bytes]:
        if reply.raw is not None:
            yield from reply.raw
            return
        yield event(chunk({"role": "assistant", "content": ""}))
        for piece in reply.pieces():
            yield event(chunk({"content": piece}))
        if reply.finish is not None:
            yield event(chunk({}, finish=reply.finish))
            if usage and reply.counts:
                yield event({**chunk({}), "choices": [], "usage": USAGE})
            yield b"data: [DONE]\n\n"

    def _send_whole(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        body = reply.body
        if body is None and reply.status != 200:
            body = json.dumps({"error": {"message": f"planted error {reply.status}", "type": "planted"}}).encode()
        if body is None:
            text = reply.text if isinstance(reply.text, str) else "".join(reply.text)
            message = {"role": "assistant", "content": text}
            body = json.dumps(
                {
                    "id": "c",
                    "object": "chat.completion",
                    "created": 1,
                    "model": "m",
                    "choices": [{"index": 0, "message": message, "finish_reason": reply.finish or "stop"}],
                }
            ).encode()
        handler.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **reply.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        if reply.stall_after is not None:
            handler.wfile.write(body[: len(body) // 2])
            handler.wfile.flush()
            self._wait(handler, 60)
            raise ConnectionResetError
        if reply.cut_after is not None:
            handler.wfile.write(body[: len(body) // 2])
            handler.wfile.flush()
            handler.connection.close()
            handler.close_connection = True
            return
        handler.wfile.write(body)


def chunk(delta: dict[str, Any], *, finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"
