"""The doors as one ASGI application: which path is answered by what, its OpenAPI document, and its errors.

FastAPI makes the OpenAPI document from the functions and models that answer, so the two cannot differ. Its own pages of
documentation load scripts from another host; ``docs`` is one page without any.
"""

from __future__ import annotations

import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request  # here, not under TYPE_CHECKING: FastAPI looks the annotations up
from starlette.responses import HTMLResponse, JSONResponse

from rag.types import Turn
from ui.api.chat import QUOTING, Completion, conversation
from ui.api.docs import page
from ui.api.errors import tell_errors
from ui.api.gate import Gate
from ui.api.reply import pieces
from ui.api.schema import (
    AnswerOut,
    AskIn,
    ChatIn,
    ChatOut,
    ErrorOut,
    IngestOut,
    ModelOut,
    ModelsOut,
    NotesOut,
    OpenAIErrorOut,
    SearchIn,
    SearchOut,
    VerifyIn,
    VerifyOut,
)
from ui.api.work import EventStream, Workers, unless_gone

if TYPE_CHECKING:
    import threading
    from collections.abc import AsyncGenerator, Callable, Collection, Generator, Iterator

    from fastapi import FastAPI
    from starlette.types import ASGIApp

    from rag.footnote import Footnote
    from rag.types import Answer, Sentence

T = TypeVar("T")

INGEST = "/api/ingest"
FILES = 64
"""Files in one upload."""
_TEXT = {"content": {"text/event-stream": {"schema": {"type": "string"}}}}


def build_doors(
    notes: Footnote,
    *,
    host: str,
    key: str = "",
    origins: Collection[str] = (),
    allow_ingest: bool = False,
) -> ASGIApp:
    """The doors over ``notes``, for a server on ``host``; ``key`` and ``origins`` as in :class:`Gate`."""
    app = _Doors(notes, allow_ingest=allow_ingest).app(needs_key=bool(key))
    largest = notes.settings.max_file_bytes
    return Gate(app, host=host, key=key, origins=origins, largest_file=largest, upload=INGEST)


class _Doors:
    """What answers, each method one door."""

    def __init__(self, notes: Footnote, *, allow_ingest: bool) -> None:
        self._notes = notes
        self._allow_ingest = allow_ingest
        self._workers = Workers()
        self._since = int(time.time())
        self._models = [QUOTING, *([f"{QUOTING}/{notes.settings.model or 'model'}"] if notes.model is not None else [])]

    def app(self, *, needs_key: bool) -> FastAPI:
        """The application, without its gate."""
        from fastapi import FastAPI

        app = FastAPI(
            title="Footnote",
            summary="Your notes answer other programs, every sentence with its footnotes.",
            version=_version(),
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
        )
        ours: dict[str, Any] = {"responses": {"4XX": {"model": ErrorOut}, "5XX": {"model": ErrorOut}}}
        theirs: dict[str, Any] = {"responses": {"4XX": {"model": OpenAIErrorOut}, "5XX": {"model": OpenAIErrorOut}}}
        upload = {"files": {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1, "maxItems": FILES}}
        form = {"type": "object", "properties": upload, "required": ["files"]}
        streaming: dict[str, Any] = {
            "responses": {**theirs["responses"], 200: {**_TEXT, "description": "The completion, or its chunks."}}
        }

        app.post("/api/ask", response_model=AnswerOut, response_model_exclude_unset=True, tags=["notes"], **ours)(self.ask)
        app.post("/api/search", response_model=SearchOut, tags=["notes"], **ours)(self.search)
        app.post("/api/verify", response_model=VerifyOut, response_model_exclude_unset=True, tags=["notes"], **ours)(self.verify)
        app.get("/api/notes", response_model=NotesOut, tags=["notes"], **ours)(self.list_notes)
        app.post(
            INGEST,
            response_model=IngestOut,
            tags=["notes"],
            openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}}},
            **ours,
        )(self.ingest)
        app.post("/v1/chat/completions", response_model=ChatOut, response_model_exclude_unset=True, tags=["OpenAI"], **streaming)(
            self.chat
        )
        app.get("/v1/models", response_model=ModelsOut, tags=["OpenAI"], **theirs)(self.models)
        app.get("/v1/models/{model:path}", response_model=ModelOut, tags=["OpenAI"], **theirs)(self.model)

        document = app.openapi()
        if needs_key:
            document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            document["security"] = [{"key": []}]
        described = page(document)
        app.get("/api/openapi.json", include_in_schema=False)(lambda: JSONResponse(document))
        app.get("/api/docs", include_in_schema=False)(lambda: HTMLResponse(described))
        tell_errors(app)
        return app

    # ------------------------------------------------------------------------------------------ REST

    async def ask(self, body: AskIn, request: Request) -> dict[str, Any]:
        """Answer a question from the notes, with footnotes."""
        from ui.render import door_record

        quoting = body.model is not None and self._is_quoting(body.model)
        history = [Turn(role=turn.role, content=turn.content) for turn in body.history]
        began = time.perf_counter()

        def items(stopped: threading.Event) -> Generator[Sentence | Answer, None, None]:
            return self._notes.stream(body.question, history=history, quoting=quoting, stop=stopped)

        answer = await self._answer(request, items)
        seconds = time.perf_counter() - began
        return door_record(answer, id=body.id, question=body.question, history=history, seconds=seconds)

    async def search(self, body: SearchIn, request: Request) -> dict[str, Any]:
        """Find passages."""
        from ui.render import passage_record

        found = await self._call(request, lambda: self._notes.search(body.query, k=body.k, mode=body.mode))
        return {"id": body.id, "query": body.query, "passages": [passage_record(passage) for passage in found]}

    async def verify(self, body: VerifyIn, request: Request) -> dict[str, Any]:
        """Check an answer against the passages it rests on."""
        from ui.render import verification_record

        result = await self._call(request, lambda: self._notes.verify(body.answer, body.passages(), body.question))
        return verification_record(result, id=body.id)

    async def list_notes(self, request: Request) -> dict[str, Any]:
        """List the notes in the library."""
        from ui.commands_notes import info_record

        return {"documents": [info_record(note) for note in await self._call(request, self._notes.notes)]}

    async def ingest(self, request: Request) -> dict[str, Any]:
        """Add notes by uploading them; off unless the server was started with --allow-ingest."""
        from starlette.datastructures import UploadFile

        from ingest.uploads import safe_name
        from ui.render import summary_record

        if not self._allow_ingest:
            raise HTTPException(403, "this server does not take notes; start it with --allow-ingest")
        async with request.form(max_files=FILES, max_fields=FILES) as form:
            parts = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
            names = [safe_name(part.filename or "note.txt") for part in parts]
            if twice := {name for name in names if names.count(name) > 1}:
                raise HTTPException(400, f"two files of the name {min(twice)!r}; the second would replace the first")
            files = {name: await part.read() for name, part in zip(names, parts, strict=True)}
        if not files:
            raise HTTPException(400, "no file; send files as multipart/form-data")
        return summary_record(await self._call(request, lambda: self._notes.add(files)))

    # ------------------------------------------------------------------------------------------ OpenAI

    async def chat(self, body: ChatIn, request: Request) -> Any:
        """Answer the last message of the user; with ``stream``, sentence by sentence."""
        try:
            asked = conversation(body)
        except ValueError as exc:
            raise HTTPException(400, f"messages: {exc}") from exc
        quoting = self._is_quoting(body.model)
        completion = Completion(asked, body.model)

        def items(stopped: threading.Event) -> Generator[Sentence | Answer, None, None]:
            return self._notes.stream(asked.question, history=asked.history, quoting=quoting, stop=stopped)

        if not body.stream:
            return completion.whole(await self._answer(request, items))
        made = self._workers.stream(lambda stopped: pieces(items(stopped)))
        first = await unless_gone(request.receive, anext(made))  # what goes wrong before it still gets a status
        usage = body.stream_options is not None and body.stream_options.include_usage
        return EventStream(completion.chunks(_after(first, made), usage=usage))

    async def models(self) -> dict[str, Any]:
        """List the models."""
        return {"object": "list", "data": [self._model(name) for name in self._models]}

    async def model(self, model: str) -> dict[str, Any]:
        """Describe a model."""
        self._is_quoting(model)
        return self._model(model)

    def _model(self, name: str) -> dict[str, Any]:
        return {"id": name, "object": "model", "created": self._since, "owned_by": "footnote"}

    def _is_quoting(self, model: str) -> bool:
        """Whether ``model`` answers in the notes' own words; 404 where there is none of that name."""
        if model not in self._models:
            raise HTTPException(404, f"there is no model {model!r}; there is {', '.join(self._models)}")
        return model == QUOTING

    # ------------------------------------------------------------------------------------------ work

    async def _call(self, request: Request, function: Callable[[], T]) -> T:
        return await unless_gone(request.receive, self._workers.call(function))

    async def _answer(self, request: Request, make: Callable[[threading.Event], Iterator[Sentence | Answer]]) -> Answer:
        return cast("Answer", await unless_gone(request.receive, self._workers.last(make)))


async def _after(first: T, rest: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    async with aclosing(rest):
        yield first
        async for item in rest:
            yield item


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("footnote-notes")
    except PackageNotFoundError:
        return "0"
