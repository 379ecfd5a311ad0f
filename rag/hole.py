"""A heading without a body is a hole that the writer left; which one a question asks for.

When the question fits such a heading better than anything that is written, the answer is that heading, not the nearest thing that
happens to be written. Where the heading is the question itself, the confidence counts for nothing: all that is written of the
topic looks like an answer. Then only a section that asks the same answers, or a passage that has what is asked for beyond the
name of the topic: a formula, the names sought, both things compared, a definition.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ingest.lexical import bag, fold, has_chinese
from rag.compare import compared, compares
from rag.define import defines, thing_asked
from rag.formula import formulas
from rag.rerank import heading_match, lacking, subjects
from rag.retrieve import weighed
from rag.rewrite import kind
from rag.terms import ASPECTS, sought

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ingest.store import Library
    from ingest.types import Section
    from rag.rewrite import Query
    from rag.types import Passage

CERTAIN, LIKELY, FOREIGN = 1.15, 0.8, 0.35
"""Heading match plus cosine from which a blank heading is what was asked for: although something answers the question; where
nothing does; and the cosine alone, for a question without Chinese that nothing answers."""
ITSELF = 0.8
"""The heading match from which a heading is the question itself, if it asks for the same aspect of the topic."""
ALIKE = 0.45
"""The heading match or cosine from which a written heading can ask the same."""
WHOLE = 0.99
"""The share of words that stands for all of them."""
LIKELIEST = 50
"""Blank headings that are looked at, by cosine."""
AHEAD = 0.1
"""How much better the blank heading must match than those of the first passages."""
_VERSION = re.compile(r"[A-Za-z]{2,}[- ]?\d+(?:\.\d+)?(?![A-Za-z0-9])")
_NUMBERING = re.compile(r"^\s*(?:\d+(?:\.\d+)+\s+|(?:\d+[.、)）．]\s*)+)")
_ASKS = re.compile(r"[?？吗]|怎|如何|什么|为何|为啥|哪|\b(?:why|how|what|which)\b", re.IGNORECASE)
"""A heading that is a question; one that only names a topic is not what a "why" asks for."""
_SENTENCE = re.compile(r"[。！？；\n]|[.!?;]\s")


def hole_asked_for(query: Query, first: Sequence[Passage], library: Library, *, answerable: bool, sure: bool) -> Section | None:
    """The blank heading that the question asks for: nearly the same words and meaning, and more so than any heading of the
    ``first`` passages; where nothing answers the question (``answerable``), less will do; where an answer is ``sure``, only a
    heading that is the question itself, and no passage that answers it all the same.
    """
    blanks, headings, vectors = _holes(library)
    if not blanks:
        return None
    question = _NUMBERING.sub("", query.text)
    cosines: NDArray[np.float32] = vectors @ library.embedder.encode([question])[0]
    written = {passage.chunk.trail[-1] for passage in first if passage.chunk.trail}
    closest = max((heading_match(question, heading, library) for heading in written), default=0.0)
    best: tuple[float, Section | None] = (0.0, None)
    for place in cosines.argsort()[::-1][:LIKELIEST].tolist():
        section, cosine = blanks[place], float(cosines[place])
        if sure and cosine < ALIKE:
            break
        match = heading_match(question, headings[place], library)
        if sure:
            fits = match >= ITSELF and match > closest and _same_aspect(question, headings[place])
        else:
            why = kind(question) == "reason" and not _ASKS.search(headings[place])
            near = not why and match > closest + AHEAD and match + cosine >= (CERTAIN if answerable else LIKELY)
            fits = near or (not answerable and not has_chinese(question) and cosine >= FOREIGN)
        if fits and match + cosine > best[0]:
            best = (match + cosine, section)
    if sure and best[1] is not None and any(_answers(question, passage, library) for passage in first):
        return None
    return best[1]


def _answers(question: str, passage: Passage, library: Library) -> bool:
    """Whether the passage answers what is asked, not only speaks of the topic."""
    heading, text = _NUMBERING.sub("", "".join(passage.chunk.trail[-1:])), passage.chunk.text
    if lacking(passage, subjects(question, library)) or not _has_versions(question, f"{heading}\n{text}"):
        return False
    if defines(text, thing_asked(question) or fold(question)):
        return True
    things = compared(question)
    if things is not None:
        return compares(passage, *things[:2])
    names = [name for name in map(bag, sought(fold(question))) if not name <= bag(question)]
    if names:
        return _asks_the_same(question, heading, library) or _names_one(question, passage, names, library)
    if kind(question) == "formula":
        return _on_topic(question, heading, library) and any("=" in formula for formula in formulas(text))
    return _asks_the_same(question, heading, library)


def _asks_the_same(question: str, heading: str, library: Library) -> bool:
    """Whether a heading asks what the question asks: it means about the same, and is of its kind and names no other aspect
    ("优点"); or one of the two is the topic alone.
    """
    vectors = library.embedder.encode([question, heading])
    if max(heading_match(question, heading, library), float(vectors[0] @ vectors[1])) < ALIKE:
        return False
    if kind(question) == kind(heading) and (_same_aspect(question, heading) or not _aspects(heading)):
        return True
    topic_alone = max(weighed(question, library).share(bag(heading)), weighed(heading, library).share(bag(question))) >= WHOLE
    return topic_alone and not _aspects(heading)


def _same_aspect(question: str, heading: str) -> bool:
    """Whether both ask for the same kind of thing, and for the same aspect ("优点"), if for any."""
    asked, named = _aspects(question), _aspects(heading)
    return kind(question) == kind(heading) and (bool(asked & named) or not asked | named)


def _aspects(text: str) -> frozenset[str]:
    folded = fold(text)
    return frozenset(aspect for aspect in ASPECTS if aspect in folded)


def _names_one(question: str, passage: Passage, names: Sequence[frozenset[str]], library: Library) -> bool:
    """Whether a sentence of the passage, under its heading, names the topic and one of the things sought."""
    heading = "".join(passage.chunk.trail[-1:])
    return any(
        _on_topic(question, said := f"{heading}\n{sentence}", library) and any(name <= bag(said) for name in names)
        for sentence in _SENTENCE.split(passage.chunk.text)
        if sentence.strip()
    )


def _on_topic(question: str, text: str, library: Library) -> bool:
    words = bag(text)
    return all(any(name <= words for name in names) for names, _ in subjects(question, library))


def _has_versions(question: str, text: str) -> bool:
    """Whether the text speaks of the versions that the question names: "ChatGLM" is not "ChatGLM-2"."""
    said = {_spelt(name) for name in _VERSION.findall(text)}
    return all(_spelt(name) in said for name in _VERSION.findall(question))


def _spelt(name: str) -> str:
    return re.sub(r"[\s-]", "", name).lower()


_HOLES: WeakKeyDictionary[Library, tuple[list[Section], list[str], NDArray[np.float32]]] = WeakKeyDictionary()


def _holes(library: Library) -> tuple[list[Section], list[str], NDArray[np.float32]]:
    """The blank headings of an open library, each with the few words that stand under it, if any ("分词器": "BPE、BBPE"), and
    their vectors; made once, since a library that is open does not change.
    """
    if library not in _HOLES:
        blanks = library.blank_sections()
        texts = [library.document(section.document_id).text[section.start : section.end].strip() for section in blanks]
        headings = [" ".join((*section.trail[-1:], text)) for section, text in zip(blanks, texts, strict=True)]
        _HOLES[library] = blanks, headings, library.embedder.encode(headings or [""])
    return _HOLES[library]
