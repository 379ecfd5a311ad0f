"""The tab that checks: answers sentence by sentence, evaluations with their reports and history, and both in a real browser."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from eval.report.record import Figure, Line, Outcome, Report, part
from ingest.build import build
from ingest.errors import UnreadableFile
from ingest.settings import Settings
from ingest.store import Library
from rag.verify import Check, Verification
from ui.web import check_html as html
from ui.web import runs as runs_module
from ui.web.check import CheckTab
from ui.web.desk import Desks, Visit
from ui.web.measuring import copies, headlines, kind_of, measure, page
from ui.web.runs import Runs
from ui.web.strings import STRINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.types import Verdict

ROOT = Path(__file__).resolve().parents[2]
EN, ZH = STRINGS["en"], STRINGS["zh"]
NOTE = """# 归一化

## LayerNorm 和 BatchNorm 有什么区别?

LayerNorm 对同一个样本的所有特征求均值和方差，不依赖批次的大小。BatchNorm 对同一个特征在一个批次的所有样本上求均值和方差。

## RMSNorm 去掉了哪一步?

RMSNorm 去掉了减均值这一步，只除以均方根，计算更省。

## DeepNorm 是什么?
"""
COPY = "# 抄来的\n\n## 另一处\n\n" + NOTE.split("\n\n")[2] + "\n"
PAYLOADS: list[str] = json.loads((ROOT / "tests/ui/web/payloads.json").read_text(encoding="utf-8"))
HOSTILE = (
    "</style></iframe><script>top.ran=1;parent.ran=1</script><img src=http://evil.example/x onerror=top.ran=1>\"'>"
    + "\n".join(PAYLOADS)
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("check")
    (folder / "notes").mkdir()
    (folder / "notes" / "归一化.md").write_text(NOTE, encoding="utf-8")
    (folder / "notes" / "copy.md").write_text(COPY, encoding="utf-8")
    made = Settings(library=str(folder / "library"))
    build([folder / "notes"], made)
    return made


@pytest.fixture
def library(settings: Settings) -> Iterator[Library]:
    with Library.open(settings.library_folder, settings) as opened:
        yield opened


def check(text: str, verdict: Verdict, support: float, *, reason: str = "", evidence: str = "") -> Check:
    return Check(text=text, support=support, verdict=verdict, evidence=evidence, reason=reason)


# ------------------------------------------------------------------------------------------ an answer


def test_each_verdict_is_told_in_shape_and_words() -> None:
    verdicts: tuple[Verdict, ...] = ("supported", "partial", "unsupported", "contradicted")
    sentences = tuple(check(f"S{n}.", verdict, n / 4, reason=f"R{n}", evidence=f"E{n}") for n, verdict in enumerate(verdicts))
    shown = html.verification_html(Verification(faithfulness=0.25, verdict="unfaithful", sentences=sentences), EN)
    assert "Faithfulness 25%. Claims: 4, supported: 1." in shown
    for upto, said in enumerate(["Every sentence has a basis", "only partly", "have no basis", "are contradicted"], 1):
        head = html.verification_html(Verification(faithfulness=0.5, verdict="unfaithful", sentences=sentences[:upto]), EN)
        assert said in head.split("</strong>")[0], "the worst is said"
    for n, (verdict, sign) in enumerate(zip(verdicts, "✓◐○✕", strict=True)):
        item = shown.split("<li ")[n + 1]
        assert f"fn-is-{verdict}" in item
        assert f"{sign} {EN[verdict]}" in item
        assert f"support {25 * n}%" in item
        assert f"R{n}" in item
        assert f"<blockquote>E{n}</blockquote>" in item


def test_an_answer_that_claims_nothing_says_so() -> None:
    shown = html.verification_html(
        Verification(faithfulness=None, verdict="no-claim", sentences=(check("你好。", "no-claim", 0.0),)),  # type: ignore[arg-type]
        ZH,
    )
    assert ZH["nothing_claimed"] in shown
    assert ZH["no-claim"] in shown
    assert "<meter" not in shown


def test_no_text_of_an_answer_becomes_markup() -> None:
    sentence = check(HOSTILE, "partial", 0.5, reason=HOSTILE, evidence=HOSTILE + "\x00\u202e")
    shown = html.verification_html(Verification(faithfulness=0.0, verdict="unfaithful", sentences=(sentence,)), EN)
    shown += html.measuring_html(1, 2, HOSTILE, EN)
    assert not re.search(r"<(?:script|img|/style|/iframe)", shown)
    assert not re.search("[\x00\u202e]", shown)


# ------------------------------------------------------------------------------------------ what is measured


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        ({"id": 1, "question": "q", "gold_sections": []}, "answers"),
        ({"user_input": "q", "response": "a", "retrieved_contexts": ["c"]}, "faithfulness"),
        ({"question": "q", "answer": "a", "contexts": ["c"]}, "faithfulness"),
        ({"question": "q", "answer": "a", "contexts": ["c"], "label": "faithful"}, "verifier"),
    ],
)
def test_a_file_is_measured_for_what_it_holds(first: dict[str, object], kind: str, tmp_path: Path) -> None:
    lines, listed = tmp_path / "a.jsonl", tmp_path / "a.json"
    lines.write_text("\n" + json.dumps(first) + '\n{"other": 1}\n', encoding="utf-8")
    listed.write_text(json.dumps([first]), encoding="utf-8")
    assert kind_of(lines) == kind_of(listed) == kind


@pytest.mark.parametrize("text", ["", "no json", "[]", "1", '{"title": "x"}', "[1]"])
def test_a_file_that_holds_neither_is_refused_with_its_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableFile, match=r"^a\.jsonl: "):
        kind_of(tmp_path / "a.jsonl")


def test_questions_over_ones_own_notes_are_measured(library: Library, tmp_path: Path) -> None:
    cases = [
        {"id": "1", "question": "RMSNorm 去掉了哪一步?", "lang": "zh", "gold_sections": ["归一化.md#RMSNorm 去掉了哪一步?"]},
        {"id": "2", "question": "红烧肉怎么做?", "lang": "zh", "behaviour": "abstain"},
    ]
    (tmp_path / "q.jsonl").write_text("\n".join(json.dumps(case) for case in cases), encoding="utf-8")
    steps: list[tuple[int, int]] = []
    report = measure(library, tmp_path / "q.jsonl", "en", lambda done, total, _: steps.append((done, total)))
    assert (report.kind, report.lang) == ("answers", "en")
    assert report.figure("right section cited").value == 1.0
    assert report.figure("declined").value == 1.0
    assert steps[-1] == (2, 2)
    assert ("right section cited", 1.0) in [(figure.name, figure.value) for figure in headlines(report)]


def test_what_progress_raises_ends_the_run(library: Library) -> None:
    class Enough(Exception):
        pass

    def stop(done: int, total: int, what: str) -> None:
        raise Enough

    with pytest.raises(Enough):
        measure(library, None, "zh", stop)


def test_copies_are_found(library: Library) -> None:
    ((likeness, first, second),) = copies(library)
    assert likeness == 1.0
    assert first.text == second.text
    assert {library.path(chunk.document_id).rsplit("/", 1)[1] for chunk in (first, second)} == {"归一化.md", "copy.md"}


# ------------------------------------------------------------------------------------------ runs


def report(value: float = 0.5, text: str = "q") -> Report:
    outcomes = [
        Outcome(
            id=str(n), values={"key facts": value}, failures=(("facts missing", text),), question=text, answer=(Line(text=text),)
        )
        for n in range(2)
    ]
    made = part(f"part {text}", outcomes, [Figure(name="key facts", headline=True)])
    return Report(kind="answers", parts=(made, part("second", outcomes, [Figure(name="key facts")])), lang="zh")


def test_a_run_is_kept_with_its_report_and_found_again(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    assert runs.all() == []
    run = runs.save(report(0.5), "q.jsonl", 1.5)
    assert [(figure.name, figure.value) for figure in run.figures] == [("key facts", 0.5)]
    assert Runs(tmp_path).all() == [run]
    folder = tmp_path / "runs" / run.id
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "report.json", "summary.json"]
    assert "要点齐全" in runs.html(run.id, "zh")
    assert "要点齐全" not in runs.html(run.id, "en")
    runs.delete(run.id)
    assert runs.all() == []
    assert runs.html(run.id, "zh") == ""


def test_two_runs_can_be_compared_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from eval.run import main

    runs = Runs(tmp_path)
    ids = [runs.save(report(value), "", 0.0).id for value in (0.0, 1.0)]
    assert main(["compare", *(str(tmp_path / "runs" / each) for each in ids)]) == 0
    assert "key facts" in capsys.readouterr().out


def test_only_runs_are_listed_opened_and_deleted(tmp_path: Path) -> None:
    (tmp_path / "runs" / "other").mkdir(parents=True)
    (tmp_path / "runs" / "20260101-000000-000").mkdir()
    (tmp_path / "runs" / "20260101-000000-001").mkdir()
    (tmp_path / "runs" / "20260101-000000-001" / "summary.json").write_text('{"figures": [], "x": 1}', encoding="utf-8")
    (tmp_path / "secret").mkdir()
    runs = Runs(tmp_path)
    assert runs.all() == []
    for name in ("other", "../secret", "..", "", "20260101-000000-000/../../secret"):
        assert runs.html(name, "zh") == ""
        runs.delete(name)
    assert (tmp_path / "secret").is_dir()
    assert (tmp_path / "runs" / "other").is_dir()


def test_the_oldest_run_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_module, "MOST", 2)
    clock = iter([1_700_000_000.0, 1_700_000_001.0, 1_700_000_002.0])
    monkeypatch.setattr(runs_module.time, "time", lambda: next(clock))
    runs = Runs(tmp_path)
    ids = [runs.save(report(), str(n), 0.0).id for n in range(3)]
    assert [run.id for run in runs.all()] == [ids[2], ids[1]]


def test_a_report_stands_in_a_frame_that_may_do_nothing() -> None:
    shown = html.report_html(page(report(text=HOSTILE)), EN)
    assert shown.startswith('<iframe class="fn-report"')
    assert ' sandbox="" ' in shown
    assert shown.count("<") == 2, "the report is one attribute"
    assert "<script" not in page(report(text=HOSTILE))
    assert 'href="about:srcdoc#part-1"' in page(report())
    assert html.report_html("", EN) == f'<p class="fn-remark" role="status">{EN["no_report"]}</p>'


def test_the_list_of_runs_escapes_names_and_figures(tmp_path: Path) -> None:
    run = Runs(tmp_path).save(report(), HOSTILE, 0.0)
    shown = html.runs_html([run], ZH, run.id)
    assert "<script" not in shown
    assert "<img" not in shown
    assert "要点齐全 0.50" in shown
    assert 'aria-current="true"' in shown
    assert ZH["no_runs"] in html.runs_html([], ZH)


def test_a_page_that_is_closed_before_its_run_began_blocks_nobody(settings: Settings) -> None:
    desks = Desks(settings)
    tab, visit = CheckTab(), Visit(desk=desks.of(None), page="p")
    closed = tab.measure_notes(visit, "en")
    next(closed)
    (busy,) = tab.measure_notes(visit, "en")
    assert EN["run_busy"] in busy[0]
    closed.close()  # type: ignore[attr-defined]
    *_, last = tab.measure_notes(visit, "en")
    assert "fn-report" in last[2]
    kept = Runs(settings.library_folder)
    kept.delete(kept.all()[0].id)
    desks.close()


# ------------------------------------------------------------------------------------------ in a browser


@pytest.fixture(scope="module")
def site(settings: Settings) -> Iterator[str]:
    Runs(settings.library_folder).save(report(text=HOSTILE), "hostile.jsonl", 1.0)
    command = [sys.executable, "-m", "ui", "serve", "--library", settings.library, "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, encoding="utf-8") as server:
        assert server.stderr is not None
        found = re.search(r"listening on (\S+) ", server.stderr.readline())
        assert found is not None
        threading.Thread(target=server.stderr.read, daemon=True).start()
        yield found[1]
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def tab(chromium: str, site: str) -> Iterator[Any]:
    """The tab; at the end no request has left this machine and nothing has run."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need the extra 'test' (playwright)")
    with playwright.sync_playwright() as made:
        browser = made.chromium.launch(executable_path=chromium)
        context = browser.new_context(locale="zh-CN", viewport={"width": 1100, "height": 800})
        elsewhere: list[str] = []

        def look(route: Any) -> None:
            if re.match(rf"{re.escape(site)}/|data:|blob:", route.request.url):
                route.continue_()
            else:
                elsewhere.append(route.request.url)
                route.abort()

        context.route("**/*", look)
        shown = context.new_page()
        shown.set_default_timeout(30_000)
        shown.goto(f"{site}/#check")
        shown.locator("#fn-runs .fn-run").wait_for()
        yield shown
        assert shown.evaluate("window.ran") is None
        assert elsewhere == []
        browser.close()


def test_an_answer_is_checked_against_pasted_passages(tab: Any) -> None:
    tab.click("#fn-check-go")
    tab.locator("#fn-check-result").get_by_text(ZH["check_empty"]).wait_for()
    tab.fill("#fn-check-answer textarea", f"RMSNorm 去掉了减均值这一步。LayerNorm 是 1950 年提出的。{HOSTILE}")
    tab.fill("#fn-check-passages textarea", f"RMSNorm 去掉了减均值这一步，只除以均方根。\n\n{HOSTILE}")
    tab.click("#fn-check-go")
    tab.locator(".fn-checks li").first.wait_for()
    tab.wait_for_function("document.querySelector('.fn-verdict').getBoundingClientRect().top < innerHeight / 2")
    assert "fn-is-supported" in (tab.locator(".fn-checks li").first.get_attribute("class") or "")
    assert "fn-is-supported" not in (tab.locator(".fn-checks li").nth(1).get_attribute("class") or "")
    assert tab.locator("#fn-check-result :is(script, img, iframe)").count() == 0


def test_an_answer_is_checked_against_a_note(tab: Any) -> None:
    tab.fill("#fn-check-answer textarea", "LayerNorm 不依赖批次的大小。")
    tab.fill("#fn-check-passages textarea", "")
    tab.click("#fn-check-note input")
    tab.get_by_role("option", name="归一化.md").click()
    tab.click("#fn-check-go")
    tab.locator(".fn-checks li.fn-is-supported", has_text="LayerNorm 不依赖批次的大小").wait_for()
    assert tab.locator(".fn-checks li").count() == 1


def test_the_notes_are_measured_and_the_report_read_within_the_page(tab: Any) -> None:
    before = tab.locator("#fn-runs .fn-run").count()
    tab.click("#fn-measure-notes")
    frame = tab.frame_locator("iframe.fn-report")
    frame.locator("h1").wait_for()
    assert "笔记体检" in frame.locator("h1").inner_text()
    assert frame.locator("svg").count() > 0
    assert tab.locator("#fn-runs .fn-run").count() == before + 1
    assert tab.locator("#fn-runs .fn-run").first.get_attribute("aria-current") == "true"
    frame.locator("nav a").nth(1).click()
    tab.wait_for_timeout(300)
    assert "笔记体检" in frame.locator("h1").inner_text(), "a link of the report stays in the report"


def test_a_hostile_report_runs_nothing(tab: Any) -> None:
    tab.locator(".fn-run", has_text="hostile.jsonl").click()
    frame = tab.frame_locator("iframe.fn-report")
    frame.get_by_text("top.ran=1").first.wait_for()
    assert frame.locator("script, img, iframe").count() == 0
    tab.wait_for_timeout(300)


def test_a_file_of_questions_is_measured_and_a_wrong_one_refused(tab: Any, tmp_path: Path) -> None:
    good, wrong = tmp_path / "questions.jsonl", tmp_path / "wrong.jsonl"
    good.write_text(
        json.dumps({"id": "1", "question": "RMSNorm 去掉了哪一步?", "gold_sections": ["归一化.md#RMSNorm 去掉了哪一步?"]}),
        encoding="utf-8",
    )
    wrong.write_text("no json", encoding="utf-8")
    choose = tab.locator("input[type=file]:not(.fn-pick input)").last
    choose.set_input_files(wrong)
    tab.locator("#fn-measure-status .fn-error").wait_for()
    assert "wrong.jsonl" in tab.locator("#fn-measure-status").inner_text()
    choose.set_input_files(good)
    tab.locator(".fn-run", has_text="questions.jsonl").wait_for()
    run = tab.locator("#fn-runs li", has=tab.locator(".fn-run", has_text="questions.jsonl"))
    run.locator("button[name=delete-run]").click()
    tab.locator("#fn-measure-status").get_by_text(ZH["run_deleted"]).wait_for()
    assert tab.locator(".fn-run", has_text="questions.jsonl").count() == 0


def test_nothing_is_wider_than_the_window(tab: Any) -> None:
    for width in (360, 390, 768, 1280, 1920):
        tab.set_viewport_size({"width": width, "height": 700})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
