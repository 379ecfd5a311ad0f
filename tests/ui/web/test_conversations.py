"""Conversations: kept as a tree, found, renamed, deleted and brought back; nothing is lost, whatever was answered."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from ingest.build import build
from ingest.settings import Settings
from ingest.store import Writer
from ingest.types import Chunk
from rag.types import Answer, Citation, Passage, Sentence
from ui.web.conversations import DATABASE, Conversations, answer_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def answer(text: str = "A.", **fields: Any) -> Answer:
    chunk = Chunk(id="c", document_id="d", trail=("H", "标题"), text="t\n", start=0, end=2, page=3, lines=(4, 5))
    given: dict[str, Any] = {
        "question": "q", "abstained": False, "reason": None, "confidence": 0.5, "model": "m", "notice": "n",
        "sentences": (Sentence(text=text, citations=(1, 2), support=0.25, verdict="partial", reason="why"),),
        "citations": (Citation(n=1, document_id="d", path="/p", trail=("H",), page=None, lines=(1, 2), quote="t", start=0, end=1),),
        "passages": (Passage(chunk=chunk, path="/p", score=1.5, rank=1, origin="dense"),),
    }  # fmt: skip
    return Answer(**{**given, **fields})


@pytest.fixture
def talks(tmp_path: Path) -> Iterator[Conversations]:
    made = Conversations(tmp_path)
    yield made
    made.close()


def asked(talks: Conversations, talk: str) -> list[str]:
    return [exchange.asked for exchange in talks.path(talk)]


def test_an_answer_comes_back_as_it_was() -> None:
    import json

    for kept in (
        answer(),
        answer(reason="blank", abstained=True, citations=(), passages=(), sentences=(), near=answer().passages),
    ):
        assert answer_of(json.loads(json.dumps(asdict(kept)))) == kept


def test_fields_of_another_version_are_left_out() -> None:
    record = asdict(answer())
    record["later"] = 1
    record["sentences"][0]["later"] = 1
    del record["notice"], record["model"]
    assert answer_of(record) == answer(notice="", model="")


def test_what_is_remembered_is_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.web.conversations._REMEMBERED", 2)
    talks, other = Conversations(tmp_path), Conversations(tmp_path)
    kept = talks.add("", "", "one", answer("1"))
    for number in range(2, 6):
        kept = talks.add(kept.talk, kept.id, str(number), answer(str(number)))
        assert talks.path(kept.talk) == other.path(kept.talk)
        assert [exchange.answer.text for exchange in other.path(kept.talk)] == [str(n) for n in range(1, number + 1)]
        assert (talks.rated(), talks.before(kept)) == (other.rated(), other.before(kept))
    other.rate(kept.id, -1, "no")
    assert [(exchange.rating, exchange.comment) for exchange in talks.path(kept.talk)][-1] == (-1, "no")
    talks.close()
    other.close()


def test_a_conversation_grows_and_survives_the_program(tmp_path: Path) -> None:
    talks = Conversations(tmp_path)
    first = talks.add("", "", "  one\n two ", answer("1"))
    talks.add(first.talk, first.id, "three", answer("2"))
    talks.rate(first.id, 1, " good ")
    talks.close()
    again = Conversations(tmp_path)
    (talk,) = again.talks()
    assert (talk.id, talk.title) == (first.talk, "one two")
    one, three = again.path(talk.id)
    assert (one.asked, one.answer, one.rating, one.comment) == ("  one\n two ", answer("1"), 1, "good")
    assert (three.asked, three.parent, three.answer) == ("three", one.id, answer("2"))
    again.close()


def test_another_answer_to_the_same_question_is_a_branch(talks: Conversations) -> None:
    a = talks.add("", "", "a", answer())
    b = talks.add(a.talk, a.id, "b", answer())
    talks.add(a.talk, b.id, "c", answer())
    other = talks.add(a.talk, a.id, "b2", answer())
    assert asked(talks, a.talk) == ["a", "b2"]
    assert other.siblings == (b.id, other.id)
    assert talks.turn_to(b.id) == a.talk
    assert asked(talks, a.talk) == ["a", "b", "c"], "a branch is shown down to what was last said there"
    root = talks.add(a.talk, "", "a2", answer())
    assert asked(talks, a.talk) == ["a2"]
    assert root.siblings == (a.id, root.id)
    assert talks.turn_to("none") == ""


def test_a_fork_is_a_conversation_of_its_own(talks: Conversations) -> None:
    a = talks.add("", "", "a", answer("1"))
    b = talks.add(a.talk, a.id, "b", answer("2"))
    talks.add(a.talk, b.id, "c", answer("3"))
    made = talks.fork(b.id)
    assert made != a.talk
    assert asked(talks, made) == ["a", "b"]
    talks.add(made, talks.path(made)[-1].id, "d", answer())
    assert asked(talks, a.talk) == ["a", "b", "c"]
    assert talks.fork("none") == ""


def test_search_looks_into_titles_questions_and_answers(talks: Conversations) -> None:
    one = talks.add("", "", "What is RoPE?", answer("旋转位置编码。")).talk
    two = talks.add("", "", "LN?", answer("Layer normalisation.")).talk
    talks.rename(two, "About norms 100%")

    def found(text: str) -> list[str]:
        return [talk.id for talk in talks.talks(text)]

    assert found("") == [two, one]
    assert found("rope") == [one]
    assert found(" 旋转位置 ") == [one]
    assert found("NORMALISATION") == [two]
    assert found("100%") == [two]
    assert found("citations") == [], "the names of fields are no words of the answer"
    assert found("nowhere") == []
    three = talks.add("", "", "Was ist eine GRÖSSE?", answer("Ένα μέγεθος.")).talk
    assert found("größe") == found("ΜΈΓΕΘΟΣ") == [three], "capitals of every alphabet are folded"


def test_titles_are_one_line_and_never_empty(talks: Conversations) -> None:
    talk = talks.add("", "", "x" * 200, answer()).talk
    assert len(talks.title(talk)) == 80
    talks.rename(talk, " a \n b ")
    talks.rename(talk, "   ")
    assert talks.title(talk) == "a b"


def test_what_is_deleted_comes_back_until_the_next_start(tmp_path: Path) -> None:
    talks = Conversations(tmp_path)
    talk = talks.add("", "", "a", answer()).talk
    talks.delete(talk)
    assert talks.talks() == []
    assert talks.path(talk) == ()
    talks.restore(talk)
    assert asked(talks, talk) == ["a"]
    talks.delete(talk)
    talks.close()
    again = Conversations(tmp_path)
    again.restore(talk)
    assert again.talks() == []
    again.close()
    with sqlite3.connect(tmp_path / DATABASE) as database:
        assert database.execute("SELECT count(*) FROM exchanges").fetchone() == (0,)
    database.close()


def test_rated_answers_with_what_was_said_before(talks: Conversations) -> None:
    a = talks.add("", "", "a", answer())
    b = talks.add(a.talk, a.id, "b", answer())
    c = talks.add(a.talk, b.id, "c", answer())
    talks.rate(c.id, -1, "no")
    talks.rate(a.id, 1)
    talks.rate(b.id, 1)
    talks.rate(b.id, 0)
    rated = talks.rated()
    assert [(each.asked, each.rating, each.comment) for each in rated] == [("a", 1, ""), ("c", -1, "no")]
    assert [each.asked for each in talks.before(rated[1])] == ["a", "b"]
    assert talks.before(rated[0]) == []
    talks.delete(a.talk)
    assert talks.rated() == []


def test_a_folder_that_cannot_be_written_keeps_conversations_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    talks = Conversations(file)
    talk = talks.add("", "", "a", answer()).talk
    assert asked(talks, talk) == ["a"]
    talks.close()


def test_a_conversation_is_kept_while_a_library_is_being_written(tmp_path: Path) -> None:
    (tmp_path / "n.md").write_text("# A\n\nB is C.\n", encoding="utf-8")
    settings = Settings(library=str(tmp_path / "library"))
    build([tmp_path / "n.md"], settings)
    with Writer(settings.library_folder):
        talks = Conversations(settings.library_folder)
        assert asked(talks, talks.add("", "", "a", answer()).talk) == ["a"]
        talks.close()


def test_many_at_once(talks: Conversations) -> None:
    def work(name: str) -> None:
        talk, parent = "", ""
        for number in range(20):
            kept = talks.add(talk, parent, f"{name}{number}", answer())
            talk, parent = kept.talk, kept.id

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    paths = sorted(asked(talks, talk.id) for talk in talks.talks())
    assert paths == [[f"{name}{number}" for number in range(20)] for name in "abcd"]
