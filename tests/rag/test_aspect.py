"""One side of a thing asked for where only the other is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.build import build
from ingest.settings import Settings
from ingest.store import Library
from rag.answer import ask

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
