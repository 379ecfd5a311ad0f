"""Catch a question whose premise the notes contradict ("why does X use ReLU to replace GeLU?", when they say the reverse).

A replacement told the wrong way round needs no understanding of the rest of the sentence: every passage that was found is
looked at, because the sentence that contradicts need not be the one that answers. Anything else that a "why" takes for granted
("DPO 为什么要多训练一个奖励模型?") is held against the best passages only, and only against sentences of which the question's own
topic is the subject ("DPO 不训练奖励模型"): what is said of another thing contradicts nothing. A question with a negation is left
alone, as are all that ask no why. Of the 19 questions and headings of our sets that are held so and have an answer none was
contradicted; of 17 with a false premise 5 are met, 2 without it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.lexical import fold
from rag.polarity import pivots
from rag.read import quote_of
from rag.terms import aliases, latin_names
from rag.verify import contradiction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.store import Library
    from rag.read import Quote
    from rag.types import Passage

BEST = 3
"""Passages that a premise other than a replacement is held against."""
_WHY = re.compile(r"为什么|为何|为啥|凭什么|怎么会|^why (?:does|did|do|is|are)\s", re.IGNORECASE)
_NEGATES = re.compile(r"不|没|无|未|非|别|\bnot\b|n't|\bnever\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^。！？；\n]+[。！？；]?")
_MARKS = ' -*•>#"“*`'


def corrected_premise(question: str, passages: Sequence[Passage], library: Library) -> Quote | None:
    """The line of the notes that says the reverse of what the question takes for granted; ``None`` when none does."""
    if _replaces(question):
        for passage in passages:
            for start, line in _lines(passage):
                if _replaces(line) and contradiction(question, line) == "replacement":
                    return quote_of(passage, start, start + len(line), library)
    topic = _topic(question)
    if not topic:
        return None
    claim = _WHY.sub("", question).rstrip(" ?？。") + "。"
    for passage in passages[:BEST]:
        for start, line in _lines(passage):
            for match in _SENTENCE.finditer(line):
                said = match.group().strip()
                if _is_of(said, topic) and contradiction(claim, said) in ("negation", "opposite"):
                    begin = start + match.start() + len(match.group()) - len(match.group().lstrip())
                    return quote_of(passage, begin, begin + len(said), library)
    return None


def _lines(passage: Passage) -> Iterator[tuple[int, str]]:
    start = passage.chunk.start
    for line in passage.chunk.text.split("\n"):
        yield start + len(line) - len(line.lstrip()), line.strip()
        start += len(line) + 1


def _topic(question: str) -> str:
    """The name with which a question begins that asks why, folded; empty where it asks no why, or none it begins with."""
    text = fold(question).strip()
    if len(re.findall(r"[?？]", question)) > 1 or not _WHY.search(text) or _NEGATES.search(text):
        return ""
    names = (*(fold(name) for name in latin_names(question)), *(name for name, _ in aliases(text)))
    return max((name for name in names if text.startswith(name)), key=len, default="")


def _is_of(sentence: str, topic: str) -> bool:
    """Whether ``topic`` is what the sentence speaks of: it begins with it, and not with something of it."""
    text = fold(sentence).lstrip(_MARKS)
    return text.startswith(topic) and not re.match(r"\s*(?:的|[a-z0-9])", text[len(topic) :])


def _replaces(text: str) -> bool:
    return any(pivot.kind == "replace" for pivot in pivots(fold(text)))
