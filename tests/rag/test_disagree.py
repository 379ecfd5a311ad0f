"""Two notes that contradict each other are both shown, each with its footnote."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.build import build
from ingest.settings import Settings
from ingest.store import Library
from rag.answer import ask

FIRST = """# 掩码语言模型

## BERT 的掩码比例是多少?

BERT 预训练时随机选 15% 的词做掩码预测。
"""
SECOND = """# 预训练任务

## BERT 预训练时掩码多少词?

BERT 预训练时随机选 25% 的词做掩码预测。
"""
SAME = """# 预训练任务

## BERT 预训练时掩码多少词?

预训练时,BERT 随机选百分之十五的词做掩码预测。
"""


def opened(tmp_path: Path, *notes: str) -> Library:
    for number, note in enumerate(notes):
        (tmp_path / f"{number}.md").write_text(note, encoding="utf-8")
    settings = Settings(library=str(tmp_path / "library"))
    build([tmp_path], settings)
    return Library.open(settings.library_folder, settings)


def test_both_sides_stand_in_the_answer_with_a_footnote_each(tmp_path: Path) -> None:
    with opened(tmp_path, FIRST, SECOND) as library:
        answer = ask("BERT 预训练时掩码多少词?", library)
        *_, left, right = answer.sentences
        assert left.text.startswith("笔记的说法不一致（")
        assert right.text.startswith("另一处写的是：")
        quotes = {citation.n: citation for citation in answer.citations}
        said = [quotes[side.citations[0]].quote for side in (left, right)]
        assert sorted("15%" in quote for quote in said) == sorted("25%" in quote for quote in said) == [False, True]
        for side in (left, right):
            (n,) = side.citations
            assert quotes[n].quote in side.text
            document = library.document(quotes[n].document_id)
            assert document.text[quotes[n].start : quotes[n].end] == quotes[n].quote
        assert quotes[left.citations[0]].path != quotes[right.citations[0]].path


@pytest.mark.parametrize("second", [SAME, FIRST.replace("BERT", "ALBERT").replace("15%", "25%")])
def test_notes_that_agree_or_speak_of_something_else_do_not(tmp_path: Path, second: str) -> None:
    with opened(tmp_path, FIRST, second) as library:
        answer = ask("BERT 预训练时掩码多少词?", library)
        assert not any("不一致" in sentence.text for sentence in answer.sentences)
