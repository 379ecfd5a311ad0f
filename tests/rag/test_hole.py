"""Questions that are blank headings: said to be so, unless another section asks the same or has what is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.build import build
from ingest.settings import Settings
from ingest.store import Library
from rag.answer import ask

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTE = """# 位置编码

## 旋转位置编码 RoPE 的思路是什么?

旋转位置编码 RoPE 用旋转矩阵表示位置,把每个位置的向量与旋转矩阵相乘。

## 推导一下旋转位置编码 RoPE

## 旋转位置编码 RoPE 有什么优点?

旋转位置编码 RoPE 的优点是能捕捉相对位置,还能外推到更长的序列。

## 旋转位置编码 RoPE 被哪些模型应用?

## RMSNorm 和 LayerNorm 有什么区别?

RMSNorm 只除以均方根,LayerNorm 还减去均值。RMSNorm 更快。

## RMSNorm 的计算公式写一下

## GeLU 的计算公式写一下

## GeLU 公式

GeLU 的公式:

$$
GeLU(x) = x * P(X <= x)
$$

## ChatGLM 作出的改进

ChatGLM 用 GeLU 替换 ReLU,重新排列了层归一化的顺序。

## ChatGLM-2

## 如何防止过拟合?

## 如何缓解模型过拟合?

缓解过拟合的方法有正则化、dropout、早停和数据增强。

## InstructGPT

## 谈谈大模型的对齐

InstructGPT 是一种用人类反馈微调的语言模型。
"""


@pytest.fixture(scope="module")
def holes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("holes")
    (folder / "note.md").write_text(NOTE, encoding="utf-8")
    settings = Settings(library=str(folder / "library"))
    build([folder / "note.md"], settings)
    with Library.open(settings.library_folder, settings) as library:
        yield library


@pytest.mark.parametrize(
    ("question", "heading"),
    [
        ("推导一下旋转位置编码 RoPE", "推导一下旋转位置编码 RoPE"),
        ("2.1 推导一下旋转位置编码 RoPE", "推导一下旋转位置编码 RoPE"),
        ("旋转位置编码 RoPE 被哪些模型应用?", "旋转位置编码 RoPE 被哪些模型应用?"),
        ("RMSNorm 的计算公式是什么?", "RMSNorm 的计算公式写一下"),
        ("ChatGLM2 是什么?", "ChatGLM-2"),
    ],
)
def test_a_neighbour_does_not_answer_a_blank_heading(holes: Library, question: str, heading: str) -> None:
    answer = ask(question, holes)
    assert (answer.reason, answer.citations[0].trail[-1]) == ("blank", heading)
    assert answer.text == f"笔记里有「{heading}」这个标题，但下面还没有内容。"


@pytest.mark.parametrize(
    ("question", "fact"),
    [
        ("如何防止过拟合?", "正则化"),
        ("GeLU 的计算公式写一下", "P(X <= x)"),
        ("InstructGPT", "人类反馈"),
        ("旋转位置编码 RoPE 有什么优点?", "外推"),
        ("旋转位置编码 RoPE 的思路是什么?", "旋转矩阵"),
        ("RMSNorm 和 LayerNorm 有什么区别?", "均值"),
    ],
)
def test_a_section_that_answers_it_does(holes: Library, question: str, fact: str) -> None:
    answer = ask(question, holes)
    assert not answer.abstained
    assert fact in answer.text
