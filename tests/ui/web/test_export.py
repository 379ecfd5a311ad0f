"""What is exported: Markdown with footnotes that do not clash, JSON, and a question set that the evaluation reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from eval.cases import load_cases
from rag.types import Answer, Citation, Sentence
from ui.web import export
from ui.web.conversations import Exchange, answer_of

if TYPE_CHECKING:
    from pathlib import Path


def answer(text: str, *headings: str, **fields: Any) -> Answer:
    citations = tuple(
        Citation(n=n, document_id="d", path="/n/a.md", trail=("A", each), page=None, lines=(n, n), quote=f"q{n}", start=0, end=2)
        for n, each in enumerate(headings, 1)
    )
    numbers = tuple(range(1, len(headings) + 1))
    given: dict[str, Any] = {"question": "q", "passages": (), "abstained": False, "reason": None, "confidence": 0.5}
    said = (Sentence(text=text, citations=numbers, support=1.0, verdict="supported"),)
    return Answer(sentences=said, citations=citations, **{**given, **fields})


def exchange(asked: str, given: Answer, **fields: Any) -> Exchange:
    return Exchange(**{"id": asked, "talk": "t", "parent": "", "asked": asked, "answer": given, "created": 1.0, **fields})


PATH = (exchange("First?", answer("One.", "H", "I")), exchange("It *costs*?", answer("Two [^1].", "J")))


def test_footnotes_of_several_answers_do_not_clash() -> None:
    assert export.as_markdown("A # title", PATH) == (
        "# A \\# title\n\n## First?\n\nOne.[^1-1][^1-2]\n\n"
        "[^1-1]: a.md › A › H · line 1: “q1”\n\n[^1-2]: a.md › A › I · line 2: “q2”\n\n"
        "## It \\*costs\\*?\n\nTwo [^1].[^2-1]\n\n[^2-1]: a.md › A › J · line 1: “q1”\n"
    )


def test_json_holds_everything() -> None:
    record = json.loads(export.as_json("T", PATH))
    assert record["title"] == "T"
    assert [each["asked"] for each in record["exchanges"]] == ["First?", "It *costs*?"]
    assert [answer_of(each["answer"]) for each in record["exchanges"]] == [each.answer for each in PATH]


def test_rated_answers_are_a_question_set(tmp_path: Path) -> None:
    refused = answer("Nothing.", abstained=True, reason="absent")
    rated = [
        (exchange("RoPE?", answer("R.", "H", "H", "I"), rating=1), []),
        (exchange("它呢?", answer("它。", "J"), rating=-1, comment="wrong section"), list(PATH)),
        (exchange("Weather?", refused, rating=1), []),
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text(export.as_questions(rated), encoding="utf-8")
    good, bad, none = load_cases(file)
    assert (good.id, good.lang, good.gold, good.reference) == ("RoPE?", "en", {"a.md#H", "a.md#I"}, "R.")
    assert (bad.lang, bad.kind, bad.gold, bad.related) == ("zh", "followup", frozenset(), {"a.md#J"})
    assert [(turn.role, turn.content) for turn in bad.history] == [("user", "It *costs*?"), ("assistant", "Two [^1].")]
    assert (none.kind, none.behaviour, none.gold) == ("absent", "abstain", frozenset())
    assert json.loads(file.read_text(encoding="utf-8").splitlines()[1])["why"] == "wrong section"
