"""Answers of the page's server carry the headers that keep other web sites out, and requests from them are refused.

A web page that the user happens to open can send requests to ``127.0.0.1``. So: a request with an ``Origin`` must come from
the page itself (it equals ``Host``; one that only reads, too, since Gradio lets every site on this machine read what it
answers), and on a loopback address the ``Host`` must be a loopback name (else another site could point its own name at this
machine and read the notes). The Content-Security-Policy lets the
page load from nowhere but here; Gradio needs inline scripts and ``eval``.

An upload may be as long as the largest file that is taken (the page sends one file a request), any other body as long as
what a person types; both must keep coming (``ui.body``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException

from ui.body import FORM_BYTES, JSON_BYTES, Limited

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
UPLOAD = "/gradio_api/upload"
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),  # with no-referrer a browser tells "Origin: null" of our own forms
]


class Guard:
    """ASGI middleware; ``host`` is the address that the server listens on, ``largest_file`` the most bytes of an upload."""

    def __init__(self, app: ASGIApp, host: str, *, largest_file: int = 0) -> None:
        self._app = app
        self._local = host in LOOPBACK
        self._largest_file = largest_file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what comes from elsewhere (403) or is too much (413, 408), and add the headers to what is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                names = {name for name, _ in _HEADERS}
                kept = [(name, value) for name, value in message["headers"] if name.lower() not in names]
                message = {**message, "headers": [*kept, *_HEADERS]}
            await send(message)

        async def refused(status: int, reason: str) -> None:
            await guarded({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
            await guarded({"type": "http.response.body", "body": f"refused: {reason}".encode()})

        if self._refuses(scope):
            await refused(403, "this request comes from another site")
            return
        limit = self._largest_file + FORM_BYTES if scope.get("path") == UPLOAD else JSON_BYTES
        announced = next((value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"content-length"), "")
        try:
            await self._app(scope, Limited(receive, limit, announced), guarded)
        except HTTPException as exc:  # by Limited, where what reads the body does not answer it itself
            if begun:
                raise
            await refused(exc.status_code, exc.detail)

    def _refuses(self, scope: Scope) -> bool:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        if self._local and hostname(host) not in LOOPBACK:
            return True
        origin = headers.get(b"origin")
        return origin is not None and netloc(origin) != host


def hostname(host: str) -> str | None:
    """The name in a header ``Host``, without its port; ``None`` where it is garbled."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def netloc(origin: str) -> str | None:
    """Name and port in a header ``Origin``; ``None`` where it is garbled."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
