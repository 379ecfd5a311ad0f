"""The ask line: (spell →) rewrite → retrieve → rerank (→ compare) → judge → read (or an LLM writes) → cite → verify.

This file is the line and nothing else orchestrates: :func:`stream` is to be read from top to bottom.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.errors import ModelFailed
from ingest.lexical import has_chinese
from rag.abstain import judge, nowhere
from rag.aspect import unsaid
from rag.cite import citation, cite, sentence_texts
from rag.compare import side_by_side
from rag.disagree import disagreement
from rag.generate import name_of
from rag.nearest import ALL, named, nearest, shortened
from rag.notice import notice as say
from rag.premise import corrected_premise
from rag.read import BUDGET, read
from rag.rerank import rerank
from rag.retrieve import query_terms, retrieve
from rag.rewrite import own_words, rewrite, undivided
from rag.spell import corrected
from rag.talk import only_talk
from rag.types import Answer, Passage, Sentence
from rag.verify import check

if TYPE_CHECKING:
    import threading
    from collections.abc import Generator, Iterator, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from ingest.store import Library
    from rag.abstain import Judgement
    from rag.retrieve import Mode
    from rag.rewrite import Query
    from rag.types import Citation, Turn

_DRESS = re.compile(r"^```\w*$|^(?:- |\d{1,2}\. )|^\*\*|\*\*$", re.MULTILINE)
"""What the answer adds to the note's words: fences, list marks, bold leads."""
WIDE = 40
"""Passages that retrieval hands to the reranker; as many as its weights were chosen for."""
SHOWN = 8
"""Passages that an answer carries."""


def ask(
    question: str,
    library: Library,
    *,
    history: Sequence[Turn] = (),
    model: BaseChatModel | None = None,
    config: RunnableConfig | None = None,
    stop: threading.Event | None = None,
) -> Answer:
    """Answer ``question`` from the notes in ``library``, or say why they don't answer it. ``history``: oldest turn first.

    With ``model`` the LLM writes, and each sentence is checked; where it fails, the answer is in the notes' own words and
    its ``notice`` says why. ``config``: LangChain's, for callbacks and tracing of the model's calls. Setting ``stop`` from
    another thread stops the LLM at once.
    """
    for item in stream(question, library, history=history, model=model, config=config, stop=stop):
        if isinstance(item, Answer):
            return item
    raise AssertionError("a stream ends with its answer")


def stream(
    question: str,
    library: Library,
    *,
    history: Sequence[Turn] = (),
    model: BaseChatModel | None = None,
    config: RunnableConfig | None = None,
    stop: threading.Event | None = None,
    characters: int = BUDGET,
    shown: int = SHOWN,
) -> Generator[Sentence | Answer, None, None]:
    """:func:`ask`, sentence by sentence, the whole ``Answer`` last; that is what holds, where an LLM's sentences came before
    it failed. Closing the stream, or setting ``stop`` from another thread, stops the LLM at once. ``characters``: how long an
    answer in the notes' own words is; ``shown``: how many passages an LLM is given.
    """
    question = corrected(question, library)
    query, model, notice = _understood(question, history if _goes_on(question, library) else (), model, config, stop)
    found = [[] if only_talk(part) else _found(part, library) for part in query.parts]
    apart = side_by_side(query, found, lambda part: _found(part, library))
    query, found = apart or (query, found)
    judgement = judge(query, found, library)
    if judgement.reason is not None and (whole := undivided(query)):
        query, found = whole, [_found(part, library) for part in whole.parts]
        judgement = judge(query, found, library)
    if judgement.reason is not None:
        yield from _told(replace(_abstention(query, judgement, found, library), notice=notice))
        return
    answered = judgement.answerable if apart is None else (True,) * len(found)  # each side stands under its own name
    answerable = [passages if yes else [] for passages, yes in zip(found, answered, strict=True)]
    if model is not None:
        from rag.write import write

        written = yield from write(query.text, _best(answerable)[:shown], library, model, config=config, stop=stop)
        if written.silent:
            silence = replace(judgement, reason="absent", confidence=0.0)
            yield from _told(replace(_abstention(query, silence, found, library), model=name_of(model)))
            return
        notice = say(query.text, written.flaw, written.detail, kept=bool(written.sentences)) if written.flaw else ""
        if written.sentences or written.flaw == "stopped":
            yield _whole(query, written.sentences, written.citations, found, judgement, model=name_of(model), notice=notice)
            return
    quotes = read(query, answerable, library, budget=characters)
    correction = corrected_premise(query.text, [passage for passages in found for passage in passages], library)
    if correction is not None:
        quotes = [correction, *(quote for quote in quotes if not correction.covers(quote))]
    if not quotes:  # headings and lines that introduce nothing
        yield from _told(_abstention(query, replace(judgement, reason="absent", confidence=0.0), found, library))
        return
    split = disagreement(query.text, answerable, library)
    if split is not None:
        quotes = [*(quote for quote in quotes if not any(side.covers(quote) for side in split[:2])), *split[:2]]
    citations, numbers = cite(quotes, library)
    sentences = [_verified(text, citations[n - 1]) for text, n in zip(sentence_texts(quotes), numbers, strict=True)]
    if correction is not None:
        sentences[0] = replace(sentences[0], text=_says(query.text, "premise").format(sentences[0].text))
    if split is not None:
        sides = zip(sentences[-2:], ("one side", "other side"), strict=True)
        sentences[-2:] = [
            replace(each, text=_says(query.text, side).format(each.text.lstrip(), split[2])) for each, side in sides
        ]
    notice = notice or _silence(query, answered, found, library) or _one_sided(query, sentences, citations)
    yield from _told(_whole(query, sentences, citations, found, judgement, notice=notice))


def _silence(query: Query, answered: Sequence[bool], found: Sequence[Sequence[Passage]], library: Library) -> str:
    """One line that names the parts of the question of which the notes say nothing; empty where there is none."""
    left = [
        part
        for part, yes, near in zip(query.parts, answered, found, strict=True)
        if not yes and nowhere(part, [other for other in query.parts if other != part], near, library)
    ]
    names = _says(query.text, "and").join(f"「{_as_asked(part, query)}」" for part in left)
    return _says(query.text, "part").format(names) if left else ""


def _one_sided(query: Query, sentences: Sequence[Sentence], citations: Sequence[Citation]) -> str:
    """One line where the good or the bad side of a thing was asked for and the answer speaks of neither; else empty."""
    headings = [heading for citation in citations for heading in citation.trail[-1:]]
    side = unsaid(query.text, [*headings, *(sentence.text for sentence in sentences)])
    return _says(query.text, "side").format(side) if side else ""


def _as_asked(part: str, query: Query) -> str:
    """A part of the question without the topic that was put before it."""
    pieces = (piece.strip(" ,，") for piece in re.split(r"[?？;；。]", query.text))
    return next((piece for piece in pieces if piece and part.endswith(piece)), part)


def _found(part: str, library: Library) -> list[Passage]:
    return rerank(part, retrieve(part, library, k=WIDE), library)


def search(query: str, library: Library, *, k: int = 10, mode: Mode = "hybrid") -> list[Passage]:
    """The passages alone: one leg by itself, or for ``hybrid`` both, fused and reranked as :func:`ask` does."""
    query = corrected(query, library)
    if mode != "hybrid":
        return retrieve(query, library, k=k, mode=mode)
    return rerank(query, retrieve(query, library, k=max(k, WIDE)), library)[:k]


def _goes_on(question: str, library: Library) -> bool:
    """Whether the question can go on with the chat: not when nothing that it says itself, in Chinese, stands in any note
    ("怎么烤面包?"), unless it says nothing of its own ("再详细点").
    """

    def names(text: str) -> list[str]:
        return [token for token in query_terms(text).tokens if len(token) > 1 and not token.isascii()]

    said = names(question)
    return not said or any(library.known(said)) or not names(own_words(question))


def _understood(
    question: str,
    history: Sequence[Turn],
    model: BaseChatModel | None,
    config: RunnableConfig | None,
    stop: threading.Event | None,
) -> tuple[Query, BaseChatModel | None, str]:
    """The question as it stands by itself, made so by the LLM where there is one; without it from here on where it fails,
    and the notice of that.
    """
    if model is None or not history:
        return rewrite(question, history), model, ""
    from rag.condense import condense

    try:
        alone = condense(question, history, model, config=config, stop=stop)
    except ModelFailed as exc:
        return rewrite(question, history), None, say(question, exc.trouble, exc.detail, kept=False)
    return rewrite(alone) if alone else rewrite(question, history), model, ""


def _told(answer: Answer) -> Iterator[Sentence | Answer]:
    yield from answer.sentences
    yield answer


def _whole(
    query: Query,
    sentences: Sequence[Sentence],
    citations: Sequence[Citation],
    found: Sequence[Sequence[Passage]],
    judgement: Judgement,
    *,
    model: str = "",
    notice: str = "",
) -> Answer:
    return Answer(
        question=query.text,
        sentences=tuple(sentences),
        citations=tuple(citations),
        passages=_best(found),
        abstained=False,
        reason=None,
        confidence=judgement.confidence,
        model=model,
        notice=notice,
    )


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
    near = nearest(query.text, passages, library) if judgement.reason in ("absent", "blank") else []
    citations: tuple[Citation, ...] = ()
    if judgement.reason == "blank" and judgement.blank is not None:
        section = judgement.blank
        document = library.document(section.document_id)
        line_end = document.text.find("\n", section.heading_start)
        end = line_end if line_end > 0 else len(document.text)
        citations = (citation(1, document, section.heading_start, end, library),)
        text = _says(query.text, "blank").format(shortened(section.trail[-1] if section.trail else document.title, ALL))
    elif judgement.reason == "absent" and near:
        names = _says(query.text, "and").join(f"「{name}」" for name in named(near, library))
        text = _says(query.text, "absent").format(names)
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
        near=tuple(near),
    )


_WORDS = {
    "blank": (
        "笔记里有「{}」这个标题，但下面还没有内容。",
        "Your notes have the heading “{}”, but nothing is written under it yet.",
    ),
    "absent": (
        "笔记里没有直接回答这个问题的内容。相近的标题有{}。",
        "Your notes don't answer this directly. The nearest headings are {}.",
    ),
    "side": ("笔记里没有写到「{}」，这里是与它相关的内容。", "Your notes don't name any {}; this is what they say of it."),
    "part": ("笔记里没有写到：{}。", "Your notes don't say: {}."),
    "off-topic": (
        "笔记里没有这个问题的内容，它和这些笔记讲的不是一回事。",
        "Your notes don't say: this is not what they are about.",
    ),
    "nothing": ("笔记里没有写到这个问题。", "Your notes don't say."),
    "one side": ("笔记的说法不一致（{1}）。一处写的是：{0}", "Your notes disagree ({1}). One says: {0}"),
    "other side": ("另一处写的是：{0}", "Another says: {0}"),
    "premise": ("问题的前提和笔记不一致，笔记写的是：{}", "The question's premise differs from your notes, which say: {}"),
    "and": ("、", ", "),
}


def _says(question: str, what: str) -> str:
    """The program's own words, in the language of the question."""
    return _WORDS[what][0 if has_chinese(question) else 1]
