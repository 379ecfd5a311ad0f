"""What the page asks of the library: first questions, questions to go on with, what each way of searching finds."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from ingest.build import build
from ingest.settings import Settings
from ingest.types import Section
from rag.types import Answer, Citation
from ui.web import shelf
from ui.web.settings import Choices
from ui.web.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ui.web.desk import Desks


@pytest.mark.parametrize(
    ("heading", "question"),
    [
        ("10.1.1 什么是 Transformer？", "什么是 Transformer？"),
        ("1.Transformer为何使用多头注意力机制？", "Transformer为何使用多头注意力机制？"),
        ("  11. 用pytorch手写", "用pytorch手写"),
        ("三、位置编码", "位置编码"),
        ("（2）旋转位置编码", "旋转位置编码"),
        ("3D 卷积是什么", "3D 卷积是什么"),
        ("LLaMA 2 的改进", "LLaMA 2 的改进"),
    ],
)
def test_suggestions_drop_the_headings_number(heading: str, question: str) -> None:
    assert shelf._NUMBER.sub("", heading.strip()) == question


@pytest.mark.parametrize(
    ("trail", "question"),
    [
        (("A", "1. What is alpha?"), "What is alpha?"),
        (("注意力", "3. 优点"), "注意力: 优点"),
        (("优点",), ""),
        (
            ("19. LN和BN有什么区别,哪些结构用LN,请解释为什么。文本为什么用LN,请从batch的可比性回答。",),
            "LN和BN有什么区别,哪些结构用LN,请解释为什么。",
        ),
        (
            ("为什么在进行softmax之前需要对attention进行scaled(为什么除以dk的平方根),并使用公式推导进行讲解",),
            "为什么在进行softmax之前需要对attention进行scaled",
        ),
        (("什么" * 21,), ""),
    ],
)
def test_a_suggestion_can_be_read_at_a_glance(trail: tuple[str, ...], question: str) -> None:
    section = Section(document_id="d", trail=trail, heading_start=0, start=0, end=1, blank=False)
    assert shelf._heading(section) == question


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("RMSNorm的公式是什么?", "2. RMSNorm 的公式是什么", True),
        ("LN和BN有什么区别", "LN和BN有什么区别,请解释", True),
        ("BERT", "BERT的训练任务", False),
        ("介绍一下 GeLU 计算公式?", "介绍一下 Swish 计算公式?", False),
    ],
)
def test_what_was_asked_is_not_suggested(one: str, other: str, same: bool) -> None:
    assert shelf._alike(shelf._bare(one), shelf._bare(other)) is same
    assert shelf._alike(shelf._bare(other), shelf._bare(one)) is same


def cited(*places: tuple[str, tuple[str, ...]], **fields: Any) -> Answer:
    citations = tuple(
        Citation(n=n, document_id=document, path="/n", trail=trail, page=None, lines=(1, 1), quote="q", start=0, end=1)
        for n, (document, trail) in enumerate(places, 1)
    )
    given: dict[str, Any] = {
        "question": "q",
        "sentences": (),
        "passages": (),
        "abstained": False,
        "reason": None,
        "confidence": 1,
    }
    return Answer(citations=citations, **{**given, **fields})


def test_first_questions_are_headings_that_ask(desks: Desks) -> None:
    found = desks.of(None).shelf.suggestions()
    assert "What does the red widget do?" in found
    assert "Where do green widgets grow?" in found
    assert not any("blue" in heading for heading in found), "a blank heading is no suggestion"


def test_one_goes_on_with_the_headings_beside_nearest_first(tmp_path: Path) -> None:
    headings = [
        "1. What is alpha?",
        "2. What is beta?",
        "## What is beta made of?",
        "3. What is gamma?",
        "4. What is delta?",
        "5. Blank here?",
    ]
    text = "# All\n\n" + "".join(
        f"{'' if h.startswith('##') else '## '}{h.replace('## ', '### ')}\n\n{'' if 'Blank' in h else 'Body.'}\n\n"
        for h in headings
    )
    (tmp_path / "a.md").write_text(text + "# Other\n\n## What is far away?\n\nBody.\n", encoding="utf-8")
    settings = Settings(library=str(tmp_path / "library"))
    build([tmp_path / "a.md"], settings)
    made = Shelf(settings)
    (note,) = made.notes()
    answer = cited((note.id, ("All", "2. What is beta?")))
    assert made.follow_ups(answer, [], 9) == ["What is alpha?", "What is beta made of?", "What is gamma?", "What is delta?"]
    assert made.follow_ups(answer, ["what is ALPHA"], 2) == ["What is beta made of?", "What is gamma?"]
    assert made.follow_ups(cited((note.id, ("All", "2. What is beta?")), abstained=True), []) == []
    assert made.follow_ups(cited(("gone", ("A",)), (note.id, ("no such",)), (note.id, ())), []) == []
    made.close()


@pytest.mark.parametrize(("choices", "most"), [(Choices(), 1), (Choices(model="a model"), shelf.WRITERS)])
def test_questions_wait_for_their_turn(desks: Desks, monkeypatch: pytest.MonkeyPatch, choices: Choices, most: int) -> None:
    now, seen, lock = 0, 0, threading.Lock()

    def stream(*_: object, **given: Any) -> Iterator[Any]:
        nonlocal now, seen
        with lock:
            now += 1
            seen = max(seen, now)
        time.sleep(0.02)
        yield given["characters"]
        with lock:
            now -= 1

    monkeypatch.setattr("rag.answer.stream", stream)
    mine, said = desks.of(None).shelf, []
    ask = [threading.Thread(target=lambda: said.extend(mine.stream("q", (), choices, threading.Event()))) for _ in range(9)]
    for thread in ask:
        thread.start()
    for thread in ask:
        thread.join(10)
    assert said == [choices.characters] * 9
    assert seen == most


def test_each_way_of_searching_says_its_name(desks: Desks) -> None:
    mine = desks.of(None).shelf
    assert {passage.origin for passage in mine.search("red widget", "dense")} == {"dense"}
    assert {passage.origin for passage in mine.search("red widget", "lexical")} == {"lexical"}
    assert mine.search("red widget", "hybrid")[0].chunk.text == "The red widget turns steam into water."


def test_a_note_that_has_gone_is_nothing(desks: Desks) -> None:
    mine = desks.of(None).shelf
    assert mine.document("gone") is None
    assert mine.path("gone") == ""
    assert mine.path(mine.notes()[0].id) == mine.notes()[0].paths[0]
