"""Footnote for LangChain: ``NotesEmbeddings``, ``NotesRetriever`` and ``NotesChain``, on langchain-core alone.

    library = Library.open(folder, settings)
    retriever = NotesRetriever(library=library, k=5)
    chain = NotesChain(library)  # or NotesChain(library, model=ChatOllama(model="qwen3"))
    chain.invoke("RoPE 的思路是什么?").text

All three work with ``invoke``, ``batch``, ``stream``, their async forms, ``with_config`` and callbacks, because they are
LangChain's own base classes; nothing of langchain-community (whose FAISS store unpickles what it loads) is used.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_core.documents import Document as LangChainDocument
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable
from langchain_core.runnables.config import run_in_executor
from pydantic import ConfigDict

from ingest.embed import load_embedder
from ingest.store import Library
from rag.answer import ask, search, stream
from rag.retrieve import Mode
from rag.types import Answer, Passage, Sentence, Turn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from langchain_core.callbacks import (
        AsyncCallbackManagerForChainRun,
        CallbackManagerForChainRun,
        CallbackManagerForRetrieverRun,
    )
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from ingest.types import Embedder

Question = str | dict[str, Any]
"""A question, or ``{"question": ..., "history": [{"role": ..., "content": ...}]}``."""


class NotesEmbeddings(Embeddings):
    """The embedding model as LangChain wants it: unit vectors as lists of floats, one a text."""

    def __init__(self, embedder: Embedder | None = None) -> None:
        """``embedder``: the shipped model when not given."""
        self.embedder = embedder or load_embedder()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One unit vector a text."""
        vectors: list[list[float]] = self.embedder.encode(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """The unit vector of a question; the same space as :meth:`embed_documents`."""
        return self.embed_documents([text])[0]


class NotesRetriever(BaseRetriever):
    """The search of ``footnote search``: LangChain documents whose metadata say where the passage stands."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    library: Library
    k: int = 5
    mode: Mode = "hybrid"

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[LangChainDocument]:
        return [_document(passage) for passage in search(query, self.library, k=self.k, mode=self.mode)]


class NotesChain(Runnable[Question, Answer]):
    """The ask line as a Runnable: a question in, an :class:`Answer` out; ``stream`` yields its sentences first.

    Callbacks and tracing reach the LLM's calls, which stand below the chain's own run.
    """

    def __init__(self, library: Library, model: BaseChatModel | None = None) -> None:
        """``library`` stays the caller's to close; ``model`` writes the answers, else they are in the notes' own words."""
        self.library = library
        self.model = model

    def invoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """Answer one question; raises ``ValueError`` when the input is neither a string nor a dict of that form."""
        question, history = _question(input)

        def answer(_: Question, run_manager: CallbackManagerForChainRun, config: RunnableConfig) -> Answer:
            return ask(question, self.library, history=history, model=self.model, config=config)

        return self._call_with_config(answer, input, config)

    async def ainvoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """:meth:`invoke`, without blocking the event loop. Cancelling it stops the LLM."""
        stop = threading.Event()

        async def answer(each: Question, run_manager: AsyncCallbackManagerForChainRun, config: RunnableConfig) -> Answer:
            question, history = _question(each)
            line = partial(ask, question, self.library, history=history, model=self.model, config=config, stop=stop)
            return await run_in_executor(config, line)

        try:
            return await self._acall_with_config(answer, input, config)
        finally:
            stop.set()

    def stream(  # type: ignore[override]
        self,
        input: Question,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[Sentence | Answer]:
        """The sentences as they come, the whole answer last. Closing the stream stops the LLM."""

        def items(
            inputs: Iterator[Question], run_manager: CallbackManagerForChainRun, config: RunnableConfig
        ) -> Iterator[Sentence | Answer]:
            for each in inputs:
                question, history = _question(each)
                yield from stream(question, self.library, history=history, model=self.model, config=config)

        yield from self._transform_stream_with_config(iter([input]), items, config)  # type: ignore[arg-type]

    async def astream(  # type: ignore[override]
        self,
        input: Question,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[Sentence | Answer]:
        """:meth:`stream`, without blocking the event loop. Cancelling or closing it stops the LLM."""
        stop = threading.Event()

        async def items(
            inputs: AsyncIterator[Question], run_manager: AsyncCallbackManagerForChainRun, config: RunnableConfig
        ) -> AsyncIterator[Sentence | Answer]:
            async for each in inputs:
                question, history = _question(each)
                made = stream(question, self.library, history=history, model=self.model, config=config, stop=stop)
                while (item := await run_in_executor(config, next, made, None)) is not None:
                    yield item

        async def inputs() -> AsyncIterator[Question]:
            yield input

        try:
            async for item in self._atransform_stream_with_config(inputs(), items, config):  # type: ignore[arg-type]
                yield item
        finally:
            stop.set()


def _question(value: Question) -> tuple[str, tuple[Turn, ...]]:
    if isinstance(value, str):
        return value, ()
    if not isinstance(value, dict) or not isinstance(value.get("question"), str):
        raise ValueError("the chain takes a question, or a dict with 'question' and perhaps 'history'")
    try:
        turns = tuple(Turn(role=turn["role"], content=turn["content"]) for turn in value.get("history") or ())
    except (KeyError, TypeError) as exc:
        raise ValueError("each turn of 'history' is a dict with 'role' (user or assistant) and 'content'") from exc
    return value["question"], turns


def _document(passage: Passage) -> LangChainDocument:
    chunk = passage.chunk
    return LangChainDocument(
        id=chunk.id,
        page_content=chunk.text,
        metadata={
            "path": passage.path,
            "document_id": chunk.document_id,
            "trail": list(chunk.trail),
            "page": chunk.page,
            "lines": list(chunk.lines),
            "score": passage.score,
            "origin": passage.origin,
        },
    )
