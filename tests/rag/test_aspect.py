"""One side of a thing asked for where only the other is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.build import build
from ingest.settings import Settings
from ingest.store import Library
from rag.answer import ask
from rag.aspect import unsaid

if TYPE_CHECKING:
    from pathlib import Path

NOTE = """# 方法

## RoPE 有什么优点?

RoPE 的优点是能捕捉相对位置,还能外推到更长的序列。

## ALiBi 有什么优点?

ALiBi 的优点是外推能力强。它的缺点是表达能力受限。

## BN 有什么缺点?

BN 的缺点是依赖批次的大小。
"""
LORA = "LoRA 冻结预训练权重,在旁边并联一个低秩旁路来学习权重的增量,推理时把它合并进原来的权重。"


@pytest.mark.parametrize(
    ("question", "fact"),
    [
        ("RoPE 的缺点是什么?", None),
        ("RoPE 的优点是什么?", "外推"),
        ("ALiBi 的缺点是什么?", "表达能力受限"),
        ("BN 有什么好处?", None),
        ("BN 有什么缺点?", "批次的大小"),
        ("RoPE 有什么优缺点?", "外推"),
    ],
)
def test_the_other_side_is_no_answer(tmp_path: Path, question: str, fact: str | None) -> None:
    (tmp_path / "note.md").write_text(NOTE, encoding="utf-8")
    settings = Settings(library=str(tmp_path / "library"))
    build([tmp_path / "note.md"], settings)
    with Library.open(settings.library_folder, settings) as library:
        answer = ask(question, library)
    assert (answer.reason, answer.abstained) == (("absent", True) if fact is None else (None, False))
    assert fact is None or fact in answer.text


@pytest.mark.parametrize(
    ("question", "said", "side"),
    [
        ("LoRA 有什么缺点?", "LoRA 冻结预训练权重,只训练两个低秩矩阵。", "缺点"),
        ("LoRA 有什么缺点?", "LoRA 训练得快,但表达能力受限。", ""),
        ("LoRA 有什么优势?", "LoRA 在权重旁并联一个旁路。", "优势"),
        ("LoRA 有什么优势?", "LoRA 减少可训练的参数。", ""),
        ("LoRA 有什么优缺点?", "LoRA 在权重旁并联一个旁路。", ""),
        ("LoRA 是什么?", "LoRA 在权重旁并联一个旁路。", ""),
        ("What are the drawbacks of LoRA?", "LoRA freezes the weights.", "drawbacks"),
        ("What are the drawbacks of LoRA?", "LoRA freezes the weights, but it cannot learn much.", ""),
    ],
)
def test_the_side_that_nothing_speaks_of_is_named(question: str, said: str, side: str) -> None:
    assert unsaid(question, [said]) == side


def test_an_answer_that_is_silent_on_the_side_asked_for_says_so(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text(f"{NOTE}\n## LoRA 是什么?\n\n{LORA}\n", encoding="utf-8")
    settings = Settings(library=str(tmp_path / "library"))
    build([tmp_path / "note.md"], settings)
    with Library.open(settings.library_folder, settings) as library:
        assert ask("LoRA 有什么缺点?", library).notice == "笔记里没有写到「缺点」，这里是与它相关的内容。"
        assert ask("LoRA 是什么?", library).notice == ""
