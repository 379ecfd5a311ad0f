"""Footnote for LangChain: ``NotesEmbeddings``, ``NotesRetriever`` and ``NotesChain``, on langchain-core alone.

    library = Library.open(folder, settings)
    retriever = NotesRetriever(library=library, k=5)
    chain = NotesChain(library)
    chain.invoke("RoPE 的思路是什么?").text

All three work with ``invoke``, ``batch``, ``stream``, their async forms, ``with_config`` and callbacks, because they are
LangChain's own base classes; nothing of langchain-community (whose FAISS store unpickles what it loads) is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.documents import Document as LangChainDocument
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable
from pydantic import ConfigDict

from ingest.embed import load_embedder
from ingest.store import Library
from rag.answer import ask, search
from rag.retrieve import Mode
from rag.types import Answer, Passage, Sentence, Turn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from langchain_core.callbacks import CallbackManagerForRetrieverRun
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
    """The ask line as a Runnable: a question in, an :class:`Answer` out; ``stream`` yields its sentences first."""

    def __init__(self, library: Library) -> None:
        """``library`` stays the caller's to close."""
        self.library = library

    def invoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """Answer one question; raises ``ValueError`` when the input is neither a string nor a dict of that form."""
        question, history = _question(input)
        return self._call_with_config(lambda _: ask(question, self.library, history=history), input, config)

    def stream(  # type: ignore[override]
        self,
        input: Question,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[Sentence | Answer]:
        """The sentences one by one, the whole answer last."""
        answer = self.invoke(input, config)
        yield from answer.sentences
        yield answer

    async def astream(  # type: ignore[override]
        self,
        input: Question,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[Sentence | Answer]:
        """:meth:`stream`, without blocking the event loop."""
        answer = await self.ainvoke(input, config)
        for sentence in answer.sentences:
            yield sentence
        yield answer


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
