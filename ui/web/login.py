"""The door of a page that is served with ``--auth``: nothing behind it answers whoever has not logged in.

Decisions:

- It stands around the whole page, so that no path of Gradio's is forgotten. Who is behind a request is told to Gradio, which
  hands it to every event (``Request.username``); there a desk is reached by its user alone (``ui.web.desk``).
- A session is a random token of 256 bits in a cookie that scripts cannot read and other sites cannot send with a form
  (``HttpOnly``, ``SameSite=Lax``; ``guard`` looks at the ``Origin``). Sessions live in memory: a restart logs everybody out.
- A session ends after ``SESSION_SECONDS`` without a request, by logging out or in again, and when the user's line in the file
  of users changes; the browser forgets it ``SESSION_SECONDS`` after logging in at the latest.
- Two passwords are checked at a time: each takes 32 MB.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.requests import cookie_parser

from ui.users import fold
from ui.web.attempts import Attempts
from ui.web.strings import preferred, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from ui.users import Users

COOKIE = "footnote_session"
SESSION_SECONDS = 7 * 24 * 3600.0
USER = "footnote_user"
"""Where the user's name stands in a request's scope."""
_SESSIONS = 10_000
_FORM_BYTES = 8_000
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"
"""Of the page on which people log in, beside the one of ``guard``: no script, nothing loaded."""


@dataclass(slots=True)
class _Session:
    name: str
    proof: str
    seen: float


class Sessions:
    """Who is logged in. Every method may be called from any thread."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._lock = threading.Lock()
        self._sessions: dict[str, _Session] = {}

    def open(self, name: str) -> str:
        """A new session of that user; its token."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            now = time.monotonic()
            if len(self._sessions) >= _SESSIONS:
                self._sessions = {key: one for key, one in self._sessions.items() if now - one.seen < SESSION_SECONDS}
            if len(self._sessions) >= _SESSIONS:
                del self._sessions[min(self._sessions, key=lambda key: self._sessions[key].seen)]
            self._sessions[token] = _Session(name, self._users.proof(name), now)
        return token

    def user(self, token: str) -> str:
        """Whose session it is; empty where it is none, or none any more."""
        now = time.monotonic()
        with self._lock:
            found = self._sessions.get(token)
            if found is None:
                return ""
            if now - found.seen > SESSION_SECONDS or not found.proof or self._users.proof(found.name) != found.proof:
                del self._sessions[token]
                return ""
            found.seen = now
            return found.name

    def close(self, token: str) -> None:
        """Log out."""
        with self._lock:
            self._sessions.pop(token, None)


class Login:
    """ASGI middleware around the page."""

    def __init__(self, app: ASGIApp, users: Users) -> None:
        self._app = app
        self._users = users
        self._sessions = Sessions(users)
        self._attempts = Attempts()
        self._at_once = asyncio.Semaphore(2)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """``/login`` and ``/logout`` for everybody, the rest for who is logged in; others are sent to ``/login``, or get 401."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # the page uses no other
            return
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        # as lenient as browsers: a cookie that another program on this machine has set must not hide ours
        token = cookie_parser(headers.get(b"cookie", "")).get(COOKIE, "")
        user = self._sessions.user(token)
        path, method = scope["path"], scope["method"]
        if path == "/login" and method == "POST":
            await self._log_in(scope, headers, receive, send, token)
        elif path == "/login" and not user:
            await _page(send, headers, 200, "")
        elif path == "/login":
            await _answer(send, 303, [(b"location", b"/")])
        elif path == "/logout" and method == "POST":
            self._sessions.close(token)
            await _answer(send, 303, [(b"location", b"/login"), _set_cookie("", scope)])
        elif user:
            await self._app({**scope, USER: user}, receive, send)
        elif path == "/" and method in ("GET", "HEAD"):
            await _answer(send, 303, [(b"location", b"/login")])
        else:
            await _answer(send, 401, [(b"content-type", b"text/plain; charset=utf-8")], b"log in first")

    async def _log_in(self, scope: Scope, headers: dict[bytes, str], receive: Receive, send: Send, old: str) -> None:
        given = await _form(receive)
        name, password = given.get("name", ""), given.get("password", "")
        address = str((scope.get("client") or ("",))[0])
        wait = self._attempts.begin(fold(name), address)
        if wait > 0:
            await _page(send, headers, 429, "login_wait", wait=int(wait) + 1)
            return
        async with self._at_once:
            user = await asyncio.to_thread(self._users.check, name, password)
        if not user:
            await _page(send, headers, 401, "login_wrong")
            return
        self._attempts.succeeded(fold(name), address)
        self._sessions.close(old)
        await _answer(send, 303, [(b"location", b"/"), _set_cookie(self._sessions.open(user), scope)])


def account_html(user: str, text: Mapping[str, str]) -> str:
    """Who is logged in, and a way out; nothing where nobody logs in."""
    if not user:
        return ""
    said = escape(text["logged_in"].format(user))
    out = f'<button type="submit" class="fn-plain-button">{escape(text["logout"])}</button>'
    return f'<form class="fn-account" method="post" action="/logout"><span>{said}</span> {out}</form>'


async def _form(receive: Receive) -> dict[str, str]:
    """The fields of the form; nothing where there is more than a form can hold."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > _FORM_BYTES:
            return {}
        if message["type"] != "http.request" or not message.get("more_body", False):
            break
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=8, errors="strict")
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _set_cookie(token: str, scope: Scope) -> tuple[bytes, bytes]:
    secure = "; Secure" if scope.get("scheme") == "https" else ""
    age = int(SESSION_SECONDS) if token else 0
    return b"set-cookie", f"{COOKIE}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}".encode()


async def _page(send: Send, headers: dict[bytes, str], status: int, said: str, *, wait: int = 0) -> None:
    text = words(preferred(headers.get(b"accept-language", "")))
    told = f'<p role="alert">{escape(text[said].format(wait))}</p>' if said else ""
    style = files("ui.web").joinpath("login.css").read_text(encoding="utf-8")
    box = 'required autocomplete="{}"'
    html = (
        f'<!doctype html><html lang="{text["lang"]}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<title>{escape(text["login"])} · Footnote</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{style}</style></head><body><main>"
        f'<h1>脚注 <span>Footnote</span></h1>{told}<form method="post" action="/login">'
        f'<label>{escape(text["login_name"])}<input name="name" autofocus autocapitalize="none" {box.format("username")}></label>'
        f"<label>{escape(text['login_password'])}"
        f'<input name="password" type="password" {box.format("current-password")}></label>'
        f'<button type="submit">{escape(text["login"])}</button></form></main></body></html>'
    )
    extra = [(b"retry-after", str(wait).encode())] if wait else []
    await _answer(send, status, [(b"content-type", b"text/html; charset=utf-8"), *extra], html.encode())


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> None:
    more = [(b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *more]})
    await send({"type": "http.response.body", "body": body})
