"""``/note/ID``: the file behind a note, as its owner gave it, to be opened beside the page.

A note may be anything that a stranger wrote, so nothing of it runs: text of every kind, HTML too, is sent as plain text (in
UTF-8, whatever it was in), a PDF as a PDF, all else to be saved. Only files that the library names are sent.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from ingest.errors import NotesError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from ui.web.desk import Desks

_TEXT = frozenset((".txt", ".md", ".markdown", ".html", ".htm", ".ipynb", ".jsonl"))


def note_route(desks: Desks, user_of: Callable[[Request], str | None] = lambda _: None) -> Route:
    """The route; ``user_of`` says whose request it is (``None`` where nobody logs in)."""
    from starlette.routing import Route

    def answer(request: Request) -> Response:
        desk = desks.of(user_of(request))
        return note_response(desk.shelf.path(request.path_params["id"]))

    return Route("/note/{id}", answer, methods=["GET"])


def note_response(path: str) -> Response:
    """The file at ``path``; 404 where there is none."""
    from starlette.responses import FileResponse, PlainTextResponse

    from ingest.load.decode import decode

    file = Path(path)
    if not path or not file.is_file():
        return PlainTextResponse("this note's file is no longer there", status_code=404)
    suffix = file.suffix.lower()
    if suffix in _TEXT:
        try:
            return PlainTextResponse(decode(file.read_bytes(), path))
        except (OSError, NotesError):
            return PlainTextResponse("this note's file cannot be read", status_code=404)
    disposition = "inline" if suffix == ".pdf" else "attachment"
    kind = "application/pdf" if suffix == ".pdf" else "application/octet-stream"
    name = f"{disposition}; filename*=UTF-8''{quote(file.name)}"
    return FileResponse(path, media_type=kind, headers={"content-disposition": name})
