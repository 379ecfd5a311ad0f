"""Order the best passages again by what a bag of words cannot weigh: do they speak of the thing that was asked about?

A question names its subject ("LLaMA 把激活函数换成了什么"); a passage about activation functions that never mentions
LLaMA, neither in its headings nor in its text, is off the subject however well the rest matches. Latin names and rare
terms of the question that the notes know at all are its subject; a passage loses in proportion to what it lacks of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.lexical import fold, has_chinese, tokens
from rag.terms import ASPECTS, aliases, kinds, latin_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import Library
    from rag.types import Passage

SUBJECT_WEIGHT = 0.35
"""What a passage loses that has nothing of the subject."""

CONCEPT_WEIGHT = 0.5
"""What a term of the field ("推理") weighs against a Latin name ("LLaMA") of the same rarity."""

Subject = list[tuple[list[frozenset[str]], float]]
"""What a question names: for each thing its names as token sets, and its weight."""


def rerank(query: str, passages: Sequence[Passage], library: Library) -> list[Passage]:
    """The same passages in a new order, scores lowered by what each lacks of the question's subject."""
    subject = subjects(query, library)
    if not subject or not passages:
        return list(passages)
    scored = [(passage.score - SUBJECT_WEIGHT * lacking(passage, subject), passage) for passage in passages]
    scored.sort(key=lambda item: (-item[0], item[1].rank))
    return [replace(passage, score=score, rank=rank, origin="reranked") for rank, (score, passage) in enumerate(scored, 1)]


def lacking(passage: Passage, subject: Subject) -> float:
    """Share of the subject, by weight, that neither the passage nor its headings name, 0..1."""
    words = set(tokens(" ".join((*passage.chunk.trail, passage.chunk.text))))
    total = sum(weight for _, weight in subject)
    return sum(weight for names, weight in subject if not any(name <= words for name in names)) / total if total else 0.0


def subjects(query: str, library: Library) -> Subject:
    """The things that the question names: for each its names as token sets, and its weight (IDF).

    Names in Latin letters count, and terms of the glossary, each with its other names; in a question without Chinese only
    names do, because over Chinese notes its other words would be missed everywhere.
    """
    out: dict[frozenset[str], list[frozenset[str]]] = {}
    if has_chinese(query):
        for name, others in aliases(fold(query)):
            if name not in ASPECTS:
                out[frozenset(tokens(name))] = [frozenset(tokens(other)) for other in (name, *others, *kinds(name))]
    for word in latin_names(query):
        others = tuple(other for _, names in aliases(fold(word)) for other in names)
        key = frozenset(tokens(word)[:1])
        if not any(key & known for known in out):
            out[key] = [key, *(frozenset(tokens(other)) for other in others)]
    return [(names, max(library.idf(sorted(name))) * (1.0 if _is_name(name) else CONCEPT_WEIGHT)) for name, names in out.items()]


def _is_name(name: frozenset[str]) -> bool:
    return all(token.isascii() for token in name)
