"""The answer in OpenAI's protocol, so that programs made for it (Open WebUI, an editor, Obsidian) can ask the notes.

The last message of the user is the question; those of user and assistant before it are the history. Sampling parameters,
tools and system messages are taken and not used: what is answered is what the notes say. The whole answer, with its
citations and verdicts, stands in the extension field ``footnote`` of the completion, or of a stream's last chunk.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.errors import NotesError
from rag.types import Answer, Turn
from ui.api.errors import OPENAI, error_body
from ui.api.reply import count_tokens, reply, unmarked
from ui.api.schema import LONGEST
from ui.batch import clean
from ui.render import door_record

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from ui.api.schema import ChatIn

HISTORY = 6
"""Messages that a follow-up question may lean on."""
QUOTING = "footnote"
"""The model that answers in the notes' own words; ``footnote/SPEC`` is the LLM."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What a request asks."""

    question: str
    history: tuple[Turn, ...]
    tokens: int


def conversation(chat: ChatIn) -> Conversation:
    """The question and the chat before it; ``ValueError`` where there is no question that can be answered."""
    messages = [(message.role, clean(message.text())) for message in chat.messages]
    last = max((place for place, (role, text) in enumerate(messages) if role == "user" and text.strip()), default=None)
    if last is None:
        raise ValueError("there is no message of the user with text in it")
    question = messages[last][1].strip()
    if len(question) > LONGEST:
        raise ValueError(f"the question is longer than {LONGEST} characters")
    turns = [
        Turn(role="user" if role == "user" else "assistant", content=text if role == "user" else unmarked(text))
        for role, text in messages[:last]
        if role in ("user", "assistant") and text.strip()
    ]
    tokens = sum(count_tokens(text) for _, text in messages)
    return Conversation(question=question, history=tuple(turns[-HISTORY:]), tokens=tokens)


class Completion:
    """One completion: its name and time, and the shapes that OpenAI's protocol gives to it."""

    def __init__(self, asked: Conversation, model: str) -> None:
        self._asked = asked
        self._began = time.perf_counter()
        self._same: dict[str, Any] = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": model}

    def whole(self, answer: Answer) -> dict[str, Any]:
        """The completion in one piece."""
        text = reply(answer)
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", "logprobs": None}
        usage = self._usage(text)
        return {**self._same, "object": "chat.completion", "choices": [choice], "usage": usage, "footnote": self._record(answer)}

    async def chunks(self, pieces: AsyncIterator[str | Answer], *, usage: bool) -> AsyncGenerator[str, None]:
        """The completion as OpenAI's server-sent events, from the ``pieces`` of ``ui.api.reply``."""
        text = ""
        yield self._chunk({"role": "assistant", "content": ""})
        try:
            async for piece in pieces:
                if isinstance(piece, Answer):
                    yield self._chunk({}, finish="stop", footnote=self._record(piece))
                elif piece:
                    text += piece
                    yield self._chunk({"content": piece})
        except NotesError as exc:
            yield error_body(OPENAI, 500, str(exc)).decode()
        else:
            if usage:
                yield self._event(choices=[], usage=self._usage(text))
        yield "[DONE]"

    def _chunk(self, delta: dict[str, str], *, finish: str | None = None, **more: Any) -> str:
        return self._event(choices=[{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}], **more)

    def _event(self, **more: Any) -> str:
        return json.dumps({**self._same, "object": "chat.completion.chunk", **more}, ensure_ascii=False)

    def _usage(self, text: str) -> dict[str, int]:
        prompt, completion = self._asked.tokens, count_tokens(text)
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}

    def _record(self, answer: Answer) -> dict[str, Any]:
        asked, seconds = self._asked, time.perf_counter() - self._began
        return door_record(answer, id=self._same["id"], question=asked.question, history=asked.history, seconds=seconds)
