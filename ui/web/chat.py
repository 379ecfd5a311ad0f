"""What the chat of an open page is: the exchanges that it shows, and how they are drawn.

What the browser sends is only ever a question or the name of a button; the chat is drawn from this state alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from rag.types import Answer, Sentence, Turn
from ui.web import markup

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ui.web.conversations import Exchange

HISTORY = 6
"""Messages of the chat that a follow-up question may lean on."""
LONGEST = 2000
"""Characters of a question; the rest is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """What an open page shows."""

    talk: str = ""
    """The conversation, once its first question is answered."""
    path: tuple[Exchange, ...] = ()
    remark: str = ""
    """One line about what has just been done."""


def history(path: Sequence[Exchange]) -> list[Turn]:
    """The last messages of the chat, as the answer line takes them."""
    turns = []
    for exchange in path[-HISTORY // 2 :]:
        turns += [Turn(role="user", content=exchange.asked), Turn(role="assistant", content=exchange.answer.text)]
    return turns


def messages(path: Sequence[Exchange], text: Mapping[str, str], follow: Sequence[str] = ()) -> list[dict[str, str]]:
    """The exchanges as Gradio's Chatbot takes them; ``follow``: questions to go on with, below the last answer."""
    shown = []
    for number, exchange in enumerate(path):
        footing = markup.Footing(
            rating=exchange.rating,
            siblings=len(exchange.siblings),
            sibling=exchange.siblings.index(exchange.id) + 1,
            follow_ups=follow if number == len(path) - 1 else (),
        )
        html = markup.answer_html(exchange.answer, text, number=number, asked=exchange.asked, footing=footing)
        shown.append({"role": "user", "content": markup.question_html(exchange.asked, text, number)})
        shown.append({"role": "assistant", "content": html})
    return shown


def exchange_at(value: str, chat: Chat) -> int | None:
    """The exchange that a button names; ``None`` where there is no such exchange."""
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 7 and int(value) < len(chat.path) else None


def same(answer: Answer, other: Answer) -> bool:
    """Whether a reader would see no difference."""
    return (answer.text, answer.citations, answer.notice, answer.model) == (
        other.text,
        other.citations,
        other.notice,
        other.model,
    )


def cut_short(question: str, sentences: Sequence[Sentence], notice: str) -> Answer:
    """What had come when the answer was stopped; its sources had not."""
    return Answer(
        question=question, sentences=tuple(replace(sentence, citations=()) for sentence in sentences), citations=(), passages=(),
        abstained=False, reason=None, confidence=0.0, notice=notice,
    )  # fmt: skip


def remark_html(said: str, dismiss: str = "") -> str:
    """A line above the question's box; ``dismiss`` is the word that takes it away."""
    end = markup.worded("dismiss", "", dismiss) if dismiss else ""
    return f'<p class="fn-remark" role="status">{escape(said)} {end}</p>'


def comment_html(exchange: Exchange, text: Mapping[str, str], *, good: bool) -> str:
    """A line to say what is good or wrong about a rated answer."""
    label = escape(text["comment_good" if good else "comment_bad"])
    return (
        f'<form class="fn-comment" name="comment" data-value="{exchange.id}:{1 if good else -1}:">'
        f'<input type="text" maxlength="500" placeholder="{label}" aria-label="{label}" value="{escape(exchange.comment)}">'
        f'<button type="submit" class="fn-text">{escape(text["send"])}</button>'
        f"{markup.worded('dismiss', '', text['skip'])}</form>"
    )
