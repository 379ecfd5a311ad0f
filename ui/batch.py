"""Batches: JSON lines from a file or standard input, read and checked whole before the first one is answered.

A malformed line is a ``LoadError`` that names it ("questions.jsonl: line 3: not JSON"). Blank lines are passed over.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.errors import LoadError
from rag.types import Turn


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a batch, with the chat before it."""

    id: object
    question: str
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """One answer of a batch to verify, with the passages it rests on."""

    id: object
    question: str
    contexts: tuple[str, ...]
    answer: str


def read_questions(name: str) -> list[Question]:
    """``{"id", "question", "history": [{"role", "content"}]}`` a line, from the file ``name`` or (``-``) standard input."""
    questions = []
    for where, row in _rows(name):
        turns = row.get("history") or []
        if not isinstance(turns, list):
            raise LoadError(where, "'history' must be a list")
        history = []
        for turn in turns:
            role, content = (turn.get("role"), turn.get("content")) if isinstance(turn, dict) else (None, None)
            if role not in ("user", "assistant") or not isinstance(content, str):
                raise LoadError(where, "each turn of 'history' needs 'role' (user or assistant) and 'content' (text)")
            history.append(Turn(role=role, content=clean(content)))
        questions.append(Question(row.get("id"), _text(row, where, "question"), tuple(history)))
    return questions


def read_queries(name: str) -> list[Question]:
    """``{"id", "query"}`` a line (``question`` and BEIR's ``text`` serve as well)."""
    return [Question(row.get("id"), _text(row, where, "query", "question", "text")) for where, row in _rows(name)]


def read_claims(name: str) -> list[Claim]:
    """``{"id", "question", "passage" or "contexts", "answer"}`` a line, or RAGAS's names for them."""
    claims = []
    for where, row in _rows(name):
        contexts = next((row[key] for key in ("contexts", "retrieved_contexts", "passage") if row.get(key) is not None), None)
        contexts = [contexts] if isinstance(contexts, str) else contexts
        if not isinstance(contexts, list) or not all(isinstance(context, str) for context in contexts):
            raise LoadError(where, "needs 'passage' (text) or 'contexts' (a list of texts)")
        question = _text(row, where, "question", "user_input", default="")
        answer = _text(row, where, "answer", "response")
        claims.append(Claim(row.get("id"), question, tuple(map(clean, contexts)), answer))
    return claims


def clean(text: str) -> str:
    """Text that can be encoded: a lone surrogate (from a broken argument or a JSON escape) becomes ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _rows(name: str) -> list[tuple[str, dict[str, Any]]]:
    """Each object with its place."""
    shown = "standard input" if name == "-" else name
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as exc:
        raise LoadError(shown, exc.strerror or str(exc)) from exc
    rows = []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not line.strip():
            continue
        where = f"{shown}: line {number}"
        try:
            row = json.loads(line.decode("utf-8"))
        except UnicodeDecodeError as exc:
            raise LoadError(where, "not UTF-8") from exc
        except (ValueError, RecursionError) as exc:
            raise LoadError(where, f"not JSON ({exc})") from exc
        if not isinstance(row, dict):
            raise LoadError(where, "not a JSON object")
        rows.append((where, row))
    return rows


def _text(row: dict[str, Any], where: str, *names: str, default: str | None = None) -> str:
    """The first of ``names`` that the row has, which must be text."""
    for name in names:
        if row.get(name) is not None:
            if not isinstance(row[name], str):
                raise LoadError(where, f"{name!r} must be text")
            return clean(row[name])
    if default is None:
        raise LoadError(where, f"{names[0]!r} is missing")
    return default
