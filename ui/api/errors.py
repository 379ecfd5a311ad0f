"""What a program is told when something goes wrong: a status and one line of JSON.

Under ``/v1`` in OpenAI's shape, which its clients turn into their own exceptions; elsewhere ``{"error", "reason"}``, as the
command line names what it skipped.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ingest.errors import LibraryBusy, LibraryMissing, MissingExtra, ModelError, NotesError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import FastAPI

OPENAI = "/v1"
_NAMES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    408: "TooSlow",
    413: "TooLarge",
    422: "BadRequest",
    500: "InternalError",
    503: "Busy",
}
_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error"}


class Busy(NotesError):
    """More wait for an answer than will be kept waiting."""


class Gone(Exception):
    """The client has closed its connection; nobody is left to be told."""


def error_body(
    path: str, status: int, reason: str, *, name: str = "", param: str | None = None, code: str | None = None
) -> bytes:
    """The body for an error of the request for ``path``."""
    line = " ".join(reason.split())
    record: dict[str, Any]
    if path == OPENAI or path.startswith(OPENAI + "/"):
        kind = _OPENAI_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
        record = {"error": {"message": line, "type": kind, "param": param, "code": code}}
    else:
        record = {"error": name or _NAMES.get(status, "Error"), "reason": line}
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "replace")


def tell_errors(app: FastAPI) -> None:
    """Have every error answered in one line of JSON."""
    from fastapi.exceptions import RequestValidationError

    def line(request: Request, status: int, reason: str, **more: Any) -> Response:
        headers = {"retry-after": "1"} if status == 503 else None
        body = error_body(request.url.path, status, reason, **more)
        return Response(body, status, headers=headers, media_type="application/json")

    async def invalid(request: Request, exc: Any) -> Response:
        reason, field = _told(exc.errors(), request.headers.get("content-type", ""))
        return line(request, 400 if request.url.path.startswith(OPENAI) else 422, reason, param=field or None)

    async def refused(request: Request, exc: Any) -> Response:
        code = "model_not_found" if exc.status_code == 404 and "no model" in str(exc.detail) else None
        told_line = line(request, exc.status_code, str(exc.detail), code=code)
        told_line.headers.update(exc.headers or {})
        return told_line

    async def failed(request: Request, exc: Any) -> Response:
        return line(request, _status(exc), str(exc), name=type(exc).__name__)

    async def bug(request: Request, exc: Any) -> Response:
        return line(request, 500, "something went wrong inside Footnote; its window says what")

    async def gone(request: Request, exc: Any) -> Response:
        return Response(status_code=499)

    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(NotesError, failed)
    app.add_exception_handler(Gone, gone)
    app.add_exception_handler(Exception, bug)


def _status(error: NotesError) -> int:
    """The status that fits: what may go away by itself is 503, what another program does not deliver 502."""
    if isinstance(error, Busy | LibraryBusy | LibraryMissing):
        return 503
    if isinstance(error, ModelError):
        return 502
    return 501 if isinstance(error, MissingExtra) else 500


def _told(problems: Sequence[Any], content_type: str) -> tuple[str, str]:
    """What is wrong with a request, in one line, and the field it is about; from pydantic's list."""
    problem = problems[0]
    if not content_type.lower().startswith("application/json"):
        return "send JSON, with the header Content-Type: application/json", ""
    if problem["type"] == "json_invalid":
        return f"not JSON ({problem.get('ctx', {}).get('error', problem['msg'])})", ""
    field = ".".join(str(part) for part in problem["loc"] if part != "body")
    message = str(problem["msg"]).removeprefix("Value error, ")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return (f"{field}: {message}" if field else message) + more, field
