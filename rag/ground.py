"""Put each sentence that an LLM wrote on the ground of the notes: check it, mark it, quote what it rests on.

A model's own marks are a hint, not a fact: ``rag.attribute`` drops those whose passage does not support the sentence and finds
the passage that does. The footnote then quotes, verbatim, the sentences of that passage that come closest, not the whole.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.lexical import tokens
from rag.attribute import attribute
from rag.cite import LONGEST_SHARED, citation
from rag.reasons import reason
from rag.types import Sentence
from rag.verify import check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import Library
    from rag.draft import Draft
    from rag.prompt import Context
    from rag.types import Citation

LONGEST_QUOTE = 400
"""Characters of a quote; code and formulas may be longer."""
_DRESS = re.compile(r"^```\w*$|^(?:- |\d{1,2}\. )|\*\*", re.MULTILINE)
_OPENERS = "“\"'「『（([【《`*$\\"


class Ground:
    """The passages that the model was given, and the footnotes opened on them so far."""

    def __init__(self, passages: Sequence[Context], library: Library) -> None:
        self._passages = passages
        self._texts = [passage.text for passage in passages]
        # A sentence is checked under the heading, which names what "它" and a bare list speak of; only the text is quoted.
        self._headed = ["\n".join((*passage.trail[-1:], passage.text)) for passage in passages]
        self._library = library
        self._letters: dict[int, tuple[str, list[int]]] = {}
        self._spans: list[tuple[str, int, int]] = []

    def sentence(self, draft: Draft) -> Sentence | None:
        """The draft checked and marked; ``None`` for talk that claims nothing, and for a title that the notes do not bear."""
        said = _DRESS.sub("", draft.text).strip()
        found = attribute(said, [mark - 1 for mark in draft.marks if 0 < mark <= len(self._texts)], self._headed, curve="told")
        verdict, why = found.check.verdict, found.check.reason
        if verdict == "no-claim":
            leads = draft.kind == "title" or said.endswith(("：", ":"))
            return Sentence(text=draft.text, citations=(), support=1.0, verdict="supported") if leads else None
        if draft.kind == "title" and verdict in ("unsupported", "contradicted"):
            return None
        kept = found.citations if verdict != "unsupported" else ()
        if verdict == "supported" and not kept:  # what no passage stands out for bears no footnote, so it is not shown as certain
            verdict, why = "partial", reason(said, None, otherwise="nothing")
        numbers = [self.footnote(place, *self._span(place, said, found.check.evidence)) for place in kept]
        return Sentence(
            text=draft.text,
            citations=tuple(dict.fromkeys(numbers)),
            support=found.check.support,
            verdict=verdict,
            reason=why,
        )

    def footnote(self, place: int, start: int, end: int) -> int:
        """The number of the footnote that quotes characters ``start:end`` of passage ``place``; one that is there already
        where it holds them, or grows to them and stays short.
        """
        passage = self._passages[place]
        return self.quote(passage.document_id, passage.start + start, passage.start + end)

    def quote(self, document_id: str, start: int, end: int) -> int:
        """The same for ``document.text[start:end]``."""
        for number, (other, first, last) in enumerate(self._spans, 1):
            if other != document_id:
                continue
            if first <= start and end <= last:
                return number
            low, high = min(first, start), max(last, end)
            between = self._library.document(document_id).text[min(last, end) : max(first, start)]
            if high - low <= LONGEST_SHARED and not between.strip() and "\n\n" not in between:
                self._spans[number - 1] = (document_id, low, high)
                return number
        self._spans.append((document_id, start, end))
        return len(self._spans)

    def citations(self) -> tuple[Citation, ...]:
        """All footnotes, in the order of their numbers."""
        return tuple(
            citation(number, self._library.document(document_id), start, end, self._library)
            for number, (document_id, start, end) in enumerate(self._spans, 1)
        )

    def _span(self, place: int, said: str, evidence: str) -> tuple[int, int]:
        """Where passage ``place`` says it: ``evidence`` where it stands there, else what of the passage comes closest."""
        for text in (evidence, check(said, [self._texts[place]]).evidence):
            if span := self._find(place, text):
                return span
        return _closest_line(self._texts[place], said)

    def _find(self, place: int, evidence: str) -> tuple[int, int] | None:
        """The span of the passage that has the letters and digits of ``evidence``, whatever stands between them."""
        if place not in self._letters:
            self._letters[place] = _letters(self._texts[place])
        letters, places = self._letters[place]
        wanted, _ = _letters(evidence)
        at = letters.find(wanted) if wanted else -1
        if at < 0 or places[at + len(wanted) - 1] - places[at] > LONGEST_QUOTE + evidence.count("\n") * LONGEST_QUOTE:
            return None
        return _whole(self._texts[place], places[at], places[at + len(wanted) - 1] + 1)


def _letters(text: str) -> tuple[str, list[int]]:
    places = [place for place, letter in enumerate(text) if letter.isalnum()]
    return "".join(text[place] for place in places), places


def _whole(text: str, start: int, end: int) -> tuple[int, int]:
    """The span with the quotation marks and stops that belong to it."""
    while start and text[start - 1] in _OPENERS:
        start -= 1
    while end < len(text) and not text[end].isalnum() and not text[end].isspace() and text[end] not in "-[#|":
        end += 1
    return start, end


def _closest_line(text: str, said: str) -> tuple[int, int]:
    """The line of ``text`` that shares most of its words with ``said``."""
    words = set(tokens(said))
    best, place = (-1.0, 0, len(text)), 0
    for line in text.split("\n"):
        have = set(tokens(line))
        if have and (score := len(words & have) / (len(have) ** 0.5)) > best[0]:
            start = place + len(line) - len(line.lstrip())
            best = (score, start, min(start + len(line.strip()), start + LONGEST_QUOTE))
        place += len(line) + 1
    return best[1], best[2]
