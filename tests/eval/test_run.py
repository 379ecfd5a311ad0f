"""``footnote eval`` over a real library with questions of its own."""

import json
from pathlib import Path

import numpy as np
import pytest

from eval.answers import beside_model
from eval.calibrate import fit
from eval.calibrate import main as calibrate
from eval.cases import library_sections, load_cases, load_sections
from eval.report.record import load
from eval.report.text import printed
from eval.run import main
from ingest.build import build
from ingest.errors import UnreadableFile
from ingest.settings import Settings
from ingest.store import Library

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
    bad.write_text('{"id": 1, "question": "a"}\n{"id": "1", "question": "b"}\n', encoding="utf-8")
    with pytest.raises(UnreadableFile, match="line 2: the id '1' occurs twice"):
        load_cases(bad)
    bad.write_text("no json", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="line 1 is not JSON"):
        load_cases(bad)
    with pytest.raises(UnreadableFile):
        load_cases(tmp_path / "none.jsonl")


def test_gold_sections_come_from_the_library_where_no_file_names_them(
    files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(library=files["library"])
    with Library.open(settings.library_folder, settings) as library:
        sections = library_sections(library)
    assert sections.at("net.md", (5, 5)) == {"net.md#TCP 握手为什么要三次?"}
    assert sections.at("/elsewhere/net.md", (11, 11)) == {"net.md#QUIC 是什么?"}
    questions = [{"id": "1", "lang": "zh", "question": "UDP 适合什么场合?", "gold_sections": ["net.md#UDP 有什么特点?"]}]
    own = _jsonl(tmp_path / "own.jsonl", questions)
    assert main(["retrieval", "--questions", own, "--library", files["library"], "--json"]) == 0
    assert main(["retrieval", "--questions", own, "--questions", own, "--library", files["library"]]) == 1
    assert "the id '1' occurs twice" in capsys.readouterr().err
    assert main(["retrieval", "--questions", files["questions"], "--library", files["library"]]) == 1
    assert "question '1': there is no section 'tcp'" in capsys.readouterr().err


def test_a_report_is_written_as_json_and_as_a_page(files: dict[str, str], tmp_path: Path) -> None:
    arguments = ["answers", "--questions", files["questions"], "--sections", files["sections"], "--library", files["library"]]
    assert main([*arguments, "--out", str(tmp_path / "one")]) == 0
    assert main([*arguments, "--out", str(tmp_path / "two"), "--lang", "en"]) == 0
    report = load(tmp_path / "one")
    assert report.figure("key facts").value == 0.5
    assert report.figure("declined").count == 2
    first, second = (json.loads((tmp_path / name / "report.json").read_text(encoding="utf-8")) for name in ("one", "two"))
    assert (first.pop("lang"), second.pop("lang")) == ("zh", "en")
    assert first.pop("timing").keys() == second.pop("timing").keys()
    assert first == second
    assert "没有的事实" in (tmp_path / "one" / "report.html").read_text(encoding="utf-8")
    assert "facts missing" in (tmp_path / "two" / "report.html").read_text(encoding="utf-8")


def test_an_llm_is_measured_beside_the_reader(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage

    written = AIMessage(
        content="两次握手时服务器无法确认客户端收到了应答。[1]",
        usage_metadata={"input_tokens": 30, "output_tokens": 10, "total_tokens": 40},
    )
    model = GenericFakeChatModel(messages=iter([written] * 9), name="fake:llm")
    settings = Settings(library=files["library"])
    sections, cases = load_sections(Path(files["sections"])), load_cases(Path(files["questions"]))
    with Library.open(settings.library_folder, settings) as library:
        report = beside_model(cases[:1], library, sections, model)
    assert [part.name for part in report.parts] == ["answers: reader", "answers: fake:llm"]
    assert report.figure("key facts", "answers: fake:llm").value == 1.0
    assert report.figure("written by the model", "answers: fake:llm").value == 1.0
    shown = printed(report)
    assert "reader" in shown.splitlines()[0]
    assert "fake:llm" in shown.splitlines()[0]


def test_beir(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "toy"
    (folder / "qrels").mkdir(parents=True)
    texts = {
        "d1": "TCP 三次握手让双方确认对方的收发能力。",
        "d2": "UDP 不建立连接,适合直播和语音。",
        "d3": "蛋糕要在烤箱里烤四十分钟。",
    }
    _jsonl(folder / "corpus.jsonl", [{"_id": name, "title": "", "text": text} for name, text in texts.items()])
    queries = [{"_id": "q1", "text": "TCP 三次握手"}, {"_id": "q2", "text": "蛋糕烤多久"}, {"_id": "q3", "text": "没有判断"}]
    _jsonl(folder / "queries.jsonl", [dict(query) for query in queries])
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t1\nq2\td2\t1\n", encoding="utf-8")
    assert main(["retrieval", "--beir", str(folder), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    with_best = 2 / 1 + 1 / np.log2(3)
    assert figures["recall@100"] == 1.0
    assert figures["ndcg@10"] in [
        pytest.approx((first + second) / 2, abs=1e-6)
        for first in (1.0, (2 + 1 / 2) / with_best)  # the second relevant one is second or third
        for second in (1 / np.log2(3), 1 / 2)
    ]
    assert main(["retrieval", "--beir", str(folder), "--limit", "1", "--mode", "lexical"]) == 0
    assert "n=1" in capsys.readouterr().out
    (folder / "qrels" / "test.tsv").write_text("q1 d1 1\n", encoding="utf-8")
    assert main(["retrieval", "--beir", str(folder)]) == 0  # the only line is taken for the heading
    (folder / "qrels" / "test.tsv").write_text("q1\td1\t1\nq2 d2 1\n", encoding="utf-8")
    assert main(["retrieval", "--beir", str(folder)]) == 1
    assert "test.tsv: line 2 is not" in capsys.readouterr().err
    assert main(["retrieval", "--beir", str(tmp_path)]) == 1
    assert "corpus.jsonl: is not there" in capsys.readouterr().err


def test_wrong_usage_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retrieval"]) == 2
    assert main(["answers"]) == 2
    assert "give --questions FILE" in capsys.readouterr().err


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


@pytest.mark.parametrize("server_is", ["telling", "silent", "refusing"])
def test_the_tokens_of_an_llm_are_those_that_its_server_tells_or_none(
    files: dict[str, str], server_is: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("langchain_openai", reason="langchain-openai is not installed")
    from tests.rag.openai_server import OpenAIServer, Reply

    def reply(request: dict[str, object]) -> Reply:
        if server_is == "refusing" and "stream_options" in request:
            return Reply(status=400)
        return Reply(text="两次握手时服务器无法确认客户端收到了应答。[1]", counts=server_is == "telling")

    monkeypatch.setenv("FOOTNOTE_MODEL_KEY", "sk-planted")
    arguments = ["answers", "--questions", files["questions"], "--sections", files["sections"], "--library", files["library"]]
    with OpenAIServer(reply) as server:
        assert main([*arguments, "--model", "openai:x", "--model-url", server.url, "--out", str(tmp_path / "out")]) == 0
        asked = len(server.requests) - 1  # the first finds out whether the server tells
    timing = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["timing"]
    tokens = {name.rpartition(": ")[2]: value for name, value in timing.items() if "tokens" in name}
    cases = len(load_cases(Path(files["questions"])))
    expected = {"tokens read an answer": 30 * asked / cases, "tokens written an answer": 10 * asked / cases}
    assert asked > 0
    assert tokens == (pytest.approx(expected) if server_is == "telling" else {})
    assert load(tmp_path / "out").figure("key facts", "answers: openai:x").value == 0.5
