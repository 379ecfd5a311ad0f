"""Order the best passages again by what a bag of words cannot weigh: do they speak of the thing that was asked about?

A question names its subject ("LLaMA 把激活函数换成了什么"); a passage about activation functions that never mentions
LLaMA, neither in its headings nor in its text, is off the subject however well the rest matches. Latin names and rare
terms of the question that the notes know at all are its subject; a passage loses in proportion to what it lacks of them.
It gains where its heading is the question or means the same, by how far it meets each word of the question, on the whole and
in one sentence (``rag/interaction.py``), and where it names one of the things that the question seeks ("哪些模型…").

The weights of meeting and of the heading's cosine, and ``COSINE_WEIGHT`` of ``rag/retrieve.py``, were chosen by a scan of each
with the others held, for the mean of MRR@10 and recall@5 over 380 questions (56 development questions, 217 over ``corpus/``,
107 over notes outside the field); falling behind BM25 on 2,000 questions of CMRC 2018 and DRCD cost three times what was lost.
Two times ten folds: on questions that the choice did not see MRR@10 is .912 and recall@5 .967; with the weights of the model
before .895 and .966; with newly chosen weights, but without the sentence and the heading's cosine, .901 and .966. Choosing the
other weights as well did no better (.910, .966), so these stay. What stands here is what seven of ten folds chose, and all
questions. ``COSINE_WEIGHT_ELSE`` was not chosen: all questions without Chinese were asked of Chinese notes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.lexical import bag, fold, has_chinese, tokens
from rag.define import defines, thing_asked
from rag.interaction import met_together
from rag.retrieve import weighed
from rag.terms import ASPECTS, aliases, kinds, latin_names, sought

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from ingest.store import Library
    from rag.retrieve import Weighed
    from rag.types import Passage

SUBJECT_WEIGHT, TITLE_WEIGHT = 0.25, 0.1
"""What a passage loses that has nothing of the subject, and what more where its own heading does not name it."""
MATCH_WEIGHT, LIKE_WEIGHT = 0.5, 0.15
"""What a passage gains whose heading is the question; what the cosine of its heading counts."""
MET_WEIGHT = 0.6
"""What a passage gains that meets every word of the question."""
TOGETHER_WEIGHT, TOGETHER_WEIGHT_ELSE = 0.5, 0.9
"""What it gains where one sentence meets every word; the second for a question without Chinese characters, whose words a
Chinese passage meets by meaning alone.
"""
SOUGHT_WEIGHT = 0.7
"""What a passage gains that names one of the things asked for, where the question asks which ("哪些模型用 RMSNorm")."""
DEFINES_WEIGHT = 0.3
"""What a passage gains that says what a thing is, where the question asks that."""
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
    headings = list(dict.fromkeys(passage.chunk.trail[-1:] for passage in passages))
    asked, own = weighed(query, library), bag(query)
    match = {heading: _match(asked, own, heading[0], library) if heading else 0.0 for heading in headings}
    untitled = {heading: _lacking(" ".join(heading), subject) for heading in headings}
    like = dict(zip(headings, _cosines(query, [" ".join(heading) for heading in headings], library), strict=True))
    texts = [("".join(passage.chunk.trail[-1:]), passage.chunk.text) for passage in passages]
    whole, closest = met_together(query, texts, library.embedder)
    together = TOGETHER_WEIGHT if has_chinese(query) else TOGETHER_WEIGHT_ELSE
    meets = (MET_WEIGHT * whole + together * closest).tolist()
    thing = thing_asked(query)
    answers = [name for name in map(bag, sought(fold(query))) if not name <= own]
    spoken = [bag("\n".join((*p.chunk.trail, p.chunk.text))) if answers else frozenset() for p in passages]
    scored = [
        (
            passage.score
            - SUBJECT_WEIGHT * lacking(passage, subject)
            - TITLE_WEIGHT * untitled[passage.chunk.trail[-1:]]
            + MATCH_WEIGHT * match[passage.chunk.trail[-1:]] ** 3
            + LIKE_WEIGHT * like[passage.chunk.trail[-1:]]
            + SOUGHT_WEIGHT * any(name <= said for name in answers)
            + DEFINES_WEIGHT * bool(thing and defines(passage.chunk.text, thing))
            + meeting,
            passage,
        )
        for passage, meeting, said in zip(passages, meets, spoken, strict=True)
    ]
    scored.sort(key=lambda item: (-item[0], item[1].rank))
    return [replace(passage, score=score, rank=rank, origin="reranked") for rank, (score, passage) in enumerate(scored, 1)]


def heading_match(query: str, heading: str, library: Library) -> float:
    """How far the heading is the question itself, 0..1: the harmonic mean of the share of the question that stands in the
    heading and the share of the heading that stands in the question, by IDF, question words and numbering aside.
    """
    return _match(weighed(query, library), bag(query), heading, library)


def _match(asked: Weighed, own: Set[str], heading: str, library: Library) -> float:
    title = _title(heading)
    held = asked.share(bag(title))
    if not held:
        return 0.0
    holds = weighed(title, library).share(own)
    return 2 * held * holds / (held + holds)


@lru_cache(maxsize=4096)
def _title(heading: str) -> str:
    return _NUMBERING.sub("", heading)


def _cosines(query: str, headings: Sequence[str], library: Library) -> list[float]:
    """0 for a heading without words."""
    vectors = library.embedder.encode([query, *headings])
    return [float(value) for value in vectors[1:] @ vectors[0]]


def lacking(passage: Passage, subject: Subject) -> float:
    """Share of the subject, by weight, that neither the passage nor its headings name, 0..1."""
    return _lacking("\n".join((*passage.chunk.trail, passage.chunk.text)), subject)


def _lacking(text: str, subject: Subject) -> float:
    total = sum(weight for _, weight in subject)
    if not total:
        return 0.0
    words = bag(text)
    return sum(weight for names, weight in subject if not any(name <= words for name in names)) / total


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
