"""Labelled pairs and RAGAS's columns, in the three forms of file; the commands that judge them."""

import csv
import json
from pathlib import Path

import pytest

from eval.report.record import load
from eval.run import main
from eval.samples import load_samples
from ingest.errors import UnreadableFile

NOTE = "RoPE 旋转 Q 和 K。它不旋转 V。"
CAKE = "蛋糕要在烤箱里烤四十分钟。"
ROWS: list[dict[str, object]] = [
    {
        "user_input": "RoPE 转什么?",
        "retrieved_contexts": [CAKE, NOTE],
        "response": "RoPE 旋转 Q 和 K。",
        "reference": "它不旋转 V。",
    },
    {"user_input": "RoPE 转什么?", "retrieved_contexts": [NOTE], "response": CAKE, "reference": ""},
    {"user_input": "你好", "retrieved_contexts": [NOTE], "response": "你好!希望对你有帮助。", "reference": ""},
]


def _jsonl(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_same_samples_come_out_of_every_form(tmp_path: Path) -> None:
    lines = load_samples(_jsonl(tmp_path / "a.jsonl", ROWS))
    (tmp_path / "a.json").write_text(json.dumps(ROWS), encoding="utf-8")
    for name, spell in (("json.csv", json.dumps), ("python.csv", repr)):
        with (tmp_path / name).open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, ["user_input", "retrieved_contexts", "response", "reference"])
            writer.writeheader()
            writer.writerows({**row, "retrieved_contexts": spell(row["retrieved_contexts"])} for row in ROWS)
        assert load_samples(tmp_path / name) == lines
    assert load_samples(tmp_path / "a.json") == lines
    assert [sample.id for sample in lines] == ["1", "2", "3"]
    assert lines[0].contexts == (CAKE, NOTE)
    assert lines[0].lang == "zh"


def test_other_names_serve(tmp_path: Path) -> None:
    row = {"id": "x", "question": "q", "passage": "[1] is a mark, no list", "answer": "a", "label": "faithful", "lang": "en"}
    (sample,) = load_samples(_jsonl(tmp_path / "a.jsonl", [row]), labelled=True)
    assert (sample.id, sample.question, sample.contexts, sample.answer) == ("x", "q", ("[1] is a mark, no list",), "a")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"answer": "a"}, "1: needs 'retrieved_contexts'"),
        ({"contexts": [1], "answer": "a"}, "1: needs 'retrieved_contexts'"),
        ({"contexts": ["c"]}, "1: needs 'response' or 'answer'"),
        ({"contexts": ["c"], "answer": "a"}, "1: needs 'label'"),
        ({"contexts": ["c"], "answer": "a", "label": "good"}, "the label 'good' is none of"),
    ],
)
def test_what_is_missing_is_named(row: dict[str, object], told: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=told):
        load_samples(_jsonl(tmp_path / "a.jsonl", [row]), labelled=True)


def test_ids_occur_once_and_a_file_holds_something(tmp_path: Path) -> None:
    row = {"id": "x", "contexts": ["c"], "answer": "a"}
    with pytest.raises(UnreadableFile, match="'x' occurs twice"):
        load_samples(_jsonl(tmp_path / "a.jsonl", [dict(row), dict(row)]))
    with pytest.raises(UnreadableFile, match="nothing to judge"):
        load_samples(_jsonl(tmp_path / "a.jsonl", []))
    (tmp_path / "a.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="not a list of JSON objects"):
        load_samples(tmp_path / "a.json")


def test_faithfulness_of_answers_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = _jsonl(tmp_path / "a.jsonl", ROWS)
    assert main(["faithfulness", str(file), "--json", "--out", str(tmp_path)]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["faithfulness"] == 0.5  # of the two that claim something
    assert figures["no claim"] == pytest.approx(1 / 3, abs=1e-6)
    assert figures["context precision"] == 0.5  # of the one with a reference: the second context is the useful one
    assert figures["context recall"] == 1.0
    assert [outcome.values["faithfulness"] for outcome in load(tmp_path).parts[0].outcomes] == [1.0, 0.0, None]
    assert [bool(outcome.failures) for outcome in load(tmp_path).parts[0].outcomes] == [False, True, False]


def test_the_verifier_over_labelled_pairs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs: list[dict[str, object]] = [
        {"id": "1", "contexts": [NOTE], "answer": "它不旋转 V。", "label": "faithful", "kind": "verbatim", "lang": "zh"},
        {"id": "2", "contexts": [NOTE], "answer": CAKE, "label": "unfaithful", "fault": "off-topic", "lang": "zh"},
        {"id": "3", "contexts": [NOTE], "answer": CAKE, "label": "faithful", "kind": "wrongly labelled", "lang": "zh"},
        {"id": "4", "contexts": [NOTE], "answer": "你好!", "label": "no-claim", "lang": "zh"},
    ]
    file = _jsonl(tmp_path / "pairs.jsonl", pairs)
    assert main(["verifier", str(file), "--json", "--out", str(tmp_path)]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["zh.balanced accuracy"] == 0.75  # one of two faithful, the one unfaithful
    assert figures["unfaithful.off-topic"] == 1.0
    assert figures["faithful.wrongly labelled"] == 0.0
    assert figures["no-claim recognised"] == 1.0
    failed = [outcome for outcome in load(tmp_path).parts[0].outcomes if outcome.failures]
    assert [(outcome.id, outcome.failures) for outcome in failed] == [("3", (("verdict", "faithful → unfaithful"),))]
    assert failed[0].evidence[0].text == NOTE
