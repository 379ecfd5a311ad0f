"""One web server for the page and the doors: an ASGI application in threads of its own, on a port that is really ours."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

from ingest.errors import SettingsError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_AT_ONCE = 256
"""Connections; more are told to come again (503)."""


class Server:
    """A running server; ``url`` is its address, without a slash at the end."""

    def __init__(self, app: ASGIApp, *, host: str, port: int) -> None:
        """Start it; port 0 takes any that is free. Raises ``SettingsError`` where the port cannot be had."""
        import uvicorn

        self._socket = _bound(host, port)
        name = f"[{host}]" if ":" in host else "127.0.0.1" if host == "0.0.0.0" else host
        self.url = f"http://{name}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=_AT_ONCE,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="footnote-server", daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise SettingsError(f"{host}:{port}: the server did not start; its window says why")
            time.sleep(0.01)

    def close(self) -> None:
        """Stop it; who is still being answered is cut off after a second."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()

    def wait(self) -> None:
        """Serve until interrupted, then stop."""
        try:
            while self._thread.is_alive():
                self._thread.join(timeout=3600)
        finally:
            self.close()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns off the delay of small packets (40 ms an answer) only where it is.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows, where the other option would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as exc:
        listening.close()
        raise SettingsError(
            f"{host}:{port} cannot be listened on ({exc.strerror or exc}); give another --host or --port"
        ) from exc
    return listening
