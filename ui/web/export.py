"""What leaves the page as a file: a conversation as Markdown or JSON, and rated answers as a question set for evaluation.

The question set has the fields of ``eval/datasets/ABOUT.md``. A thumbs-up says that the cited sections are right, or that
there was rightly no answer; a thumbs-down says only that something is wrong, so what was cited is kept as related and the
comment as the reason, for a person to complete.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ui.render import markdown, one_line, plain
from ui.web.strings import language_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.types import Answer
    from ui.web.conversations import Exchange


def as_markdown(title: str, path: Sequence[Exchange]) -> str:
    """The conversation as Markdown; footnote 2 of the third answer is ``[^3-2]``."""
    parts = [f"# {plain(one_line(title))}"]
    for number, exchange in enumerate(path, 1):
        parts += [f"## {plain(one_line(exchange.asked, 400))}", markdown(exchange.answer, prefix=f"{number}-")]
    return "\n\n".join(parts) + "\n"


def as_json(title: str, path: Sequence[Exchange]) -> str:
    """The conversation whole, as one JSON object: ``title`` and ``exchanges`` with the fields of ``rag.types.Answer``."""
    exchanges = [
        {
            "asked": each.asked,
            "created": each.created,
            "rating": each.rating,
            "comment": each.comment,
            "answer": asdict(each.answer),
        }
        for each in path
    ]
    return json.dumps({"title": title, "exchanges": exchanges}, ensure_ascii=False, indent=1) + "\n"


def as_questions(rated: Sequence[tuple[Exchange, Sequence[Exchange]]]) -> str:
    """Rated answers, each with what was said before it, as one JSON object a line."""
    return "".join(json.dumps(_question(exchange, before), ensure_ascii=False) + "\n" for exchange, before in rated)


def _question(exchange: Exchange, before: Sequence[Exchange]) -> dict[str, Any]:
    answer = exchange.answer
    record: dict[str, Any] = {
        "id": exchange.id,
        "lang": language_of(exchange.asked),
        "kind": "followup" if before else "paraphrase",
        "question": exchange.asked,
        "history": [turn for said in before[-1:] for turn in _turns(said)],
    }
    sections = _sections(answer)
    if exchange.rating > 0 and answer.abstained:
        record |= {"kind": "blank" if answer.reason == "blank" else answer.reason or "absent", "behaviour": "abstain"}
    elif exchange.rating > 0:
        record |= {"gold_sections": sections, "reference": answer.text}
    else:
        record |= {"related_sections": sections}
    return record | ({"why": exchange.comment} if exchange.comment else {})


def _turns(said: Exchange) -> list[dict[str, str]]:
    return [{"role": "user", "content": said.asked}, {"role": "assistant", "content": said.answer.text}]


def _sections(answer: Answer) -> list[str]:
    """The cited sections by their name in question sets: file name and heading."""
    return list(dict.fromkeys(f"{PurePath(each.path).name}#{each.trail[-1] if each.trail else ''}" for each in answer.citations))
