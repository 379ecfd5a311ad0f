"""Who may come in by the doors for programs, and with how much.

- A web page that the user happens to open can send requests to this machine. So the ``Host`` must be a loopback name where
  the server listens on loopback (else another site could point its own name here), and whatever names an ``Origin`` other
  than this server is refused, reading too: programs send none. ``--allow-origin`` lets one in (Obsidian's, say).
- With a key, each request needs it (``Authorization: Bearer ...``), compared in constant time. Doors that other machines can
  reach do not open without one: see ``read_key`` and ``is_local``.
- A body may be ``JSON_BYTES`` long (``ui.body``), an upload as long as the largest file that is taken, and must keep coming:
  half a minute of silence ends it.
"""

from __future__ import annotations

import hmac
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import SettingsError
from ui.api.errors import error_body
from ui.body import FORM_BYTES, JSON_BYTES, Limited
from ui.web.guard import LOOPBACK, hostname, netloc

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEY_VARIABLE = "FOOTNOTE_API_KEY"
_SHORTEST_KEY = 16
_METHODS = "GET, POST, DELETE, OPTIONS"


def is_local(host: str) -> bool:
    """Whether only this machine reaches a server that listens on ``host``."""
    return host in LOOPBACK


def read_key(file: str | None) -> str:
    """The key from ``file``, else from the environment (``FOOTNOTE_API_KEY``); empty where there is none.

    Raises ``SettingsError`` for a file that cannot be read, and a key too short to be one.
    """
    try:
        key = Path(file).expanduser().read_text(encoding="utf-8") if file else os.environ.get(KEY_VARIABLE, "")
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"--api-key-file: {file}: {getattr(exc, 'strerror', None) or 'not text'}") from exc
    key = key.strip()
    if (file or key) and (len(key) < _SHORTEST_KEY or not key.isascii() or not key.isprintable()):
        where = f"--api-key-file: {file}" if file else KEY_VARIABLE
        raise SettingsError(
            f"{where}: a key is at least {_SHORTEST_KEY} plain characters, such as those that"
            " python -c 'import secrets; print(secrets.token_urlsafe())' prints"
        )
    return key


class Gate:
    """ASGI middleware; ``host`` is the address that the server listens on."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        host: str,
        key: str = "",
        origins: Collection[str] = (),
        largest_file: int = 0,
        upload: str = "",
    ) -> None:
        """``upload``: the one path that takes files, of ``largest_file`` bytes together."""
        self._app = app
        self._local = is_local(host)
        self._key = key.encode()
        self._origins = frozenset(origins)
        self._largest_file = largest_file
        self._upload = upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what may not come in; 403 for strangers, 401 without the key, 408 and 413 by what reads the body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        origin = headers.get(b"origin", "")
        friend = (
            [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"Origin")] if origin in self._origins else []
        )

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *_HEADERS, *friend]}
            await send(message)

        if self._stranger(headers):
            await _refuse(answer, scope["path"], 403, "this request comes from another site")
        elif friend and scope["method"] == "OPTIONS":
            allow = [
                (b"access-control-allow-methods", _METHODS.encode()),
                (b"access-control-allow-headers", b"authorization, content-type"),
            ]
            await answer({"type": "http.response.start", "status": 204, "headers": allow})
            await answer({"type": "http.response.body", "body": b""})
        elif not self._has_key(headers):
            await _refuse(answer, scope["path"], 401, "a key is needed: Authorization: Bearer KEY")
        else:
            limit = self._largest_file + FORM_BYTES if scope["path"] == self._upload else JSON_BYTES
            await self._app(scope, Limited(receive, limit, headers.get(b"content-length", "")), answer)

    def _stranger(self, headers: dict[bytes, str]) -> bool:
        host, origin = headers.get(b"host", ""), headers.get(b"origin")
        if self._local and hostname(host) not in LOOPBACK:
            return True
        return origin is not None and origin not in self._origins and netloc(origin) != host

    def _has_key(self, headers: dict[bytes, str]) -> bool:
        if not self._key:
            return True
        scheme, _, given = headers.get(b"authorization", "").partition(" ")
        return hmac.compare_digest(given.strip().encode("latin-1"), self._key) and scheme.lower() == "bearer"


_HEADERS = [
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
]


async def _refuse(send: Send, path: str, status: int, reason: str) -> None:
    body = error_body(path, status, reason)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
