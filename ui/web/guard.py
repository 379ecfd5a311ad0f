"""Answers of the page's server carry the headers that keep other web sites out, and requests from them are refused.

A web page that the user happens to open can send requests to ``127.0.0.1``. So: a request that changes something must
come from the page itself (``Origin`` equals ``Host``), and on a loopback address the ``Host`` must be a loopback name
(else another site could point its own name at this machine and read the notes). The Content-Security-Policy lets the
page load from nowhere but here; Gradio needs inline scripts and ``eval``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
]


class Guard:
    """ASGI middleware; ``host`` is the address that the server listens on."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._local = host in LOOPBACK

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse with 403 what comes from elsewhere, and add the headers to what is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name for name, _ in _HEADERS}
                kept = [(name, value) for name, value in message["headers"] if name.lower() not in names]
                message = {**message, "headers": [*kept, *_HEADERS]}
            await send(message)

        if self._refuses(scope):
            await guarded({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
            await guarded({"type": "http.response.body", "body": b"refused: this request comes from another site"})
            return
        await self._app(scope, receive, guarded)

    def _refuses(self, scope: Scope) -> bool:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        if self._local and urlsplit(f"//{host}").hostname not in LOOPBACK:
            return True
        origin = headers.get(b"origin")
        return scope["method"] not in ("GET", "HEAD", "OPTIONS") and origin is not None and urlsplit(origin).netloc != host
