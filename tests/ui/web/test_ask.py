"""The chat: a question grows into an answer that is kept; it can be changed, repeated, stopped, rated and gone on from."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from ingest.errors import LibraryDamaged
from rag.types import Answer, Sentence
from ui.web.ask import Ask
from ui.web.chat import Chat, history
from ui.web.settings import Choices
from ui.web.source import SourcePanel
from ui.web.strings import STRINGS
from ui.web.talks import Talks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ui.web.desk import Desks, Visit

EN, ZH = STRINGS["en"], STRINGS["zh"]
SHOWN, CHAT = range(2)
EDITING, REMARK, STORED, CURRENT, LISTED = range(5)
RED = "What does the red widget do?"


@pytest.fixture
def ask() -> Ask:
    return Ask(SourcePanel(), Talks(), None)


def said(step: tuple[Any, ...]) -> str:
    """The HTML of the last message."""
    return str(step[SHOWN][-1]["content"])


def asking(
    ask: Ask, visit: Visit, question: str, chat: Chat | None = None, *, editing: int = -1, language: str = "en"
) -> list[Any]:
    return list(ask.ask(visit, question, chat or Chat(), editing, Choices(), language))


def chat_of(ask: Ask, visit: Visit, *questions: str) -> Chat:
    chat = Chat()
    for question in questions:
        chat = asking(ask, visit, question, chat)[-1][CHAT]
    return chat


def test_a_question_grows_into_an_answer_that_is_kept(ask: Ask, visit: Callable[..., Visit]) -> None:
    steps = asking(ask, visit(), f"  {RED} ")
    assert "fn-wait" in said(steps[0])
    grown = [said(step) for step in steps[1:-1]]
    assert all("fn-growing" in html and "fn-below" not in html for html in grown)
    assert all(len(later) >= len(earlier) for earlier, later in itertools.pairwise(grown))
    last = steps[-1]
    assert "turns steam into water" in said(last)
    assert "fn-below" in said(last)
    chat = last[CHAT]
    assert visit().desk.talks.path(chat.talk) == chat.path
    (exchange,) = chat.path
    assert exchange.asked == RED
    settled = ask.settle(visit(), chat, "en")
    assert (settled[EDITING], settled[REMARK], settled[STORED], settled[CURRENT]) == (-1, "", chat.talk, chat.talk)
    assert RED in settled[LISTED]
    _, _, shown = ask.source(visit("fn-0-1"), chat, "en")
    assert "<mark>The red widget turns steam into water.</mark>" in shown
    for reference in ("fn-0-99", "fn-7-1", "near-0-99", "", "fn-0-1\n"):
        assert all("value" not in part for part in ask.source(visit(reference), chat, "en"))


def test_follow_up_questions_are_the_headings_beside_the_answer(ask: Ask, visit: Callable[..., Visit]) -> None:
    html = unescape(said(asking(ask, visit(), RED)[-1]))
    follow = html[html.index("fn-follow") :]
    assert "How is a red widget cleaned?" in follow
    assert "blue widget" not in follow, "a blank heading is no suggestion"
    assert RED not in follow, "nor is what was just asked"


def test_only_the_last_answer_has_follow_ups(ask: Ask, visit: Callable[..., Visit]) -> None:
    steps = asking(ask, visit(), "How is a red widget cleaned?", chat_of(ask, visit(), RED))
    first, second = steps[-1][SHOWN][1]["content"], said(steps[-1])
    assert "fn-follow" not in first
    assert "fn-follow" in second
    assert RED not in unescape(second[second.index("fn-follow") :])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_words_around_an_answer_are_the_pages(
    ask: Ask, visit: Callable[..., Visit], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubt = Sentence(text="A.", citations=(), support=0.0, verdict="unsupported")
    whole = Answer(question="q", sentences=(doubt,), citations=(), passages=(), abstained=False, reason=None, confidence=1)
    monkeypatch.setattr(type(visit().desk.shelf), "stream", lambda *_: iter_of(doubt, whole))
    for step in asking(ask, visit(), "q", language=language)[1:]:
        assert STRINGS["zh" if language == "zh" else "en"]["unsupported"] in said(step)


def iter_of(*items: Any) -> Iterator[Any]:
    yield from items


def test_nothing_is_asked_for_an_empty_question(ask: Ask, visit: Callable[..., Visit]) -> None:
    (step,) = asking(ask, visit(), "  \n ")
    assert len(step) == 2
    assert all("value" not in part for part in step)


def test_a_question_is_cut_where_it_is_too_long(ask: Ask, visit: Callable[..., Visit]) -> None:
    chat = chat_of(ask, visit(), "red widget " * 400)
    assert len(chat.path[0].asked) == 2000


def test_errors_are_told_and_not_kept(
    ask: Ask, visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def damaged(*_: object) -> Iterator[Any]:
        raise LibraryDamaged("/lib: <b>damaged</b>")
        yield

    def bug(*_: object) -> Iterator[Any]:
        raise ZeroDivisionError("secret detail")
        yield

    before = len(visit().desk.talks.talks())
    shelf = type(visit().desk.shelf)
    monkeypatch.setattr(shelf, "stream", damaged)
    last = asking(ask, visit(), "q")[-1]
    assert "/lib: &lt;b&gt;damaged&lt;/b&gt;" in said(last)
    monkeypatch.setattr(shelf, "stream", bug)
    last = asking(ask, visit(), "q", language="zh")[-1]
    assert ZH["failed_detail"] in said(last)
    assert "secret" not in said(last)
    assert "ZeroDivisionError: secret detail" in capsys.readouterr().err
    assert len(visit().desk.talks.talks()) == before


def test_an_edited_question_is_a_branch_and_the_old_one_stays(ask: Ask, visit: Callable[..., Visit]) -> None:
    chat = chat_of(ask, visit(), RED, "How is a red widget cleaned?")
    box, editing, remark = ask.edit(visit("0"), chat, "en")
    assert (box, editing) == (RED, 0)
    assert "Editing question 1" in remark
    changed = asking(ask, visit(), "Which widgets are round?", chat, editing=editing)[-1]
    assert [exchange.asked for exchange in changed[CHAT].path] == ["Which widgets are round?"]
    assert changed[CHAT].talk == chat.talk
    assert 'name="turn" value="0:1"' in said(changed)
    back = ask.turn(visit("0:1"), changed[CHAT], "en")
    assert back[CHAT].path[0].asked == RED
    assert len(back[CHAT].path) == 2, "with what was said after it"
    for wrong in ("0:3", "0:0", "9:1", "0:x", "x", ""):
        assert all("value" not in part for part in ask.turn(visit(wrong), changed[CHAT], "en"))


def test_the_same_answer_again_is_not_kept_twice(ask: Ask, visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch) -> None:
    chat = chat_of(ask, visit(), RED)
    last = list(ask.again(visit("0"), chat, Choices(), "en"))[-1]
    assert EN["same"] in ask.settle(visit(), last[CHAT], "en")[REMARK]
    assert last[CHAT].path == chat.path
    other = replace(chat.path[0].answer, notice="new")
    monkeypatch.setattr(type(visit().desk.shelf), "stream", lambda *_: iter_of(other))
    last = list(ask.again(visit("0"), chat, Choices(), "en"))[-1]
    assert last[CHAT].path[0].answer.notice == "new"
    assert len(last[CHAT].path[0].siblings) == 2
    (step,) = ask.again(visit("5"), chat, Choices(), "en")
    assert all("value" not in part for part in step)


def test_a_stopped_answer_is_kept_as_far_as_it_came(
    ask: Ask, visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Sentence(text="One.", citations=(1,), support=1.0, verdict="supported")

    def stream(*given: Any) -> Iterator[Any]:
        yield one
        given[-1].wait(10)

    monkeypatch.setattr(type(visit().desk.shelf), "stream", stream)
    coming = ask.ask(visit(), "q", Chat(), -1, Choices(), "en")
    next(coming)
    assert "<p>One<" in said(next(coming))
    ask.stop(visit(page="another page"))
    ask.stop(visit())
    last = list(coming)[-1]
    (exchange,) = last[CHAT].path
    assert (exchange.answer.text, exchange.answer.notice) == ("One.", EN["stopped"])
    assert "fn-chip" not in said(last), "its sources never came"


def test_an_answer_that_was_overtaken_is_not_shown(
    ask: Ask, visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Sentence(text="One.", citations=(), support=1.0, verdict="supported")

    def stream(*given: Any) -> Iterator[Any]:
        yield one
        given[-1].wait(10)

    monkeypatch.setattr(type(visit().desk.shelf), "stream", stream)
    before = len(visit().desk.talks.talks())
    slow = ask.ask(visit(), "first", Chat(), -1, Choices(), "en")
    next(slow)
    next(slow)
    other = ask.ask(visit(), "second", Chat(), -1, Choices(), "en")
    next(other)
    next(other)
    assert list(slow) == []
    other.close()  # type: ignore[attr-defined]
    assert len(visit().desk.talks.talks()) == before
    assert ask._stops._flags == {}, "nothing is left of a page that was closed in the middle"


def test_a_thumb_is_set_taken_back_and_explained(ask: Ask, visit: Callable[..., Visit]) -> None:
    chat = chat_of(ask, visit(), RED)
    shown, rated, remark = ask.rate(visit("0:-1"), chat, "en")
    assert "fn-i-bad fn-chosen" in shown[-1]["content"]
    assert f'data-value="{chat.path[0].id}:-1:"' in remark
    assert EN["thanks"] in ask.comment(visit(f"{chat.path[0].id}:-1:It: was wrong"), "en")
    kept = visit().desk.talks.path(chat.talk)[0]
    assert (kept.rating, kept.comment) == (-1, "It: was wrong")
    _, cleared, remark = ask.rate(visit("0:-1"), rated, "en")
    assert (cleared.path[0].rating, remark) == (0, "")
    assert visit().desk.talks.path(chat.talk)[0].rating == 0
    for wrong in ("0:2", "0", "9:1", "x:1"):
        assert all("value" not in part for part in ask.rate(visit(wrong), chat, "en"))


def test_a_conversation_is_opened_forked_left_and_found_again(ask: Ask, visit: Callable[..., Visit]) -> None:
    chat = chat_of(ask, visit(), RED, "Which widgets are round?")
    forked = ask.fork(visit("0"), chat, "en")
    assert forked[CHAT].talk not in ("", chat.talk)
    assert [exchange.asked for exchange in forked[CHAT].path] == [RED]
    assert EN["forked"] in ask.settle(visit(), forked[CHAT], "en")[REMARK]
    assert ask.new(visit()) == ([], Chat())
    assert ask.settle(visit(), Chat(), "en")[STORED] == ""
    assert ask.open(visit(chat.talk), "en")[CHAT] == chat
    assert ask.open(visit("nowhere"), "en")[CHAT] == Chat()
    again = ask.redraw(visit(), Chat(), "zh", chat.talk)
    assert (again[CHAT], again[2 + STORED]) == (chat, chat.talk), "after loading the page anew"
    assert ZH["why"] in said(ask.redraw(visit(), chat, "zh", ""))


def test_an_answer_is_copied_with_its_footnotes(ask: Ask, visit: Callable[..., Visit]) -> None:
    task = json.loads(ask.copy(visit("0"), chat_of(ask, visit(), RED))["task"])
    assert task["do"] == "copy"
    assert "\n\n[^1]: widgets.md › Widgets › 1. What does the red widget do? · line 5: “The red" in task["text"]


def test_why_opens_the_panel(ask: Ask, visit: Callable[..., Visit]) -> None:
    chat = chat_of(ask, visit(), RED)
    head, picture, text = ask.why(visit("0"), chat, "en")
    assert EN["passages"] in head
    assert (picture, text) == ("", "")
    assert all("value" not in part for part in ask.why(visit("7"), chat, "en"))


def test_the_history_is_the_last_of_the_chat(ask: Ask, visit: Callable[..., Visit]) -> None:
    path = chat_of(ask, visit(), RED).path
    chats = [replace(path[0], asked=f"q{n}") for n in range(6)]
    assert [(turn.role, turn.content) for turn in history(chats)][::2] == [("user", "q3"), ("user", "q4"), ("user", "q5")]
    assert {turn.content for turn in history(chats)[1::2]} == {path[0].answer.text}


def test_what_a_page_asks_with_reaches_the_answer_line(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    import rag.answer

    seen: dict[str, Any] = {}

    def stream(question: str, library: object, **given: Any) -> Iterator[Any]:
        seen.update(given, question=question)
        yield from ()

    monkeypatch.setattr(rag.answer, "stream", stream)
    stop = threading.Event()
    list(desks.of(None).shelf.stream("q", [], Choices(characters=220, shown=4, model="M"), stop))
    assert (seen["characters"], seen["shown"], seen["model"], seen["stop"]) == (220, 4, "M", stop)
    list(desks.of(None).shelf.stream("q", [], Choices(model="M", quoting=True), stop))
    assert seen["model"] is None
