"""The conversations that are kept: every question with its answer, as a tree, because a question can be asked again.

Decisions:

- A database of their own beside the library's (``chats.sqlite3`` in its folder): a long ingest holds the library's writer
  lock, and must never keep an answer from being written down. Where the folder cannot be written to, conversations live in
  memory until the server stops.
- An edited or repeated question is a sibling of the first: it has the same parent. A conversation shows the way from its
  leaf up to the root, and nothing is overwritten.
- What is deleted can be brought back until the next start of the server.
- An answer is kept whole, as JSON, with the passages it was found in: a footnote opens later what it opened then.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ingest.types import Chunk
from rag.types import Answer, Citation, Passage, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

T = TypeVar("T")

DATABASE = "chats.sqlite3"
LONGEST_TITLE = 80
_BUSY_SECONDS = 5.0
_TABLES = """
CREATE TABLE IF NOT EXISTS talks (id TEXT PRIMARY KEY, title TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
    leaf TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS exchanges (id TEXT PRIMARY KEY, talk TEXT NOT NULL REFERENCES talks ON DELETE CASCADE,
    parent TEXT NOT NULL, asked TEXT NOT NULL, said TEXT NOT NULL, answer TEXT NOT NULL, created REAL NOT NULL,
    rating INTEGER NOT NULL DEFAULT 0, comment TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS exchanges_by_talk ON exchanges (talk, created);
"""
_EXCHANGE = "id, talk, parent, asked, created, rating, comment"
_REMEMBERED = 512
"""Answers that are kept at hand: each new one shows the whole conversation again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One conversation in the list."""

    id: str
    title: str
    updated: float
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question with its answer."""

    id: str
    talk: str
    parent: str
    """The exchange before it; empty for the first."""
    asked: str
    answer: Answer
    created: float
    """Seconds since 1970."""
    rating: int = 0
    """1 for thumbs up, -1 for thumbs down."""
    comment: str = ""
    siblings: tuple[str, ...] = ()
    """All exchanges after the same parent, oldest first, itself among them."""


class Conversations:
    """The conversations of one user. Every method may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.RLock()
        self._answers: dict[str, Answer] = {}
        try:
            self._database = self._connect(str(folder / DATABASE))
        except sqlite3.Error:
            self._database = self._connect(":memory:")

    @staticmethod
    def _connect(name: str) -> sqlite3.Connection:
        database = sqlite3.connect(name, timeout=_BUSY_SECONDS, check_same_thread=False, isolation_level=None)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")  # a crash of the machine may take the last answer, nothing more
            database.execute("PRAGMA foreign_keys = ON")
            database.create_function("folded", 1, str.casefold, deterministic=True)  # lower() of SQLite knows only a-z
            database.executescript(_TABLES)
            database.execute("DELETE FROM talks WHERE deleted")
        except sqlite3.Error:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._database:
            self._database.execute("BEGIN IMMEDIATE")
            yield self._database

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._database.execute(query, values).fetchall()

    def _exchanges(self, where: str, *values: object) -> dict[str, Exchange]:
        """The exchanges ``where``, by their id, each as if it were the only answer to its question."""
        with self._lock:
            rows = self._rows(f"SELECT {_EXCHANGE} FROM exchanges WHERE {where}", *values)
            if len(self._answers) > _REMEMBERED:
                self._answers = {}
            if not self._answers.keys() >= {row[0] for row in rows}:
                for id, record in self._rows(f"SELECT id, answer FROM exchanges WHERE {where}", *values):
                    if id not in self._answers:
                        self._answers[id] = answer_of(json.loads(record))
            return {
                id: Exchange(
                    id=id, talk=talk, parent=parent, asked=asked, answer=self._answers[id], created=created, rating=rating,
                    comment=comment, siblings=(id,),
                )
                for id, talk, parent, asked, created, rating, comment in rows
            }  # fmt: skip

    def talks(self, search: str = "", limit: int = 200) -> list[Talk]:
        """Conversations, last used first; with ``search`` those whose title, questions or answers hold it, in any case."""
        query = "SELECT id, title, updated FROM talks WHERE NOT deleted"
        values: list[object] = []
        if wanted := search.strip():
            held = "instr(folded(asked), ?) OR instr(folded(said), ?)"
            query += f" AND (instr(folded(title), ?) OR id IN (SELECT talk FROM exchanges WHERE {held}))"
            values = [wanted.casefold()] * 3
        rows = self._rows(f"{query} ORDER BY updated DESC LIMIT ?", *values, limit)
        return [Talk(id=id, title=title, updated=updated) for id, title, updated in rows]

    def path(self, talk: str) -> tuple[Exchange, ...]:
        """What the conversation shows: from its first exchange to its leaf; empty where there is no such conversation."""
        leaf = self._rows("SELECT leaf FROM talks WHERE id = ? AND NOT deleted", talk)
        if not leaf:
            return ()
        known = self._exchanges("talk = ? ORDER BY created", talk)
        children: dict[str, list[str]] = {}
        for id, exchange in known.items():
            children.setdefault(exchange.parent, []).append(id)
        out: list[Exchange] = []
        at = leaf[0][0]
        while at in known:
            exchange = known.pop(at)
            out.append(replace(exchange, siblings=tuple(children[exchange.parent])))
            at = exchange.parent
        return tuple(reversed(out))

    def add(self, talk: str, parent: str, asked: str, answer: Answer) -> Exchange:
        """Keep an exchange after ``parent`` and make it the leaf; without ``talk``, as the first of a new conversation."""
        now, id = time.time(), secrets.token_hex(8)
        record = json.dumps(answer, default=_record, ensure_ascii=False)
        with self._change() as database:
            if not talk or not database.execute("SELECT 1 FROM talks WHERE id = ?", (talk,)).fetchone():
                talk, parent = talk or secrets.token_hex(8), ""
                title = " ".join(asked.split())[:LONGEST_TITLE]
                database.execute(
                    "INSERT INTO talks (id, title, created, updated, leaf) VALUES (?, ?, ?, ?, '')", (talk, title, now, now)
                )
            database.execute(
                "INSERT INTO exchanges (id, talk, parent, asked, said, answer, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (id, talk, parent, asked, answer.text, record, now),
            )
            database.execute("UPDATE talks SET leaf = ?, updated = ?, deleted = 0 WHERE id = ?", (id, now, talk))
            self._answers[id] = answer
            return self.path(talk)[-1]  # before anybody else can turn to another branch

    def turn_to(self, exchange: str) -> str:
        """Show the branch that ``exchange`` begins, down to what was last said there; its conversation, or ``""``."""
        found = self._rows("SELECT talk FROM exchanges WHERE id = ?", exchange)
        if not found:
            return ""
        talk, at = str(found[0][0]), exchange
        while below := self._rows(
            "SELECT id FROM exchanges WHERE talk = ? AND parent = ? ORDER BY created DESC LIMIT 1", talk, at
        ):
            at = below[0][0]
        with self._change() as database:
            database.execute("UPDATE talks SET leaf = ? WHERE id = ?", (at, talk))
        return talk

    def fork(self, exchange: str) -> str:
        """A new conversation that begins with what was said up to and with ``exchange``; its id, or ``""``."""
        talk = self._rows("SELECT talk FROM exchanges WHERE id = ?", exchange)
        path = self.path(str(talk[0][0])) if talk else ()
        if exchange not in [said.id for said in path]:
            return ""
        made = parent = ""
        for said in path:
            kept = self.add(made, parent, said.asked, said.answer)
            made, parent = kept.talk, kept.id
            if said.id == exchange:
                break
        return made

    def rename(self, talk: str, title: str) -> None:
        """Give the conversation another title; an empty one changes nothing."""
        if clean := " ".join(title.split())[:LONGEST_TITLE]:
            with self._change() as database:
                database.execute("UPDATE talks SET title = ? WHERE id = ?", (clean, talk))

    def delete(self, talk: str) -> None:
        """Take the conversation from the list; ``restore`` brings it back until the server stops."""
        with self._change() as database:
            database.execute("UPDATE talks SET deleted = 1 WHERE id = ?", (talk,))

    def restore(self, talk: str) -> None:
        """Undo ``delete``."""
        with self._change() as database:
            database.execute("UPDATE talks SET deleted = 0 WHERE id = ?", (talk,))

    def rate(self, exchange: str, rating: int, comment: str | None = None) -> None:
        """Thumbs up (1), down (-1) or neither (0), and a comment; without one the old comment stays."""
        with self._change() as database:
            database.execute("UPDATE exchanges SET rating = ? WHERE id = ?", (rating, exchange))
            if comment is not None:
                database.execute("UPDATE exchanges SET comment = ? WHERE id = ?", (comment.strip(), exchange))

    def title(self, talk: str) -> str:
        """The conversation's title; empty where there is none."""
        found = self._rows("SELECT title FROM talks WHERE id = ?", talk)
        return str(found[0][0]) if found else ""

    def rated(self) -> list[Exchange]:
        """Every exchange with a thumb or a comment, oldest first, of all conversations that are not deleted."""
        kept = "talk IN (SELECT id FROM talks WHERE NOT deleted)"
        return [*self._exchanges(f"{kept} AND (rating OR comment != '') ORDER BY created").values()]

    def before(self, exchange: Exchange) -> list[Exchange]:
        """What was said before ``exchange`` in its branch, oldest first."""
        out: list[Exchange] = []
        at = exchange.parent
        while at and (found := self._exchanges("id = ?", at)):
            out.append(found[at])
            at = out[-1].parent
        return out[::-1]


def _record(value: Any) -> dict[str, Any]:
    """An answer, or a part of one, for JSON; as ``dataclasses.asdict``, which copies every part first."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def answer_of(record: dict[str, Any]) -> Answer:
    """The answer that ``dataclasses.asdict`` made the record of; fields that this version does not know are left out."""
    return _made(
        Answer,
        record,
        sentences=tuple(_made(Sentence, each, citations=tuple(each["citations"])) for each in record["sentences"]),
        citations=tuple(
            _made(Citation, each, trail=tuple(each["trail"]), lines=tuple(each["lines"])) for each in record["citations"]
        ),
        passages=tuple(_made(Passage, each, chunk=_chunk(each["chunk"])) for each in record["passages"]),
        near=tuple(_made(Passage, each, chunk=_chunk(each["chunk"])) for each in record.get("near", ())),
    )


def _chunk(record: dict[str, Any]) -> Chunk:
    return _made(Chunk, record, trail=tuple(record["trail"]), lines=tuple(record["lines"]))


def _made(kind: type[T], record: dict[str, Any], **tuples: Any) -> T:
    known = {field.name for field in fields(cast("Any", kind))}
    return kind(**{**{name: value for name, value in record.items() if name in known}, **tuples})
