"""How much of a request's body is read, and for how long it may keep us waiting; for the page and the doors alike."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.types import Message, Receive

JSON_BYTES = 2_000_000
FORM_BYTES = 1_000_000
"""What the form around the files of an upload may add."""
SILENCE = 30.0
"""Seconds to wait for the next part of a body."""


class Limited:
    """``receive``, which raises ``HTTPException`` 413 or 408 while the body comes."""

    def __init__(self, receive: Receive, limit: int, announced: str) -> None:
        """``announced``: the header ``Content-Length``, where there is one."""
        self._receive = receive
        self._limit = limit
        self._announced = int(announced) if announced.isdecimal() else 0
        self._seen = 0
        self._coming = True

    async def __call__(self) -> Message:
        """The next part of the body."""
        if not self._coming:
            return await self._receive()
        if self._announced > self._limit:
            raise self._too_large()
        try:
            message = await asyncio.wait_for(self._receive(), SILENCE)
        except asyncio.TimeoutError as exc:  # not TimeoutError before Python 3.11
            raise HTTPException(408, f"the request stopped coming for {SILENCE:.0f} seconds") from exc
        self._coming = message["type"] == "http.request" and message.get("more_body", False)
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            raise self._too_large()
        return message

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"the request is larger than {self._limit} bytes")
