"""Catch a question whose premise the notes contradict ("why does X use ReLU to replace GeLU?", when they say the reverse)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rag.segment import Unit
from rag.verify import contradiction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.read import Quote


def corrected_premise(question: str, quotes: Sequence[Quote]) -> Quote | None:
    """The line of the notes that says the reverse of what the question takes for granted; ``None`` when none does.

    Only a replacement told the wrong way round is caught: it needs no understanding of the rest of the sentence.
    """
    for quote in quotes:
        text, start = quote.document.text, quote.section.start
        while start < quote.section.end:
            end = text.find("\n", start, quote.section.end)
            end = quote.section.end if end < 0 else end
            line = text[start:end]
            if line.strip() and contradiction(question, line) == "replacement":
                unit = Unit(start=start, end=start + len(line.rstrip()), kind="sentence", block=0, lead=-1)
                return replace(quote, unit=unit, text=line.strip())
            start = end + 1
    return None
