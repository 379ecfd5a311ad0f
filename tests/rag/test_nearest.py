"""The headings that a refusal names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rag.answer import ask
from rag.nearest import named, nearest, shortened
from rag.retrieve import retrieve

if TYPE_CHECKING:
    from ingest.store import Library


@pytest.mark.parametrize(
    ("heading", "short"),
    [
        ("模型并行", "模型并行"),
        ("10.2.3 RoPE 有什么优点?", "RoPE 有什么优点?"),
        ("3. 如何防止过拟合?", "如何防止过拟合?"),
        ("GPT-2", "GPT-2"),
        ("训练中loss不收敛的情况如何解决?梯度消失和梯度爆炸是什么?如何解决?", "训练中loss不收敛的情况如何解决?…"),
        ("介绍一下二维卷积。卷积的最大池化层如何进行反向传播", "介绍一下二维卷积。卷积的最大池化层如何…"),
        ("ALiBi (Attention with Linear Biases) is what in short", "ALiBi (Attention with Linear Biases)…"),
    ],
)
def test_a_heading_is_cut_to_what_is_read_in_passing(heading: str, short: str) -> None:
    assert shortened(heading) == short


def test_only_near_headings_are_named(library: Library) -> None:
    question = "模型并行的通信开销是多少?"
    near = nearest(question, retrieve(question, library), library)
    assert near[0].chunk.trail[-1] == named(near, library)[0] == "模型并行"
    assert len({passage.chunk.trail for passage in near}) == len(near)
    far = "附近有什么好吃的火锅店?"
    assert nearest(far, retrieve(far, library), library) == []
    assert nearest(question, [], library) == []


def test_a_refusal_without_near_headings_names_none(library: Library) -> None:
    answer = ask("Mamba 用的是什么芯片?", library)
    assert (answer.reason, answer.text, answer.near) == ("absent", "笔记里没有写到这个问题。", ())


def test_a_refusal_points_at_the_passages_that_it_names(library: Library) -> None:
    answer = ask("怎么给模型并行的显卡选电源?", library)
    assert answer.reason == "absent"
    assert answer.near
    assert answer.near[0].chunk.trail[-1] in answer.text
