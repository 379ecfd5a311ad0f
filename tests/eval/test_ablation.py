"""The ablation: what a table of known ranks looks like, and a run over a library of three sections."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.ablation import STAGES, means, run, table
from eval.cases import Case, library_sections
from ingest.build import build
from ingest.settings import Settings
from ingest.store import Library

NOTE = """# 训练

## 梯度裁剪是什么?

梯度裁剪把梯度的范数限制在一个阈值以内,防止一次更新过大。

## 学习率预热是什么?

训练刚开始时学习率从很小的值线性升到设定值。

## 批大小怎么选?

批大小是一次更新所用的样本数,受显存限制。
"""


def test_the_table_holds_the_means_and_the_difference() -> None:
    ranks = [(1.0, 1.0), (1.0, 0.5), (0.0, 0.0)]
    found = {stage: {"zh": ranks, "typo": ranks[:1]} for stage in STAGES}
    found["reranked"] = {"zh": [(1.0, 1.0)] * 3, "typo": ranks[:1]}
    rows = table(found).splitlines()
    assert rows[0].split("|")[2:7] == [f" {stage} " for stage in STAGES]
    assert rows[2].startswith("| zh (3) | 0.667 / 0.500 [")
    assert rows[2].split("|")[-2].startswith(" +0.500 [")
    assert rows[3] == "| typo (1) |" + " 1.000 / 1.000 |" * 5 + " +0.000 |"
    assert means(found)["BM25"]["zh"] == {"questions": 3, "recall@5": pytest.approx(2 / 3), "mrr@10": pytest.approx(0.5)}


def test_each_stage_searches_and_a_follow_up_is_searched_as_rewritten(tmp_path: Path) -> None:
    (tmp_path / "train.md").write_text(NOTE, encoding="utf-8")
    settings = Settings(library=str(tmp_path / "library"))
    build([tmp_path / "train.md"], settings)
    with Library.open(settings.library_folder, settings) as library:
        sections = library_sections(library)
        names = {str(record["heading"]): str(record["section_id"]) for record in sections.records}
        clipping = frozenset({names["梯度裁剪是什么?"]})
        cases = [
            Case(id="1", question="梯度裁剪是什么?", lang="zh", kind="keyword", groups=(clipping,)),
            Case(id="2", question="今天星期几?", lang="zh", kind="absent", behaviour="abstain"),
        ]
        done: list[tuple[int, int, str]] = []
        found = run(cases, library, sections, progress=lambda *step: done.append(step))
    assert done == [(1, 1, "ablation")]
    assert {stage: groups["keyword"] for stage, groups in found.items()} == {stage: [(1.0, 1.0)] for stage in STAGES}
