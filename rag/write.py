"""An LLM's answer, sentence by sentence: passages → prompt → model → drafts → each checked against the notes.

What is shown is what holds: sentences that nothing supports wait for one that something does, and if none comes they are
not shown at all (the caller answers in the notes' own words, with one line that says why). Once there is one, they are shown
as what they are.
"""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ingest.errors import ModelFailed, Trouble
from ingest.lexical import has_chinese
from rag.draft import Drafts
from rag.ground import Ground
from rag.prompt import contexts, messages
from rag.speak import End, speak

if TYPE_CHECKING:
    import threading
    from collections.abc import Generator, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from ingest.store import Library
    from rag.draft import Draft, Kind
    from rag.types import Citation, Passage, Sentence

Flaw = Literal["unsupported", "empty", "language", "length", "stopped"] | Trouble
_UNFINISHED = ("", "length", "max_tokens", "content_filter", "stopped")
"""How an answer ends that may break off in the middle of a sentence."""
_GOOD = ("supported", "partial")
ASTRAY = 10
"""Sentences in a row that the notes do not support, after which the model is not listened to any more."""
_FOREIGN = 24
"""Letters of a sentence without a Chinese one that count as another language; fewer in prose with two words of small letters."""
_SMALL_WORDS = re.compile(r"(?<![A-Za-z])[a-z]{2,}(?![A-Za-z]).*(?<![A-Za-z])[a-z]{2,}(?![A-Za-z])", re.DOTALL)
_CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What came of it: ``sentences`` to show, none where nothing held; ``flaw`` says what went wrong, ``None`` for nothing."""

    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    silent: bool
    """The model says that the notes do not answer, and nothing it wrote shows otherwise."""
    flaw: Flaw | None
    detail: str = ""


def write(
    question: str,
    found: Sequence[Passage],
    library: Library,
    model: BaseChatModel,
    *,
    config: RunnableConfig | None = None,
    stop: threading.Event | None = None,
) -> Generator[Sentence, None, Written]:
    """Yields each sentence once it is checked and something supported has come; returns the whole."""
    passages = contexts(found, library)
    drafts, ground = Drafts(), Ground(passages, library)
    asked_in_chinese = has_chinese(question)
    page = _Page(
        chinese=asked_in_chinese and any(has_chinese(passage.text) for passage in passages), english=not asked_in_chinese
    )
    end, failed, restarts = End(""), None, 0
    try:
        with closing(speak(model, messages(question, passages), config=config, stop=stop)) as pieces:
            for piece in pieces:
                if isinstance(piece, End):
                    end = piece
                    break
                ready = drafts.feed(piece)
                if drafts.restarts > restarts:
                    restarts, ground = drafts.restarts, Ground(passages, library)
                    page.begin()
                for draft in ready:
                    yield from page.add(draft, ground)
                if drafts.enough or page.astray:
                    end = End("length")
                    break
    except ModelFailed as exc:
        failed = exc
    for draft in [] if drafts.enough or page.astray else drafts.finish(whole=end.finish not in _UNFINISHED):
        yield from page.add(draft, ground)
    return page.written(ground, silent=drafts.silent, end=end, failed=failed)


class _Page:
    """What is shown so far, and what waits."""

    def __init__(self, *, chinese: bool, english: bool = False) -> None:
        """``chinese``: the answer has to be, else it is not shown; ``english``: if it is not, that is said."""
        self._chinese, self._english = chinese, english
        self.begin()

    def begin(self) -> None:
        self._shown: list[Sentence] = []
        self._waiting: list[Sentence] = []
        self._foreign = self._claims = self._strayed = self._in_chinese = 0
        self._held = False
        self._numbers: dict[int, int] = {}
        """Of the footnotes that are shown: their numbers, counted as they appear."""

    @property
    def astray(self) -> bool:
        """Whether the model has long left the notes."""
        return self._strayed >= ASTRAY

    def add(self, draft: Draft, ground: Ground) -> list[Sentence]:
        """The sentences that may be shown now that ``draft`` is there."""
        sentence = ground.sentence(draft)
        if sentence is None:
            return []
        claims = bool(sentence.citations) or sentence.verdict != "supported"
        foreign = self._chinese and draft.kind not in ("code", "formula") and _is_foreign(sentence.text, draft.kind)
        self._claims += claims
        self._in_chinese += claims and self._english and _is_chinese(sentence.text)
        self._strayed = 0 if sentence.verdict in _GOOD else self._strayed + 1
        self._foreign += foreign
        self._waiting.append(sentence)
        self._held = self._held or (claims and not foreign and sentence.verdict in _GOOD)
        if not self._held or not claims:  # a line that introduces something waits for it
            return []
        ready = [self._numbered(waiting) for waiting in self._waiting]
        self._waiting = []
        self._shown += ready
        return ready

    def _numbered(self, sentence: Sentence) -> Sentence:
        numbers = tuple(self._numbers.setdefault(n, len(self._numbers) + 1) for n in sentence.citations)
        return replace(sentence, citations=numbers)

    def written(self, ground: Ground, *, silent: bool, end: End, failed: ModelFailed | None) -> Written:
        flaw: Flaw | None = None
        if failed is not None:
            flaw = failed.trouble
        elif end.finish == "stopped":
            flaw = "stopped"
        elif not self._shown and not silent:
            flaw = "empty" if not self._claims else "language" if self._foreign == self._claims else "unsupported"
        elif end.finish in ("length", "max_tokens"):
            flaw = "length"
        elif self._shown and self._in_chinese == self._claims > 0:
            flaw = "language"
        citations = ground.citations()
        return Written(
            sentences=tuple(self._shown),
            citations=tuple(replace(citations[place - 1], n=n) for place, n in self._numbers.items()),
            silent=silent and not self._shown,
            flaw=flaw,
            detail=failed.detail if failed else "",
        )


def _is_foreign(text: str, kind: Kind) -> bool:
    letters = sum(letter.isalpha() for letter in text)
    return not has_chinese(text) and (letters >= _FOREIGN or (kind == "prose" and _SMALL_WORDS.search(text) is not None))


def _is_chinese(text: str) -> bool:
    return 2 * len(_CHINESE.findall(text)) > sum(letter.isalpha() for letter in text)
