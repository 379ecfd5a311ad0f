"""The planted faults: scripts are well formed, and each fault counts as caught exactly when a user sees it marked or gone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from eval.faults import SCRIPTS, run
from ingest.build import build, corpus_folder
from ingest.settings import Settings
from ingest.store import Library

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("langchain_core", reason="langchain-core is not installed")

NOTE = """# 归一化

## BN 和 LN 有什么区别?

BN 在一个批次内对每个特征做归一化。LN 在单个样本内对所有特征做归一化。Transformer 用 LN，因为文本长度不一。

## BN 有什么优点?

BN 让每层输入的分布更稳定，训练收敛更快。
"""
SCRIPT = {
    "question": "BN 和 LN 有什么区别?",
    "lang": "zh",
    "true": [
        {"text": "BN 在一个批次内对每个特征做归一化。", "anchor": "在一个批次内"},
        {"text": "LN 在单个样本内对所有特征做归一化。", "anchor": "在单个样本内"},
    ],
    "mark": {"text": "Transformer 用 LN，因为文本长度不一。", "anchor": "文本长度不一"},
    "number": {"text": "BN 让每层输入的分布更稳定，训练收敛更快。", "anchor": "收敛更快"},
    "invented": "LN 在单个样本内对所有特征做归一化。",
}
"""Its "faults" but for the wrong mark are true: none of them can be caught."""


@pytest.fixture
def library(tmp_path: Path) -> Library:
    (tmp_path / "norms.md").write_text(NOTE, encoding="utf-8")
    settings = Settings(library=str(tmp_path / "library"))
    build([tmp_path / "norms.md"], settings)
    return Library.open(settings.library_folder, settings)


def test_what_is_caught_and_what_is_wronged_is_counted(library: Library) -> None:
    with library:
        tally = run([SCRIPT], library)
    assert tally.planted == {"mark": [True], "number": [False], "invented": [False]}
    assert tally.caught() == pytest.approx(1 / 3)
    assert tally.wronged == [False, False, False]
    assert tally.wrongly() == 0.0
    assert [line.split(":")[0] for line in tally.lines] == ["number", "invented"]


def test_a_question_that_is_declined_counts_for_nothing(library: Library) -> None:
    with library:
        tally = run([{**SCRIPT, "question": "榴莲的原产地在哪里?"}], library)
    assert tally.planted == {"mark": [], "number": [], "invented": []}
    assert tally.lines == ["declined: 榴莲的原产地在哪里?"]


def test_the_scripts_rest_on_the_shipped_notes() -> None:
    notes = "".join(file.read_text(encoding="utf-8") for file in corpus_folder().glob("*.md"))
    scripts = [json.loads(line) for line in SCRIPTS.read_text(encoding="utf-8").splitlines()]
    assert sum(len(script["true"]) + 3 for script in scripts) >= 60
    texts = []
    for script in scripts:
        for sentence in (*script["true"], script["mark"], script["number"]):
            assert sentence["anchor"] in notes, sentence
            texts.append(sentence["text"])
        texts.append(script["invented"])
    assert not [text for text in texts if text in notes]  # in the model's words, not in those of the notes
    assert len(set(texts)) == len(texts)


def test_a_sentence_that_is_shown_in_two_parts_counts_as_one(library: Library) -> None:
    split = {"text": "BN 在一个批次内对每个特征归一化；LN 在单个样本内对所有特征归一化。", "anchor": "在一个批次内"}
    with library:
        tally = run([{**SCRIPT, "true": [split, SCRIPT["true"][1]]}], library)
    assert tally.wronged == [False, False, False]


def test_the_scripts_that_measure_and_those_that_fit_have_no_sentence_in_common() -> None:
    def texts(name: str) -> set[str]:
        lines = SCRIPTS.with_name(name).read_text(encoding="utf-8").splitlines()
        return {
            text for row in map(json.loads, lines) for text in (row["invented"], row["number"]["text"], row["true"][0]["text"])
        }

    assert not texts("llm_faults.jsonl") & texts("llm_faults_dev.jsonl")
