"""Footnote inside LangChain: embeddings, retriever and chain behave as LangChain's own."""

import asyncio

import numpy as np
import pytest

from ingest.embed import load_embedder
from ingest.store import Library
from rag.types import Answer

pytest.importorskip("langchain_core", reason="langchain-core is not installed")


def test_embeddings_are_the_shipped_models_unit_vectors() -> None:
    from rag.chain import NotesEmbeddings

    embeddings = NotesEmbeddings()
    vector = embeddings.embed_query("层归一化")
    assert np.allclose(vector, load_embedder().encode(["层归一化"])[0])
    assert np.isclose(np.linalg.norm(vector), 1.0, atol=1e-5)
    assert embeddings.embed_documents(["层归一化", "数据并行"])[0] == pytest.approx(vector)


def test_the_retriever_invokes_batches_and_runs_async(library: Library) -> None:
    from rag.chain import NotesRetriever

    retriever = NotesRetriever(library=library, k=2)
    found = retriever.invoke("BN 有什么优点?")
    assert found[0].metadata["trail"][-1] == "BN 有什么优点?"
    assert found[0].metadata["lines"][0] >= 1
    assert next(documents[0].id for documents in retriever.batch(["BN 有什么优点?", "模型并行"])) == found[0].id
    assert asyncio.run(retriever.ainvoke("BN 有什么优点?"))[0].id == found[0].id


def test_the_chain_invokes_batches_streams_and_runs_async(library: Library) -> None:
    from rag.chain import NotesChain

    chain = NotesChain(library)
    answer = chain.invoke("BN 有什么优点?")
    assert isinstance(answer, Answer)
    assert "加速收敛" in answer.text
    follow_up = {"question": "那模型并行呢?", "history": [{"role": "user", "content": "数据并行有什么优缺点?"}]}
    assert [a.question for a in chain.batch(["BN 有什么优点?", follow_up])] == ["BN 有什么优点?", "模型并行有什么优缺点?"]
    assert list(chain.stream("BN 有什么优点?"))[-1] == answer
    assert asyncio.run(chain.ainvoke("BN 有什么优点?")) == answer

    async def streamed() -> list[object]:
        return [item async for item in chain.astream("BN 有什么优点?")]

    assert asyncio.run(streamed()) == [*answer.sentences, answer]
    assert (chain | (lambda found: found.text)).invoke("BN 有什么优点?") == answer.text


def test_the_chain_tells_its_callbacks_and_refuses_other_input(library: Library) -> None:
    from langchain_core.callbacks import BaseCallbackHandler

    from rag.chain import NotesChain

    class Names(BaseCallbackHandler):
        def __init__(self) -> None:
            self.ended = 0

        def on_chain_end(self, *args: object, **kwargs: object) -> None:
            self.ended += 1

    names = Names()
    NotesChain(library).with_config(callbacks=[names]).invoke("BN 有什么优点?")
    assert names.ended == 1
    with pytest.raises(ValueError, match="question"):
        NotesChain(library).invoke({"q": "?"})
    with pytest.raises(ValueError, match="history"):
        NotesChain(library).invoke({"question": "?", "history": [("user", "?")]})
