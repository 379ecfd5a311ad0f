"""Reports: their figures, their JSON there and back, the page, the comparison."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from eval.compare import compare, worse
from eval.report.page import html
from eval.report.plots import svg
from eval.report.record import Figure, Line, Outcome, Plot, Report, joined, language, load, part, save, save_figures, to_json
from eval.report.strings import _TABLE, figure_name
from eval.report.text import compared_lines, flat, printed
from eval.run import main
from ingest.errors import UnreadableFile

EVIL = '<script>alert("1")</script><img src=http://example.org/x.png> & "quoted"'
FIGURES = (
    Figure(name="right", headline=True),
    Figure(name="zh.right", values=("right",), where={"lang": "zh"}),
    Figure(name="AURC", of="aurc", values=("confidence", "error"), better="lower"),
    Figure(name="never measured"),
)


def _report(right: list[float], kind: str = "answers") -> Report:
    outcomes = [
        Outcome(
            id=f"q{number}",
            tags={"lang": "zh" if number % 2 else "en"},
            values={"right": value, "confidence": number / 10, "error": 1 - value, "other": None},
            failures=() if value else (("facts missing", EVIL),),
            question=f"问题 {number} {EVIL}",
            answer=(Line(text=EVIL, note="数字不同", verdict="unsupported", support=0.25),),
            evidence=(Line(text=EVIL, note=EVIL),),
            expected=EVIL,
        )
        for number, value in enumerate(right)
    ]
    plots = (
        Plot(kind="risk-coverage", name="x", values=("confidence", "error")),
        Plot(kind="reliability", name="confidence", values=("confidence", "right")),
        Plot(kind="distribution", name="confidence", values=("confidence",), by="lang"),
        Plot(kind="distribution", name="no case has it", values=("other",)),
    )
    return Report(kind=kind, parts=(part("answers", outcomes, FIGURES, plots),), lang="zh", timing={"seconds": 0.5})


def test_figures_are_statistics_of_the_values_of_their_cases() -> None:
    report = _report([1.0, 0.0, 1.0, 1.0])
    assert [figure.name for figure in report.parts[0].figures] == ["right", "zh.right", "AURC"]
    assert (report.figure("right").value, report.figure("right").count) == (0.75, 4)
    assert (report.figure("zh.right").value, report.figure("zh.right").count) == (0.5, 2)
    assert report.figure("AURC", "answers").value == pytest.approx((0 + 0 + 1 / 3 + 1 / 4) / 4, abs=1e-6)
    with pytest.raises(KeyError):
        report.figure("never measured")


def test_json_goes_there_and_back(tmp_path: Path) -> None:
    report = _report([1.0, 0.0, 1.0])
    save(report, tmp_path / "new" / "folder")
    assert load(tmp_path / "new" / "folder") == report
    assert to_json(report) == to_json(_report([1.0, 0.0, 1.0]))
    save_figures(report, tmp_path / "small.json")
    small = load(tmp_path / "small.json")
    assert small.parts[0].figures == report.parts[0].figures
    assert small.timing == {}
    assert {each.change for each in compare(small, report)} == {"same"}
    text = (tmp_path / "small.json").read_text(encoding="utf-8")
    assert "问题" not in text
    assert '\n["q1"' in text  # a case a line, for the one who reads a difference


@pytest.mark.parametrize("text", ["no json", "[]", '{"schema": 99}', '{"schema": 1}', '{"schema": 1, "parts": [{}]}'])
def test_what_is_no_report_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableFile, match=re.escape("report.json")):
        load(tmp_path)
    with pytest.raises(UnreadableFile):
        load(tmp_path / "none.json")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "srcset", "action", "data")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_needs_nothing_and_runs_nothing(lang: str) -> None:
    report = joined("all", [_report([1.0, 0.0, 0.0, 1.0]), _report([1.0, 1.0], "verifier")])
    text = html(Report(kind=report.kind, parts=report.parts, lang=lang, timing=report.timing))  # type: ignore[arg-type]
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert not {"script", "img", "link", "iframe", "object", "form"} & set(page.tags)
    assert page.addresses == ["#part-1", "#part-2"]
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text
    assert page.tags.count("svg") == 6
    assert text.count("&lt;script&gt;") == text.count("alert(") > 0


def test_failures_come_before_plots_and_tables() -> None:
    text = html(_report([1.0, 0.0, 1.0, 0.0]))
    assert text.index("主要指标" if "主要指标" in text else 'class="cards"') < text.index("<details") < text.index("<svg")
    assert text.count("<details") == 2
    assert "缺少要点" in text
    assert "数字不同" in text
    assert "[0.250, 1.000]" in text or "n = 4" in text
    assert "没有失败的用例" in html(_report([1.0, 1.0]))


def test_plots_show_the_values() -> None:
    outcomes = [
        Outcome(id=str(n), values={"score": score, "right": right}) for n, (score, right) in enumerate([(0.2, 0), (0.9, 1)])
    ]
    drawn = svg(Plot(kind="reliability", name="support", values=("score", "right")), outcomes, "en")
    assert "ECE 0.150" in drawn
    assert drawn.count("<circle") == 2
    assert "0.9–1.0: 0.90 → 1.00 (n = 1)" in drawn
    assert svg(Plot(kind="reliability", name="x", values=("score", "none")), outcomes, "en") == ""


def test_every_word_is_in_both_languages() -> None:
    assert all(len(pair) == 2 and all(pair) for pair in _TABLE.values())
    assert figure_name("zh.right section cited", "zh") == "中文 · 引对了小节"
    assert figure_name("AURC", "zh") == "AURC"
    assert language(["你好", "hello", "再见"]) == "zh"
    assert language(["hello"]) == "en"


def test_flat_and_printed_figures() -> None:
    report = _report([1.0, 0.0, 1.0, 1.0])
    figures = flat(report)
    assert figures["right"] == 0.75
    assert figures["right.interval"] == [report.figure("right").low, report.figure("right").high]
    assert figures["seconds"] == 0.5
    assert "answers: right" in flat(joined("all", [report, report]))
    assert printed(report).splitlines()[0].split() == ["right", "0.750", "[0.250,", "1.000]", "n=4"]
    assert "缺少要点" in printed(report, failures=True)


# ---------------------------------------------------------------------------------------------- comparison


def test_a_change_is_told_beyond_noise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = _report([float(number % 3 > 0) for number in range(60)])
    bad = _report([float(number % 3 > 0 and number >= 15) for number in range(60)])
    noise = _report([float(number % 3 > 0) if number else 1.0 for number in range(60)])
    changes = {each.name: each for each in compare(old, bad)}
    assert changes["right"].change == "worse"
    assert changes["right"].high is not None
    assert changes["right"].high < 0
    assert len(changes["right"].changed) == 10
    assert changes["AURC"].change in ("better", "worse", "same")
    assert {each.name: each.change for each in compare(bad, old)}["right"] == "better"
    assert {each.change for each in compare(old, noise)} == {"same"}
    assert compared_lines(compare(old, old)) == "same: no value of any case differs"
    assert "worse   answers: right 0.667 → 0.500" in compared_lines(compare(old, bad))

    for name, report in (("old", old), ("bad", bad)):
        save_figures(report, tmp_path / f"{name}.json")
    names = [str(tmp_path / "old.json"), str(tmp_path / "bad.json")]
    assert main(["compare", *names]) == 0
    assert main(["compare", *names, "--fail-if-worse", "--json"]) == 1
    assert main(["compare", *reversed(names), "--fail-if-worse"]) == 0
    assert main(["compare", names[0], str(tmp_path / "none.json")]) == 1


def test_smaller_is_better_where_a_figure_says_so() -> None:
    def one(errors: list[float]) -> Report:
        outcomes = [Outcome(id=str(number), values={"declined": value}) for number, value in enumerate(errors)]
        return Report(kind="x", parts=(part("x", outcomes, [Figure(name="declined", better="lower")]),), lang="en")

    assert compare(one([0.0] * 30), one([1.0] * 10 + [0.0] * 20))[0].change == "worse"
    assert compare(one([1.0] * 10 + [0.0] * 20), one([0.0] * 30))[0].change == "better"


def test_cases_that_only_one_report_has_do_not_count_and_a_lost_headline_is_worse() -> None:
    old, new = _report([1.0] * 10), _report([1.0] * 10 + [0.0] * 30)
    assert {each.name: (each.change, each.count) for each in compare(old, new)}["right"] == ("same", 10)
    empty = Report(kind="answers", parts=(), lang="zh")
    assert [(each.name, each.change) for each in worse(compare(old, empty))] == [("right", "gone")]
    assert worse(compare(empty, old)) == []
    assert json.loads(json.dumps([each.changed for each in compare(old, new)])) == [[], [], []]
