"""What a thing is: which questions ask it, which sentences say it, and that these come first."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.build import build
from ingest.settings import Settings
from ingest.store import Library
from rag.answer import search
from rag.define import defines, thing_asked


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("RoPE 是什么?", "rope"),
        ("什么是梯度裁剪？", "梯度裁剪"),
        ("请问残差连接是什么意思", "残差连接"),
        ("What is a bloom filter?", "bloom filter"),
        ("What does RLHF mean?", "rlhf"),
        ("RoPE 的缺点是什么?", ""),
        ("What is the difference between A and B?", ""),
        ("为什么要用残差连接?", ""),
        ("", ""),
    ],
)
def test_which_thing_is_asked(question: str, thing: str) -> None:
    assert thing_asked(question) == thing


@pytest.mark.parametrize(
    ("text", "thing", "yes"),
    [
        ("RoPE（Rotary Position Embedding）是一种位置编码。", "rope", True),
        ("先看定义。旋转位置编码是按位置旋转向量的方法。", "rope", True),
        ("- 梯度裁剪：略。\n- **梯度裁剪**是指把范数限制在阈值以内。", "梯度裁剪", True),
        ("A bloom filter is a set that may err.", "bloom filter", True),
        ("LLaMA 用 RoPE，它是开源模型。", "rope", False),
        ("RoPE 不是绝对位置编码。", "rope", False),
        ("RoPE2 是另一种。", "rope", False),
        ("梯度裁剪是否有用，要看任务。", "梯度裁剪", False),
    ],
)
def test_which_sentence_says_what_a_thing_is(text: str, thing: str, yes: bool) -> None:
    assert defines(text, thing) is yes


def test_the_section_that_defines_comes_before_those_that_use(tmp_path: Path) -> None:
    note = (
        "# 笔记\n\n## 检查点要存多少?\n\n检查点的大小约为权重的三倍,检查点越多越占磁盘,检查点可以分片。\n\n"
        "## 中断之后怎么办?\n\n检查点是训练途中存下的权重和优化器状态。中断之后从最近的一个继续。\n"
    )
    (tmp_path / "note.md").write_text(note, encoding="utf-8")
    settings = Settings(library=str(tmp_path / "library"))
    build([tmp_path / "note.md"], settings)
    with Library.open(settings.library_folder, settings) as library:
        assert search("检查点是什么?", library)[0].chunk.trail[-1] == "中断之后怎么办?"
        assert search("检查点有多大?", library)[0].chunk.trail[-1] == "检查点要存多少?"
