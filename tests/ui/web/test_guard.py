"""Requests from other sites are refused, and every answer keeps the page to itself."""

from __future__ import annotations

from typing import Any

import pytest

from ui.web.guard import Guard


def request(
    method: str = "GET", *, host: str = "127.0.0.1:7860", listen: str = "127.0.0.1", **headers: str
) -> tuple[int, dict[bytes, bytes]]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Frame-Options", b"ALLOW")]})
        await send({"type": "http.response.body", "body": b"ok"})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(b"host", host.encode()), *((name.encode(), value.encode()) for name, value in headers.items())]
    answering = Guard(app, listen)({"type": "http", "method": method, "headers": raw}, None, send)  # type: ignore[arg-type]
    with pytest.raises(StopIteration):  # nothing in it waits, so it needs no event loop
        answering.send(None)
    return sent[0]["status"], dict(sent[0]["headers"])


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 200),
        ({"host": "localhost:7860"}, 200),
        ({"host": "[::1]:7860"}, 200),
        ({"host": "evil.example:7860"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"host": "notes.lan:7860", "listen": "0.0.0.0"}, 200),
        ({"method": "POST"}, 200),
        ({"method": "POST", "origin": "http://127.0.0.1:7860"}, 200),
        ({"method": "POST", "origin": "http://127.0.0.1:8000"}, 403),
        ({"method": "POST", "origin": "http://evil.example"}, 403),
        ({"method": "POST", "origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:7860"}, 200),
        ({"origin": "http://127.0.0.1:8000"}, 403),
        ({"origin": "http://[evil"}, 403),
        ({"host": "[::1"}, 403),
    ],
)
def test_requests_from_other_sites_are_refused(asked: dict[str, str], status: int) -> None:
    assert request(**asked)[0] == status  # type: ignore[arg-type]


def test_every_answer_keeps_the_page_to_itself() -> None:
    for _, headers in (request(), request(host="evil.example")):
        assert headers[b"x-frame-options"] == b"DENY"
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert headers[b"referrer-policy"] == b"same-origin"
        assert b"default-src 'self'" in headers[b"content-security-policy"]
        assert b"http" not in headers[b"content-security-policy"]
        assert b"X-Frame-Options" not in headers
