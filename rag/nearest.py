"""The passages that a refusal points at, those near the question, and their headings, short enough to be read in passing."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import Library
    from rag.types import Passage

MOST = 3
"""Headings that are named."""
NEAR = 0.22
"""The mean of the cosines of a passage and of its heading, to the question, from which it is named."""
ONE, ALL = 40, 80
"""How wide one heading is, and all of them; a Chinese character counts two."""
SHORTEST = 12
"""How wide a heading's first question is at least that stands for the whole of it."""
_NUMBERING = re.compile(r"^\s*(?:\d+(?:\.\d+)+\s+|\d+[.、)）．]\s*)(?=\S)")
_ASKED = re.compile(r"[?？](?=\s*\S)")


def nearest(question: str, passages: Sequence[Passage], library: Library) -> list[Passage]:
    """Those of the best passages that lie near the question, one a heading, best first, at most :data:`MOST`."""
    if not passages:
        return []
    names = [name(passage, library) for passage in passages]
    vectors = library.embedder.encode([question, *names, *(passage.chunk.embedded_text() for passage in passages)])
    cosines = (vectors[1:] @ vectors[0]).reshape(2, -1).mean(axis=0).tolist()
    out: dict[str, Passage] = {}
    for title, cosine, passage in zip(names, cosines, passages, strict=True):
        if cosine >= NEAR:
            out.setdefault(title, passage)
    return list(out.values())[:MOST]


def named(passages: Sequence[Passage], library: Library) -> list[str]:
    """The passages' headings, shortened; fewer where they are long."""
    out: list[str] = []
    for short in dict.fromkeys(shortened(name(passage, library)) for passage in passages):
        if out and sum(map(_width, (*out, short))) > ALL:
            break
        out.append(short)
    return out


def shortened(heading: str, width: int = ONE) -> str:
    """A heading without its number; one wider than ``width`` is cut behind its first question, or where it gets too wide."""
    text = " ".join(_NUMBERING.sub("", heading).split())
    if _width(text) <= width:
        return text
    asked = _ASKED.search(text)
    if asked and SHORTEST <= _width(text[: asked.end()]) <= width:
        return f"{text[: asked.end()]}…"
    while _width(text) > width - 1:
        text = text[:-1]
    if text[-1].isascii() and text[-1].isalnum() and " " in text[-SHORTEST:]:
        text = text.rpartition(" ")[0]
    return f"{text.rstrip(' ,，、:：(（-')}…"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def name(passage: Passage, library: Library) -> str:
    """A passage's heading, or its note's title where it has none."""
    return passage.chunk.trail[-1] if passage.chunk.trail else library.document(passage.chunk.document_id).title
