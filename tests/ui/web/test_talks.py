"""The drawer of conversations: its list, undo, and what it exports."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rag.types import Answer, Sentence
from ui.web.conversations import Conversations, Talk
from ui.web.desk import Desk, Visit
from ui.web.strings import STRINGS
from ui.web.talks import Talks, list_html

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EN, ZH = STRINGS["en"], STRINGS["zh"]
SAID = (Sentence(text="A.", citations=(), support=1.0, verdict="supported"),)
ANSWER = Answer(question="q", sentences=SAID, citations=(), passages=(), abstained=False, reason=None, confidence=1)


def at(folder: Path) -> Callable[[str], Visit]:
    desk = Desk(shelf=None, talks=Conversations(folder), keeper=None)  # type: ignore[arg-type]
    return lambda value="": Visit(desk=desk, page="p", value=value)


def test_a_conversation_is_deleted_brought_back_and_renamed(tmp_path: Path) -> None:
    visit, drawer = at(tmp_path), Talks()
    talk = visit("").desk.talks.add("", "", "What <b>is</b> this?", ANSWER).talk
    html = drawer.delete(visit(talk), "", talk, "en")
    assert f'name="restore-talk" value="{talk}">Undo</button>' in html
    assert "“What &lt;b&gt;is&lt;/b&gt; this?” deleted." in html
    assert EN["no_talks"] in html
    html = drawer.restore(visit(talk), "", talk, "zh")
    assert f'name="open-talk" value="{talk}" aria-current="true"' in html
    html = drawer.rename(visit(f"{talk}:A: new name"), "", "", "en")
    assert "<span>A: new name</span>" in html
    assert "aria-current" not in html
    assert "A: new name" in drawer.show(visit(""), "NEW", "", "en")
    assert "A: new name" not in drawer.show(visit(""), "other", "", "en")
    visit("").desk.talks.close()


def test_what_is_exported(tmp_path: Path) -> None:
    visit, drawer = at(tmp_path), Talks()
    assert json.loads(drawer.export_markdown(visit(""), "", "zh")["task"])["text"] == ZH["nothing_to_export"]
    kept = visit("").desk.talks.add("", "", "Why?", ANSWER)
    visit("").desk.talks.rate(kept.id, 1)
    tasks: dict[str, Any] = {
        name: json.loads(task["task"])
        for name, task in (
            ("md", drawer.export_markdown(visit(""), kept.talk, "en")),
            ("json", drawer.export_json(visit(""), kept.talk, "en")),
            ("jsonl", drawer.export_questions(visit(""))),
        )
    }
    assert [(task["do"], task["name"]) for task in tasks.values()] == [
        ("save", "Why?.md"), ("save", "Why?.json"), ("save", "questions.jsonl"),
    ]  # fmt: skip
    assert tasks["md"]["text"] == "# Why?\n\n## Why?\n\nA.\n"
    assert json.loads(tasks["json"]["text"])["exchanges"][0]["asked"] == "Why?"
    assert json.loads(tasks["jsonl"]["text"])["reference"] == "A."
    visit("").desk.talks.close()


def test_titles_are_no_markup(payloads: list[str], tags: Callable[[str], Any]) -> None:
    plain = tags(list_html([Talk(id="1", title="x", updated=0.0)], "1", EN))
    for text in payloads:
        found = tags(list_html([Talk(id="1", title=text, updated=0.0)], "1", EN))
        assert [(tag, set(attributes)) for tag, attributes in found] == [(tag, set(attributes)) for tag, attributes in plain]
