"""The chain with an LLM: every way of calling it, callbacks that reach the model, cancelling."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from rag.types import Answer, Sentence
from tests.rag.openai_server import OpenAIServer, Reply

if TYPE_CHECKING:
    from ingest.store import Library

pytest.importorskip("langchain_core", reason="langchain-core is not installed")

QUESTION = "BN 和 LN 有什么区别?"
TRUE = "BN 在一个批次内对每个特征做归一化。[1]"
ALSO = "LN 在单个样本内对所有特征做归一化。[1]"


def chain(library: Library, text: str = TRUE + ALSO) -> Any:
    from langchain_core.language_models import FakeListChatModel

    from rag.chain import NotesChain

    return NotesChain(library, model=FakeListChatModel(responses=[text]))


def test_invoke_batch_stream_and_async_give_the_same(library: Library) -> None:
    made = chain(library)
    answer = made.invoke(QUESTION)
    assert [s.text for s in answer.sentences] == ["BN 在一个批次内对每个特征做归一化。", "LN 在单个样本内对所有特征做归一化。"]
    assert answer.model
    assert made.batch([QUESTION, QUESTION]) == [answer, answer]
    assert list(made.stream(QUESTION)) == [*answer.sentences, answer]
    assert asyncio.run(made.ainvoke(QUESTION)) == answer

    async def streamed() -> list[Sentence | Answer]:
        return [item async for item in made.astream(QUESTION)]

    assert asyncio.run(streamed()) == [*answer.sentences, answer]


@pytest.mark.parametrize("how", ["invoke", "ainvoke", "stream", "astream"])
def test_callbacks_reach_the_model_below_the_chain(library: Library, how: str) -> None:
    from langchain_core.callbacks import BaseCallbackHandler

    class Seen(BaseCallbackHandler):
        def __init__(self) -> None:
            self.chain: list[Any] = []
            self.model: list[Any] = []
            self.tokens = 0

        def on_chain_start(self, *_: Any, run_id: Any, **__: Any) -> None:
            self.chain.append(run_id)

        def on_chat_model_start(self, *_: Any, parent_run_id: Any, metadata: Any, **__: Any) -> None:
            self.model.append((parent_run_id, (metadata or {}).get("user")))

        def on_llm_new_token(self, *_: Any, **__: Any) -> None:
            self.tokens += 1

    seen = Seen()
    made = chain(library).with_config(callbacks=[seen], metadata={"user": "someone"})
    if how == "invoke":
        made.invoke(QUESTION)
    elif how == "ainvoke":
        asyncio.run(made.ainvoke(QUESTION))
    elif how == "stream":
        list(made.stream(QUESTION))
    else:

        async def streamed() -> None:
            async for _ in made.astream(QUESTION):
                pass

        asyncio.run(streamed())
    assert seen.model == [(seen.chain[0], "someone")]
    assert seen.tokens > 20


def test_cancelling_astream_frees_the_connection(library: Library) -> None:
    pytest.importorskip("langchain_openai", reason="langchain-openai is not installed")
    from rag.chain import NotesChain
    from tests.rag.test_misbehaviour import model

    async def go(made: NotesChain) -> None:
        first = asyncio.Event()

        async def read() -> None:
            async for _ in made.astream(QUESTION):
                first.set()

        task = asyncio.create_task(read())
        await asyncio.wait_for(first.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with OpenAIServer(Reply(text=TRUE + ALSO + "还有", stall_after=15)) as server:
        asyncio.run(go(NotesChain(library, model=model(server.url, patience=20))))
        assert server.gone.wait(5)


HISTORY = [{"role": "user", "content": "BN 有什么优点?"}, {"role": "assistant", "content": "加速收敛。"}]


@pytest.mark.parametrize("streaming", [True, False], ids=["streaming", "whole"])
@pytest.mark.parametrize("asked", [QUESTION, {"question": "和 LN 比呢?", "history": HISTORY}], ids=["answering", "condensing"])
def test_cancelling_ainvoke_frees_the_connection_within_200_ms(
    library: Library, asked: str | dict[str, Any], streaming: bool
) -> None:
    pytest.importorskip("langchain_openai", reason="langchain-openai is not installed")
    from rag.chain import NotesChain
    from tests.rag.test_misbehaviour import model

    async def go(made: NotesChain, server: OpenAIServer) -> float:
        task = asyncio.create_task(made.ainvoke(asked))
        assert await asyncio.to_thread(server.asked.wait, 10)
        task.cancel()
        cancelled = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.gone.wait, 5)
        return server.gone_at - cancelled

    for _ in range(5):  # the best of five: a busy machine is no failure
        with OpenAIServer(Reply(text=TRUE + ALSO, headers_after=15)) as server:
            took = asyncio.run(go(NotesChain(library, model=model(server.url, streaming=streaming, patience=20)), server))
            time.sleep(0.1)
            assert len(server.requests) == 1, "asked on after it was cancelled"
        if took < 0.2:
            break
    assert took < 0.2
