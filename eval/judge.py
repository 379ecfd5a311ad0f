"""An LLM as judge, through the ``ragas`` library: the second opinion beside the offline figures (extra ``ragas``).

``ragas`` takes an LLM as "a function from a prompt and a pydantic model to such a model", so any LangChain chat model that the
program can load serves, without a client of its own. Decisions:

- What the judge cannot answer in the form asked for, after one more try, has no value for that case; a server that fails is an
  error, since figures over half of the cases would look like figures over all.
- NaN, which ragas gives where an answer claims nothing, becomes ``None``: no value.
- Answer relevancy compares with the shipped embedding model, as the offline figure does.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
from typing import TYPE_CHECKING, Any

from ingest.errors import MissingExtra, ModelError
from rag.speak import failure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from langchain_core.language_models import BaseChatModel

    from eval.report.record import Progress
    from eval.samples import Sample
    from ingest.types import Embedder

TRIES = 2


def judge(
    samples: Sequence[Sample], model: BaseChatModel, embedder: Embedder, *, progress: Progress | None = None
) -> dict[str, dict[str, float | None]]:
    """RAGAS's four figures of each sample by its id, as ``eval.faithfulness.run`` takes them.

    Raises ``MissingExtra`` where ragas is not installed and ``ModelError`` where the model fails.
    """
    return asyncio.run(_judged(samples, model, embedder, progress))


async def _judged(
    samples: Sequence[Sample], model: BaseChatModel, embedder: Embedder, progress: Progress | None
) -> dict[str, dict[str, float | None]]:
    scorers = _scorers(model, embedder)
    out: dict[str, dict[str, float | None]] = {}
    for number, sample in enumerate(samples, 1):
        fields = {
            "user_input": sample.question,
            "response": sample.answer,
            "retrieved_contexts": list(sample.contexts),
            "reference": sample.reference,
        }
        out[sample.id] = {}
        for name, (needed, score) in scorers.items():
            if all(fields[field] for field in needed):
                out[sample.id][name] = await _scored(score, {field: fields[field] for field in needed})
        if progress is not None:
            progress(number, len(samples), "judge")
    return out


async def _scored(score: Callable[..., Awaitable[Any]], fields: dict[str, Any]) -> float | None:
    try:
        value = float((await score(**fields)).value)
    except _Unreadable:
        return None
    return None if math.isnan(value) else value


class _Unreadable(ValueError):
    """The model did not answer in the form that was asked for."""


def _scorers(model: BaseChatModel, embedder: Embedder) -> dict[str, tuple[tuple[str, ...], Callable[..., Awaitable[Any]]]]:
    """For each figure the fields that it needs, and what computes it."""
    os.environ.setdefault("RAGAS_DO_NOT_TRACK", "true")  # the library reports its use to its makers otherwise
    try:
        from ragas.embeddings.base import BaseRagasEmbedding
        from ragas.llms.base import InstructorBaseRagasLLM
        from ragas.metrics.collections import AnswerRelevancy, ContextPrecision, ContextRecall, Faithfulness
    except ImportError as exc:
        raise MissingExtra("ragas", "judging with an LLM") from exc

    class Judge(InstructorBaseRagasLLM):  # type: ignore[misc]
        """The chat model, as ragas calls it."""

        def generate(self, prompt: str, response_model: Any) -> Any:
            return asyncio.run(self.agenerate(prompt, response_model))

        async def agenerate(self, prompt: str, response_model: Any) -> Any:
            for _ in range(TRIES):
                try:
                    reply = await model.ainvoke(prompt)
                except Exception as exc:  # every provider raises its own
                    raise ModelError(f"the judge {model.name or 'model'} failed: {failure(exc, model)}") from exc
                try:
                    return response_model.model_validate(_object(str(reply.text)))
                except ValueError:
                    continue
            raise _Unreadable

    class Embedding(BaseRagasEmbedding):  # type: ignore[misc]
        """The shipped model, as ragas calls it."""

        def embed_text(self, text: str, **_: Any) -> list[float]:
            vector: list[float] = embedder.encode([text])[0].tolist()
            return vector

        async def aembed_text(self, text: str, **_: Any) -> list[float]:
            return self.embed_text(text)

    llm = Judge()
    asked, answered, found, wanted = "user_input", "response", "retrieved_contexts", "reference"
    return {
        "faithfulness": ((asked, answered, found), Faithfulness(llm=llm).ascore),
        "answer relevancy": ((asked, answered), AnswerRelevancy(llm=llm, embeddings=Embedding()).ascore),
        "context precision": ((asked, wanted, found), ContextPrecision(llm=llm).ascore),
        "context recall": ((asked, wanted, found), ContextRecall(llm=llm).ascore),
    }


def _object(text: str) -> Any:
    """The JSON object in what a model wrote, with or without a fence or words around it; raises ``ValueError``."""
    start = text.find("{")
    if start < 0:
        raise ValueError("no JSON object")
    return json.JSONDecoder().raw_decode(text, start)[0]
