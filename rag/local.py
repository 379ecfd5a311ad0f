"""A transformers model on this machine as a LangChain chat model that streams, and stops when it is told to.

LangChain's own class for it (``ChatHuggingFace`` over ``HuggingFacePipeline``) loads the model, makes the prompt by the
model's chat template and generates; but it has no asynchronous form, and goes on generating in its thread when nobody
listens any more. This one adds both: it hands every token over as it comes, and ends the text at the next token when its
generator is closed. Weights are safetensors only, and no code of a repository is run.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from ingest.errors import MissingExtra, ModelError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
    from langchain_core.messages import BaseMessage


def load_local(name: str, *, most_tokens: int) -> BaseChatModel:
    """The model in folder ``name``, or of that name on Hugging Face (downloaded when it is not there yet).

    Raises ``MissingExtra("hf")``, and ``ModelError`` when it cannot be loaded or is no chat model.
    """
    try:
        import torch
        from langchain_huggingface import ChatHuggingFace, HuggingFacePipeline
    except ImportError as exc:
        raise MissingExtra("hf", f"the model hf:{name}") from exc
    try:
        pipeline = HuggingFacePipeline.from_model_id(
            name,
            task="text-generation",
            device=0 if torch.cuda.is_available() else -1,
            model_kwargs={"use_safetensors": True},
        )
        chat = ChatHuggingFace(llm=pipeline, tokenizer=pipeline.pipeline.tokenizer, model_id=name)
    except Exception as exc:  # whatever the loaders of the many kinds of model raise
        raise ModelError(f"hf:{name} cannot be loaded: {' '.join(str(exc).split())[:200]}") from exc
    if not chat.tokenizer.chat_template:
        raise ModelError(f"hf:{name} has no chat template: it is not a chat model")
    return LocalChat(chat=chat, most_tokens=most_tokens)


class LocalChat(BaseChatModel):
    """A ``ChatHuggingFace`` over a pipeline. Its calls wait for each other: the weights are in memory once."""

    chat: Any
    most_tokens: int = 1024

    def model_post_init(self, context: Any) -> None:
        """A lock, since pydantic's fields are data."""
        self._busy = threading.Lock()

    @property
    def _llm_type(self) -> str:
        return "transformers"

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        ending = _Ending(self.chat.tokenizer.eos_token_id)
        try:
            for chunk in self._chunks(messages, ending):
                if run_manager:
                    run_manager.on_llm_new_token(str(chunk.message.content), chunk=chunk)
                yield chunk
        finally:
            ending.now = True

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        loop = asyncio.get_running_loop()
        chunks: asyncio.Queue[ChatGenerationChunk | BaseException | None] = asyncio.Queue()
        ending = _Ending(self.chat.tokenizer.eos_token_id)

        def work() -> None:
            last: BaseException | None = None
            try:
                for chunk in self._chunks(messages, ending):
                    loop.call_soon_threadsafe(chunks.put_nowait, chunk)
            except BaseException as exc:
                last = exc
            if not ending.now:
                loop.call_soon_threadsafe(chunks.put_nowait, last)

        threading.Thread(target=work, name="footnote-transformers", daemon=True).start()
        try:
            while (chunk := await chunks.get()) is not None:
                if isinstance(chunk, BaseException):
                    raise chunk
                if run_manager:
                    await run_manager.on_llm_new_token(str(chunk.message.content), chunk=chunk)
                yield chunk
        finally:
            ending.now = True

    def _chunks(self, messages: list[BaseMessage], ending: _Ending) -> Iterator[ChatGenerationChunk]:
        """The tokens, until ``ending`` says so."""
        generation = {"max_new_tokens": self.most_tokens, "do_sample": False, "logits_processor": [ending]}
        with self._busy:
            for piece in self.chat.stream(messages, pipeline_kwargs=generation):
                if ending.now:
                    break
                yield ChatGenerationChunk(message=AIMessageChunk(content=str(piece.content)))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text = "".join(str(chunk.message.content) for chunk in self._stream(messages, stop, run_manager, **kwargs))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=text))])


class _Ending:
    """A logits processor that leaves nothing but the end of the text to say, once ``now`` is set."""

    def __init__(self, end: int | None) -> None:
        self.now = False
        self._end = end

    def __call__(self, ids: Any, scores: Any) -> Any:
        if self.now and self._end is not None:
            scores[:] = float("-inf")
            scores[:, self._end] = 0.0
        return scores
