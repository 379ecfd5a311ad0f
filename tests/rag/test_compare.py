"""Comparisons that no section makes, and those that one does."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.build import build
from ingest.settings import Settings
from ingest.store import Library
from rag.answer import ask
from rag.compare import compared


@pytest.mark.parametrize(
    ("question", "things"),
    [
        ("RoPE 和 ALiBi 有啥区别?", ("RoPE", "ALiBi", "")),
        ("请问进程与线程的主要区别是什么？", ("进程", "线程", "")),
        ("数据并行跟模型并行有什么不一样", ("数据并行", "模型并行", "")),
        ("RoPE 和 ALiBi 在长度外推上有什么区别?", ("RoPE", "ALiBi", "长度外推")),
        ("What is the difference between a stack and a queue?", ("stack", "queue", "")),
        ("How does RoBERTa differ from ALBERT?", ("RoBERTa", "ALBERT", "")),
        ("PPO vs DPO", ("PPO", "DPO", "")),
        ("LN 和 BN 一样吗?", ("LN", "BN", "")),
        ("GLM 和 GPT 模型结构⼀样吗", ("GLM", "GPT", "模型结构")),
    ],
)
def test_the_two_things_of_a_comparison_are_read_from_it(question: str, things: tuple[str, str, str]) -> None:
    assert compared(question) == things


@pytest.mark.parametrize(
    "question",
    ["RoPE 有什么优点?", "LoRA 和 LoRA 有什么区别?", "这些方法有什么区别?", "训练和推理时 dropout 一样吗?", "", "What differs?"],
)
def test_a_question_that_compares_no_two_things(question: str) -> None:
    assert compared(question) is None


NOTE = """# 结构

## 跳表怎样查找?

跳表在有序链表上加几层稀疏的索引,查找从最高层开始。

## 布隆过滤器怎样判断?

布隆过滤器用几个哈希函数置位,说没有就一定没有,说有则可能误判。

## 栈和队列有什么区别?

栈后进先出,队列先进先出。

## 队列怎样实现?

队列可以用环形数组实现,头尾各一个下标。
"""


@pytest.fixture
def notes(tmp_path: Path) -> Library:
    (tmp_path / "structures.md").write_text(NOTE, encoding="utf-8")
    settings = Settings(library=str(tmp_path / "library"))
    build([tmp_path / "structures.md"], settings)
    return Library.open(settings.library_folder, settings)


def test_things_of_different_sections_stand_side_by_side(notes: Library) -> None:
    with notes:
        answer = ask("跳表和布隆过滤器有什么区别?", notes)
    assert [citation.trail[-1] for citation in answer.citations] == ["跳表怎样查找?", "布隆过滤器怎样判断?"]
    assert answer.question == "跳表和布隆过滤器有什么区别?"
    assert not answer.notice


def test_a_section_that_compares_the_two_answers_alone(notes: Library) -> None:
    with notes:
        answer = ask("队列和栈有什么不同?", notes)
    assert {citation.trail[-1] for citation in answer.citations} == {"栈和队列有什么区别?"}


def test_a_thing_that_no_heading_names_takes_nothing_apart(notes: Library) -> None:
    with notes:
        answer = ask("跳表和红黑树有什么区别?", notes)
    assert answer.abstained or {citation.trail[-1] for citation in answer.citations} == {"跳表怎样查找?"}
