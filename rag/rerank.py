"""Order the best passages again by what a bag of words cannot weigh: do they speak of the thing that was asked about?

A question names its subject ("LLaMA 把激活函数换成了什么"); a passage about activation functions that never mentions
LLaMA, neither in its headings nor in its text, is off the subject however well the rest matches. Latin names and rare
terms of the question that the notes know at all are its subject; a passage loses in proportion to what it lacks of them.
It gains where its heading is the question, by how far it meets each word of the question (``rag/interaction.py``), and
where it names one of the things that the question seeks ("哪些模型…").

The weights were chosen on our development questions and the questions over ``corpus/`` and over notes outside the field
together, by a scan of each with the others held; a pairwise logistic ranking of the same features, cross-validated over
questions and over sets, agreed on which of them help and did no better.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.lexical import bag, fold, has_chinese, tokens
from rag.interaction import met
from rag.retrieve import weighed
from rag.terms import ASPECTS, aliases, kinds, latin_names, sought

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import Library
    from rag.types import Passage

SUBJECT_WEIGHT, TITLE_WEIGHT = 0.25, 0.1
"""What a passage loses that has nothing of the subject, and what more where its own heading does not name it."""

MATCH_WEIGHT = 0.5
"""What a passage gains whose heading is the question."""
MET_WEIGHT, MET_WEIGHT_ELSE = 0.5, 1.2
"""What a passage gains that meets every word of the question; the second for a question without Chinese characters, whose
words a Chinese passage meets by meaning alone.
"""
SOUGHT_WEIGHT = 0.35
"""What a passage gains that names one of the things asked for, where the question asks which ("哪些模型用 RMSNorm")."""
CONCEPT_WEIGHT = 0.5
"""What a term of the field ("推理") weighs against a Latin name ("LLaMA") of the same rarity."""
_NUMBERING = re.compile(r"^\s*(?:第?[\d一二三四五六七八九十]+[章节、.)）．]?)+\s*")

Subject = list[tuple[list[frozenset[str]], float]]
"""What a question names: for each thing its names as token sets, and its weight."""


def rerank(query: str, passages: Sequence[Passage], library: Library) -> list[Passage]:
    """The same passages in a new order: scores lowered by what each lacks of the question's subject, raised where its heading
    is the question.
    """
    subject = subjects(query, library)
    headings = {passage.chunk.trail[-1:] for passage in passages}
    match = {heading: heading_match(query, heading[0], library) if heading else 0.0 for heading in headings}
    words = met(query, ["\n".join((*p.chunk.trail[-1:], p.chunk.text)) for p in passages], library.embedder).tolist()
    weight = MET_WEIGHT if has_chinese(query) else MET_WEIGHT_ELSE
    own = bag(query)
    answers = [name for name in map(bag, sought(fold(query))) if not name <= own]
    untitled = {heading: _lacking(" ".join(heading), subject) for heading in headings}
    spoken = [bag("\n".join((*p.chunk.trail, p.chunk.text))) if answers else frozenset() for p in passages]
    scored = [
        (
            passage.score
            - SUBJECT_WEIGHT * lacking(passage, subject)
            - TITLE_WEIGHT * untitled[passage.chunk.trail[-1:]]
            + MATCH_WEIGHT * match[passage.chunk.trail[-1:]] ** 3
            + SOUGHT_WEIGHT * any(name <= said for name in answers)
            + weight * meets,
            passage,
        )
        for passage, meets, said in zip(passages, words, spoken, strict=True)
    ]
    scored.sort(key=lambda item: (-item[0], item[1].rank))
    return [replace(passage, score=score, rank=rank, origin="reranked") for rank, (score, passage) in enumerate(scored, 1)]


def heading_match(query: str, heading: str, library: Library) -> float:
    """How far the heading is the question itself, 0..1: the harmonic mean of the share of the question that stands in the
    heading and the share of the heading that stands in the question, by IDF, question words and numbering aside.
    """
    title = _NUMBERING.sub("", heading)
    held = weighed(query, library).share(bag(title))
    holds = weighed(title, library).share(bag(query))
    return 2 * held * holds / (held + holds) if held + holds else 0.0


def lacking(passage: Passage, subject: Subject) -> float:
    """Share of the subject, by weight, that neither the passage nor its headings name, 0..1."""
    return _lacking(" ".join((*passage.chunk.trail, passage.chunk.text)), subject)


def _lacking(text: str, subject: Subject) -> float:
    words = bag(text)
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
                out[bag(name)] = [bag(other) for other in (name, *others, *kinds(name))]
    for word in latin_names(query):
        others = tuple(other for _, names in aliases(fold(word)) for other in names)
        key = frozenset(tokens(word)[:1])
        if not any(key & known for known in out):
            out[key] = [key, *map(bag, others)]
    return [(names, max(library.idf(sorted(name))) * (1.0 if _is_name(name) else CONCEPT_WEIGHT)) for name, names in out.items()]


def _is_name(name: frozenset[str]) -> bool:
    return all(token.isascii() for token in name)
