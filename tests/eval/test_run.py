"""``footnote eval`` over a real library with questions of its own."""

import json
from pathlib import Path

import numpy as np
import pytest

from eval.calibrate import fit
from eval.calibrate import main as calibrate
from eval.cases import load_cases, load_sections
from eval.run import main
from ingest.build import build
from ingest.errors import UnreadableFile
from ingest.settings import Settings

NOTE = """# 网络

## TCP 握手为什么要三次?

TCP 三次握手是为了让双方都确认对方的收发能力,两次握手时服务器无法确认客户端收到了应答。

## UDP 有什么特点?

UDP 不建立连接,开销小,不保证到达和顺序,适合直播和语音。

## QUIC 是什么?

"""
SECTIONS = [
    {
        "section_id": "tcp",
        "file": "net.md",
        "lines": [3, 6],
        "heading": "TCP",
        "has_answer": True,
        "answer_excerpt": "两次握手时服务器无法确认",
    },
    {
        "section_id": "udp",
        "file": "net.md",
        "lines": [7, 10],
        "heading": "UDP",
        "has_answer": True,
        "answer_excerpt": "这一句不在笔记里",
    },
    {"section_id": "quic", "file": "net.md", "lines": [11, 12], "heading": "QUIC", "has_answer": False, "answer_excerpt": ""},
]
QUESTIONS = [
    {"id": "1", "lang": "zh", "question": "TCP 握手两次为什么不行?", "gold_sections": ["tcp"], "key_facts": [["服务器无法确认"]]},
    {"id": "2", "lang": "zh", "question": "UDP 适合什么场合?", "gold_sections": ["udp"], "key_facts": [["直播"], ["没有的事实"]]},
    {"id": "3", "lang": "zh", "question": "QUIC 是什么?", "behaviour": "abstain"},
    {"id": "4", "lang": "zh", "question": "蛋糕怎么烤?", "behaviour": "abstain"},
]


def _jsonl(path: Path, records: list[dict[str, object]]) -> str:
    path.write_text("\n".join(json.dumps(record, ensure_ascii=False) for record in records), encoding="utf-8")
    return str(path)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "net.md").write_text(NOTE, encoding="utf-8")
    library = str(tmp_path / "library")
    build([tmp_path / "net.md"], Settings(library=library))
    return {
        "library": library,
        "sections": _jsonl(tmp_path / "s.jsonl", SECTIONS),
        "questions": _jsonl(tmp_path / "q.jsonl", QUESTIONS),
    }


def _figures(capsys: pytest.CaptureFixture[str], what: str, files: dict[str, str], *more: str) -> dict[str, float]:
    questions = [] if what == "cleaning" else ["--questions", files["questions"]]
    assert main([what, *questions, "--sections", files["sections"], "--library", files["library"], "--json", *more]) == 0
    figures: dict[str, float] = json.loads(capsys.readouterr().out)
    return figures


def test_retrieval(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    figures = _figures(capsys, "retrieval", files)
    assert (figures["zh.questions"], figures["zh.recall@1"], figures["zh.mrr@10"]) == (2, 1.0, 1.0)
    assert _figures(capsys, "retrieval", files, "--mode", "lexical")["zh.recall@5"] == 1.0


def test_answers(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    figures = _figures(capsys, "answers", files, "--show")
    assert (figures["answerable"], figures["unanswerable"]) == (2, 2)
    assert figures["right section cited"] == 1.0
    assert figures["key facts"] == 0.5
    assert figures["declined"] == 1.0
    assert figures["wrongly declined"] == 0.0


def test_cleaning_tells_what_was_lost(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cleaning", "--sections", files["sections"], "--library", files["library"]]) == 0
    told = capsys.readouterr()
    assert "lost: 这一句不在笔记里" in told.err
    assert "lost                                 1" in told.out


def test_a_bad_question_file_is_one_line(files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": 1}\n', encoding="utf-8")
    assert main(["answers", "--questions", str(bad), "--sections", files["sections"], "--library", files["library"]]) == 1
    assert capsys.readouterr().err == f"footnote: {bad}: line 1: a question lacks 'question'\n"
    bad.write_text("[1]", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="line 1 is not a JSON object"):
        load_cases(bad)
    with pytest.raises(UnreadableFile, match="a section lacks"):
        load_sections(Path(files["questions"]))
    bad.write_text('{"id": 1, "question": "a\u2028b"}\n', encoding="utf-8")
    assert load_cases(bad)[0].question == "a\u2028b"
    bad.write_text("no json", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="line 1 is not JSON"):
        load_cases(bad)
    with pytest.raises(UnreadableFile):
        load_cases(tmp_path / "none.jsonl")


def test_sections_are_found_by_file_name_and_lines(files: dict[str, str]) -> None:
    sections = load_sections(Path(files["sections"]))
    assert sections.at("/anywhere/net.md", (4, 8)) == {"tcp", "udp"}
    assert sections.at("/anywhere/other.md", (4, 8)) == frozenset()


def test_calibration_prints_weights_and_a_threshold(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert calibrate(["--set", files["library"], files["sections"], files["questions"]]) == 0
    out = capsys.readouterr().out
    assert out.startswith("intercept and weights")
    assert "threshold" in out


def test_the_fit_is_the_maximum_of_the_likelihood() -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(4000, 2))
    y = (generator.random(4000) < 1 / (1 + np.exp(-(0.5 + 2 * x[:, 0] - x[:, 1])))).astype(float)
    assert fit(x, y, np.ones(4000)) == pytest.approx([0.5, 2.0, -1.0], abs=0.2)
