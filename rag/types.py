"""The types of the ask line: ``Passage`` → ``Citation`` → ``Sentence`` → ``Answer``; frozen, keyword-only.

"The notes don't say" is an ``Answer`` with ``abstained``, never an exception. A larger score is always better.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.types import Chunk

Origin = Literal["dense", "lexical", "fused", "reranked"]
Verdict = Literal["supported", "partial", "unsupported", "contradicted"]
Reason = Literal["blank", "absent", "off-topic"]

_GOES_ON = re.compile(r"  \S")
_INTRODUCES = re.compile(r"[:：](?:[^\w\s]+\d+[^\w\s]+)*\s*$")
_ENDED = re.compile(
    r"[。！？!?.;；:：…,，、”’\"')）」』*`]"
    r"(?:[^\w\s]+\d+[^\w\s]+)*\s*$"
)
"""Where a sentence stops, footnote marks aside; one that does not stood on a line of its own."""
_TITLE = re.compile(r"\*\*[^*\n]+\*\*")
_ITEM = re.compile(r"(?:-|\d{1,2}\.) ")
_DISPLAYED = re.compile(r"\s*(?:```|~~~|\$\$|\||\\\[|\$[^$]+\$\s*$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of the chat so far."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk that a retriever found, with its score and rank (from 1)."""

    chunk: Chunk
    path: str
    score: float
    rank: int
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Footnote ``n``: ``quote`` is verbatim, ``document.text[start:end] == quote``."""

    n: int
    document_id: str
    path: str
    trail: tuple[str, ...]
    page: int | None
    lines: tuple[int, int]
    """Lines of the source file, 1-based, inclusive."""
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence, list item, formula or code block of the answer, with the numbers of its footnotes."""

    text: str
    citations: tuple[int, ...]
    support: float
    """How far the cited quotes support the text, 0..1."""
    verdict: Verdict
    reason: str = ""
    """One plain line that says why the text is not (fully) supported; empty when it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the user gets. An abstention has ``reason`` and says in its one sentence what is missing."""

    question: str
    """The question as it was answered: a follow-up stands rewritten."""
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    abstained: bool
    reason: Reason | None
    confidence: float
    """Calibrated chance that the notes answer the question, 0..1."""
    model: str = ""
    """The LLM that wrote the sentences; empty for the notes' own words."""
    near: tuple[Passage, ...] = ()
    """Of an abstention: the passages that lie near the question, one a heading, best first."""
    notice: str = ""
    """One line for the user about how the answer came to be, such as why the LLM's answer is not shown; mostly empty."""

    @property
    def text(self) -> str:
        """The answer in Markdown, without footnote marks; sentences that begin a list item, formula or code block
        stand on a line of their own.
        """
        return join([sentence.text for sentence in self.sentences])


def join(parts: Sequence[str]) -> str:
    """Join sentences into Markdown: prose runs on, list items get a line each; what introduces a list and what has no stop
    gets its own paragraph; code, formulas and tables get an empty line around. A part that begins with two spaces goes on
    with the item before it, one that begins with a line break a paragraph.
    """
    out = before = ""
    for part in parts:
        below = out.rsplit("\n", 1)[-1]
        if not out:
            out = part.strip() if _GOES_ON.match(part) or part.startswith("\n") else part
        elif _DISPLAYED.match(part) or _DISPLAYED.match(before):
            out += f"\n\n{part}"
        elif _ITEM.match(part):
            out += f"\n{part}" if _ITEM.match(below) else f"\n\n{part}"
        elif (
            part.startswith("\n")
            or _TITLE.match(part)
            or _TITLE.match(below)
            or (_ITEM.match(below) and not _GOES_ON.match(part))
            or _INTRODUCES.search(part)
            or not _ENDED.search(out)
            or not _ENDED.search(part)
        ):
            out += f"\n\n{part.lstrip()}"
        else:
            part = part.strip()
            out += f" {part}" if out[-1].isascii() and part[:1].isascii() else part
        before = part
    return out
