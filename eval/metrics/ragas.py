"""Faithfulness, answer relevancy, context precision and context recall: RAGAS's definitions, computed offline.

RAGAS (Es, James, Espinosa-Anke & Schockaert 2023; docs.ragas.io) asks an LLM to take an answer apart and to judge each part.
Here ``rag.verify`` takes apart and judges, and the shipped embedding model compares; the formulas on top are the same. An
answer that claims nothing has no faithfulness: ``None``, neither 1 nor NaN. With an LLM, see ``eval/judge.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.verify import verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.types import Embedder


def faithfulness(answer: str, contexts: Sequence[str], question: str = "") -> float | None:
    """Claims of the answer that the contexts support, by all its claims; a partly supported sentence counts as half of one
    (the claims in it that RAGAS would have counted one by one). ``None`` where nothing is claimed.
    """
    return verify(answer, contexts, question).faithfulness


def context_recall(reference: str, contexts: Sequence[str]) -> float | None:
    """Claims of the reference answer that can be attributed to the contexts, by all its claims; ``None`` without a claim."""
    return verify(reference, contexts).faithfulness


def context_precision(useful: Sequence[bool]) -> float:
    """Whether what is useful ranks first: the mean of precision@k over the ranks k of the useful contexts; 0 without one."""
    found, total = 0, 0.0
    for rank, good in enumerate(useful, 1):
        if good:
            found += 1
            total += found / rank
    return total / found if found else 0.0


def useful_contexts(reference: str, contexts: Sequence[str]) -> list[bool]:
    """For each context whether it supports a claim of the reference, by itself."""
    return [any(check.verdict == "supported" for check in verify(reference, [context]).sentences) for context in contexts]


def answer_relevancy(question: str, claims: Sequence[str], embedder: Embedder) -> float:
    """Mean cosine of the question with what the answer is an answer to, 0..1; 0 for an answer without claims.

    RAGAS has an LLM write the questions that the answer would answer. Offline the claims stand in for them: a question and its
    answer share their subject, which is what the figure is to measure. Comparable within one model only.
    """
    if not claims or not question.strip():
        return 0.0
    vectors = embedder.encode([question, *claims])
    return max(0.0, min(1.0, float((vectors[1:] @ vectors[0]).mean())))
