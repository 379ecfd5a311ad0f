"""Make a follow-up stand by itself with an LLM; where what it writes cannot be trusted, by the rules of ``rag.rewrite``."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

from ingest.lexical import fold, has_chinese, tokens
from rag.draft import Drafts
from rag.prompt import follow_up
from rag.speak import End, speak

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from rag.types import Turn

LONGEST = 300
"""Characters of a question; what is longer is no rewritten question."""
_LABEL = re.compile(r"^(?:改写(?:后)?的?(?:问题)?|问题|question|rewritten question)\s*[:：]\s*", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.+-]*[A-Z0-9][A-Za-z0-9_.+-]*|\b[A-Z]{2,}\b|\d+")


def condense(
    question: str,
    history: Sequence[Turn],
    model: BaseChatModel,
    *,
    config: RunnableConfig | None = None,
    stop: threading.Event | None = None,
) -> str:
    """``question`` as it is understood without ``history``, by ``model``; empty where the model wrote no such thing.

    Raises ``ModelFailed``.
    """
    drafts, lines = Drafts(), []
    with closing(speak(model, follow_up(question, history), config=config, stop=stop)) as pieces:
        whole = False
        for piece in pieces:
            if isinstance(piece, End):
                whole = True
                break
            lines += drafts.feed(piece)
            if drafts.restarts:
                lines, drafts.restarts = [], 0
            if sum(len(line.text) for line in lines) > LONGEST or drafts.enough:
                return ""
    lines += drafts.finish(whole=whole)
    text = _LABEL.sub("", " ".join(line.text for line in lines).strip(" \"'“”「」*"))
    return text if _is_the_same(text, question, history) else ""


def _is_the_same(text: str, question: str, history: Sequence[Turn]) -> bool:
    """Whether ``text`` may be the question: as short, in the same language, about what was talked of, and with no name or
    number out of nowhere.
    """
    if not text or len(text) > LONGEST or has_chinese(text) != has_chinese(question):
        return False
    said = fold(" ".join([question, *(turn.content for turn in history)]))
    shared = {token for token in tokens(text) if len(token) > 1} & set(tokens(said))
    return bool(shared) and all(fold(name) in said for name in _NAME.findall(text))
