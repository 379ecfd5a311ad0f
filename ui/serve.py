"""``footnote serve``: the page, and beside it on the same port the doors for other programs.

The doors are what lies under ``/v1`` and ``/api``. The page and the doors ask the same ``Footnote``. Without the page
(``--no-page``) Gradio is not even loaded. Other machines get in by the doors with a key only: where the server listens for
them and there is none, the page is served without doors, and without the page nothing is. The same holds where people log
in: the doors know no users, and answer from the server's own library.
"""

from __future__ import annotations

import gc
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from ingest.errors import NotesError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Receive, Scope, Send

    from ingest.settings import Settings
    from rag.footnote import Footnote
    from ui.users import Users

QUIET = 3.0
"""Seconds from the start in which a browser loads the page; the first answers are prepared after them."""
SUGGESTIONS = 12
"""Questions that are answered then."""
NEEDS_KEY = "other machines get in with a key only: set FOOTNOTE_API_KEY or give --api-key-file"


def serve(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    page: bool = True,
    key: str = "",
    origins: Collection[str] = (),
    allow_ingest: bool = False,
    users: Users | None = None,
) -> None:
    """Serve until interrupted; says the address on stderr. The library must be there.

    Raises ``SettingsError`` where the port cannot be had, or there would be nothing to serve.
    """
    from rag.footnote import Footnote
    from ui.api.app import build_doors
    from ui.api.gate import is_local
    from ui.server import Server

    with Footnote(settings) as notes:
        doors = None
        if key or (is_local(host) and users is None):
            doors = build_doors(notes, host=host, key=key, origins=origins, allow_ingest=allow_ingest)
        elif not page:
            raise SettingsError(f"--host {host}: {NEEDS_KEY}")
        else:
            print(f"footnote: the doors for other programs are shut; {NEEDS_KEY}", file=sys.stderr)
        app, desks = doors, None
        if page:
            from ui.web import application
            from ui.web.desk import Desks
            from ui.web.shelf import Shelf

            desks = Desks(settings, Shelf(settings, notes), open_to_others=not is_local(host) or users is not None)
            app = Beside(application(desks, host=host, users=users), doors)
        assert app is not None
        server = Server(app, host=host, port=port)
        print(f"footnote: listening on {server.url} (Ctrl+C to stop)", file=sys.stderr, flush=True)
        if doors is not None:
            print(f"footnote: for other programs {server.url}/v1 (OpenAI) and {server.url}/api/docs", file=sys.stderr, flush=True)
        quiet = threading.Timer(QUIET, warm, (notes,))
        quiet.daemon = True
        quiet.start()
        try:
            server.wait()
        finally:
            quiet.cancel()
            quiet.join()
            if desks is not None:
                desks.close()


def warm(notes: Footnote) -> None:
    """Answer what the page itself suggests, so that the first to ask do not wait for what an answer loads."""
    from ui.web.shelf import Shelf

    with suppress(NotesError):  # whoever asks is told
        for question in Shelf(notes.settings, notes).suggestions(SUGGESTIONS):
            notes.ask(question, quoting=True)
    gc.collect()
    gc.freeze()  # what is loaded stays; to look through it again takes longer than an answer
    gc.set_threshold(10_000, 20, 20)


class Beside:
    """The page, and the doors under their two paths."""

    def __init__(self, page: ASGIApp, doors: ASGIApp | None) -> None:
        self._page = page
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand over to the one or the other."""
        behind = scope["type"] == "http" and scope["path"].startswith(("/v1/", "/api/"))
        await (self._doors if self._doors is not None and behind else self._page)(scope, receive, send)
