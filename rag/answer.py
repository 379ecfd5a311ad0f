"""The ask line: (spell →) rewrite → retrieve → rerank → judge → read → cite → verify.

This file is the line and nothing else orchestrates: :func:`ask` is to be read from top to bottom.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.lexical import has_chinese
from rag.abstain import judge
from rag.cite import citation, cite, sentence_texts
from rag.premise import corrected_premise
from rag.read import read
from rag.rerank import rerank
from rag.retrieve import retrieve
from rag.rewrite import rewrite
from rag.spell import corrected
from rag.types import Answer, Passage, Sentence
from rag.verify import check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.store import Library
    from rag.abstain import Judgement
    from rag.retrieve import Mode
    from rag.rewrite import Query
    from rag.types import Citation, Turn

_DRESS = re.compile(r"^```\w*$|^(?:- |\d{1,2}\. )|^\*\*|\*\*$", re.MULTILINE)
"""What the answer adds to the note's words: fences, list marks, bold leads."""
WIDE = 20
"""Passages that retrieval hands to the reranker."""
SHOWN = 8
"""Passages that an answer carries."""


def ask(question: str, library: Library, *, history: Sequence[Turn] = ()) -> Answer:
    """Answer ``question`` from the notes in ``library``, or say why they don't answer it. ``history``: oldest turn first."""
    query = rewrite(corrected(question, library), history)
    found = [rerank(part, retrieve(part, library, k=WIDE), library) for part in query.parts]
    judgement = judge(query, found, library)
    if judgement.reason is not None:
        return _abstention(query, judgement, found, library)
    quotes = read(query, [passages if yes else [] for passages, yes in zip(found, judgement.answerable, strict=True)], library)
    correction = corrected_premise(query.text, [passage for passages in found for passage in passages], library)
    if correction is not None:
        quotes = [correction, *(quote for quote in quotes if not correction.covers(quote))]
    if not quotes:  # headings and lines that introduce nothing
        return _abstention(query, replace(judgement, reason="absent", confidence=0.0), found, library)
    citations, numbers = cite(quotes, library)
    sentences = [_verified(text, citations[n - 1]) for text, n in zip(sentence_texts(quotes), numbers, strict=True)]
    if correction is not None:
        sentences[0] = replace(sentences[0], text=_says(query.text, "premise").format(sentences[0].text))
    return Answer(
        question=query.text,
        sentences=tuple(sentences),
        citations=tuple(citations),
        passages=_best(found),
        abstained=False,
        reason=None,
        confidence=judgement.confidence,
    )


def stream(question: str, library: Library, *, history: Sequence[Turn] = ()) -> Iterator[Sentence | Answer]:
    """:func:`ask`, sentence by sentence, the whole ``Answer`` last."""
    answer = ask(question, library, history=history)
    yield from answer.sentences
    yield answer


def search(query: str, library: Library, *, k: int = 10, mode: Mode = "hybrid") -> list[Passage]:
    """The passages alone: one leg by itself, or for ``hybrid`` both, fused and reranked as :func:`ask` does."""
    query = corrected(query, library)
    if mode != "hybrid":
        return retrieve(query, library, k=k, mode=mode)
    return rerank(query, retrieve(query, library, k=max(k, WIDE)), library)[:k]


def _verified(text: str, citation: Citation) -> Sentence:
    """The sentence as it is printed, checked against the quote that its footnote opens."""
    result = check(_DRESS.sub("", text).strip(), [citation.quote])
    claims = result.verdict != "no-claim"
    verdict = result.verdict if result.verdict != "no-claim" else "supported"
    return Sentence(text=text, citations=(citation.n,), support=result.support if claims else 1.0, verdict=verdict)


def _best(found: Sequence[Sequence[Passage]]) -> tuple[Passage, ...]:
    """The best passages of all parts, each chunk once, parts taking turns."""
    out: dict[str, Passage] = {}
    for turn in zip(*(_padded(passages) for passages in found), strict=True):
        for passage in turn:
            if passage is not None:
                out.setdefault(passage.chunk.id, passage)
    return tuple(out.values())[:SHOWN]


def _padded(passages: Sequence[Passage]) -> list[Passage | None]:
    return [*passages[:SHOWN], *[None] * (SHOWN - len(passages))]


def _abstention(query: Query, judgement: Judgement, found: Sequence[Sequence[Passage]], library: Library) -> Answer:
    passages = _best(found)
    citations: tuple[Citation, ...] = ()
    if judgement.reason == "blank" and judgement.blank is not None:
        section = judgement.blank
        document = library.document(section.document_id)
        line_end = document.text.find("\n", section.heading_start)
        end = line_end if line_end > 0 else len(document.text)
        citations = (citation(1, document, section.heading_start, end, library),)
        text = _says(query.text, "blank").format(section.trail[-1] if section.trail else document.title)
    elif judgement.reason == "absent" and passages:
        nearest = list(dict.fromkeys(_name(passage, library) for passage in passages))[:3]
        text = _says(query.text, "absent").format(_says(query.text, "and").join(nearest))
    else:
        text = _says(query.text, "off-topic" if judgement.reason == "off-topic" else "nothing")
    return Answer(
        question=query.text,
        sentences=(Sentence(text=text, citations=tuple(c.n for c in citations), support=0.0, verdict="unsupported"),),
        citations=citations,
        passages=passages,
        abstained=True,
        reason=judgement.reason,
        confidence=judgement.confidence,
    )


def _name(passage: Passage, library: Library) -> str:
    """A passage's heading, or its note's title where it has none."""
    return f"「{passage.chunk.trail[-1] if passage.chunk.trail else library.document(passage.chunk.document_id).title}」"


_WORDS = {
    "blank": (
        "笔记里有「{}」这个标题，但下面还没有内容。",
        "Your notes have the heading “{}”, but nothing is written under it yet.",
    ),
    "absent": ("笔记里没有写到这个问题。最接近的是{}。", "Your notes don't say. The nearest headings are {}."),
    "off-topic": (
        "笔记里没有这个问题的内容，它和这些笔记讲的不是一回事。",
        "Your notes don't say: this is not what they are about.",
    ),
    "nothing": ("笔记里没有写到这个问题。", "Your notes don't say."),
    "premise": ("问题的前提和笔记不一致，笔记写的是：{}", "The question's premise differs from your notes, which say: {}"),
    "and": ("、", ", "),
}


def _says(question: str, what: str) -> str:
    """The program's own words, in the language of the question."""
    return _WORDS[what][0 if has_chinese(question) else 1]
