"""The health report of one's own notes, over notes with everything wrong that it looks for."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from eval import notes
from eval.copies import copies, resemblance, shingles
from eval.questions import questions
from eval.report.record import Part, Report
from eval.run import main
from ingest.build import build
from ingest.settings import Settings
from ingest.store import Library
from ingest.types import Chunk

SAME = "TCP 三次握手让双方都确认对方的收发能力,两次握手时服务器无法确认客户端收到了应答,所以要三次。"
NET = f"""# 网络

## TCP 握手为什么要三次?

{SAME}

## UDP 有什么特点?

UDP 不建立连接,开销小,不保证到达和顺序,适合直播和语音。

## QUIC 是什么?

"""
LEFT = "RMSNorm 的 eps 取 1e-6，防止分母为零。"
RIGHT = "RMSNorm 的 eps 取 1e-3，防止分母为零。"
COPY = f"""# 抄来的

## 三次握手

{SAME}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("notes")
    (folder / "net.md").write_text(NET, encoding="utf-8")
    (folder / "copy.md").write_text(COPY, encoding="utf-8")
    settings = Settings(library=str(folder / "library"))
    build([folder / "net.md", folder / "copy.md"], settings)
    with Library.open(settings.library_folder, settings) as opened:
        yield opened


def test_notes_that_contradict_each_other_are_shown_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(f"# 归一化\n\n## RMSNorm 的 eps 取多少?\n\n{LEFT}\n", encoding="utf-8")
    (tmp_path / "b.md").write_text(f"# 摘抄\n\n## RMSNorm 的 eps\n\n{RIGHT}\n", encoding="utf-8")
    settings = Settings(library=str(tmp_path / "library"))
    build([tmp_path / "a.md", tmp_path / "b.md"], settings)
    with Library.open(settings.library_folder, settings) as opened:
        report = notes.run(opened)
    (found,) = [outcome for outcome in _part(report, "contradictions").outcomes if outcome.failures]
    assert found.failures[0][0] == "contradiction"
    assert {line.text for line in found.evidence} == {LEFT, RIGHT}
    assert {Path(line.note.partition(":")[0]).name for line in found.evidence} == {"a.md", "b.md"}
    assert report.figure("answers without a contradiction").value == 0.5  # told once, at the first question that shows it


def _part(report: Report, name: str) -> Part:
    return next(part for part in report.parts if part.name == name)


def test_the_report_names_what_is_wrong(library: Library) -> None:
    seen: list[tuple[int, int, str]] = []
    report = notes.run(library, progress=lambda *step: seen.append(step))
    assert [step[:2] for step in seen] == [(1, 3), (2, 3), (3, 3)]
    assert report.lang == "zh"

    headings = _part(report, "headings")
    assert {outcome.id for outcome in headings.outcomes} == {
        "net.md#网络 › TCP 握手为什么要三次?",
        "net.md#网络 › UDP 有什么特点?",
        "copy.md#抄来的 › 三次握手",
    }
    udp = next(outcome for outcome in headings.outcomes if "UDP" in outcome.id)
    assert (udp.values["recall@1"], udp.values["own section cited"], udp.failures) == (1.0, 1.0, ())
    assert report.figure("faithfulness").value == 1.0

    (blank,) = [outcome for outcome in _part(report, "blank headings").outcomes if outcome.failures]
    assert blank.id == "net.md#网络 › QUIC 是什么?"
    assert blank.evidence[0].note.endswith("net.md:11")
    assert report.figure("headings written").value == 0.75

    (copied,) = [outcome for outcome in _part(report, "copies").outcomes if outcome.failures]
    assert copied.failures == (("exact copy", ""),)
    assert {line.text for line in copied.evidence} == {SAME}
    assert report.figure("passages reached").count == 3


def test_the_command_prints_what_is_wrong(library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["notes", "--library", str(library.folder), "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "空标题" in told
    assert "内容重复" in told
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "笔记体检" in page
    assert "发现的问题" in page


@pytest.mark.parametrize(
    ("trail", "made"),
    [
        (
            ("位置编码", "什么是绝对位置编码?"),
            {"heading": "什么是绝对位置编码?", "keywords": "绝对位置编码", "alias": "什么是 absolute position encoding ?"},
        ),
        (("网络", "3. UDP"), {"heading": "What is UDP?", "keywords": None}),
        (("3.2 归一化", "优点"), {"heading": "归一化的优点是什么？", "spoken": "讲一下归一化的优点"}),
        (("一、**RoPE** 的思路是什么?",), {"heading": "RoPE 的思路是什么?"}),
        (
            ("Why does batch normalization help?",),
            {"heading": "Why does batch normalization help?", "keywords": "batch normalization help"},
        ),
        (("## ",), {"heading": None}),
        ((), {"heading": None}),
    ],
)
def test_headings_make_questions(trail: tuple[str, ...], made: dict[str, str | None]) -> None:
    found = questions(trail)
    assert {form: found.get(form) for form in made} == made


def _chunk(number: int, text: str) -> Chunk:
    return Chunk(id=str(number), document_id="d", trail=("t",), text=text, start=0, end=len(text), page=None, lines=(1, 1))


def test_copies_are_found_whatever_their_spaces_and_few_changed_words() -> None:
    changed = SAME.replace("所以要三次", "因此要三次")
    texts = [SAME, "UDP 不建立连接,开销小,不保证到达和顺序,适合直播。", SAME.replace(",", ", "), changed, "短句", "短句"]
    vectors = np.array([[1, 0], [0, 1], [1, 0], [1, 0], [1, 0], [1, 0]], dtype=np.float32)
    found = copies([_chunk(number, text) for number, text in enumerate(texts)], vectors)
    assert [(copy.first.id, copy.second.id) for copy in found] == [("0", "2"), ("0", "3")]
    assert found[0].resemblance == 1
    expected = resemblance(shingles("".join(SAME.split()).lower()), shingles("".join(changed.split()).lower()))
    assert found[1].resemblance == pytest.approx(expected)
    assert 0.6 < expected < 1
    assert copies([], np.zeros((0, 2), dtype=np.float32)) == []


def test_copies_are_found_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.copies._BLOCK", 2)
    texts = [f"第 {number} 段各写各的内容,互相之间没有什么相同,{chr(0x4E00 + 97 * number) * 30}" for number in range(6)] + [SAME]
    texts[1] = SAME
    vectors = np.eye(7, dtype=np.float32)
    vectors[6] = vectors[1]
    found = copies([_chunk(number, text) for number, text in enumerate(texts)], vectors)
    assert [(copy.first.id, copy.second.id) for copy in found] == [("1", "6")]


def test_resemblance_is_the_jaccard_of_shingles() -> None:
    assert shingles("abcdefg") == {"abcde", "bcdef", "cdefg"}
    assert shingles("abc") == {"abc"}
    assert resemblance(shingles("abcdefg"), shingles("abcdefx")) == 2 / 4
    assert resemblance(frozenset(), frozenset()) == 0.0
