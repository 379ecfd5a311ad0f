"""The page in a real browser: the way a person uses it, and the ways a note could misuse it."""

from __future__ import annotations

import os
import re
import runpy
import socket
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingest.build import build
from ingest.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need the extra 'test' (playwright)")
expect = playwright.expect
ROOT = Path(__file__).resolve().parents[2]

NOTE = r"""# 归一化

## 1. LayerNorm 和 BatchNorm 有什么区别?

LayerNorm 对同一个样本的所有特征求均值和方差，不依赖批次的大小。BatchNorm 对同一个特征在一个批次的所有样本上求均值和方差。

## 2. RMSNorm 的公式是什么?

RMSNorm 去掉了减均值这一步，只除以均方根：

$$
y = \frac{x}{\sqrt{\frac{1}{d} \sum_i x_i^2 + \epsilon}} \cdot g
$$

## 3. DeepNorm 为什么能让模型训练到一千层?

## 4. 用 PyTorch 怎么写 LayerNorm?

用 PyTorch 写 LayerNorm 的代码如下：

```python
def layer_norm(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True, unbiased=False) + eps).sqrt() + beta
```
"""
HELPER = Path(__file__).with_name("hostile_page.py")
_HELPER = runpy.run_path(str(HELPER))
LONG: str = _HELPER["LONG"]
HOSTILE: list[str] = _HELPER["HOSTILE"]
WIDGETS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "sigma"]


def library(folder: Path, notes: dict[str, str], **settings: Any) -> Settings:
    (folder / "notes").mkdir()
    for name, text in notes.items():
        (folder / "notes" / name).write_text(text, encoding="utf-8")
    made = Settings(library=str(folder / "library"), **settings)
    build([folder / "notes"], made)
    return made


@contextmanager
def serve(settings: Settings, *command: str) -> Iterator[str]:
    """Run a server over a library in a process of its own; its address."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    arguments = (
        [*command, settings.library, port] if command else ["-m", "ui", "serve", "--library", settings.library, "--port", port]
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FOOTNOTE_MAX_FILE_BYTES": str(settings.max_file_bytes)}
    with subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as server:
        assert server.stderr is not None
        said = ""
        try:
            for line in server.stderr:
                said += line
                if found := re.search(r"listening on (\S+) ", line):
                    threading.Thread(target=server.stderr.read, daemon=True).start()
                    yield found[1]
                    break
            else:
                pytest.fail(f"the server did not start: {said}")
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over real notes and the real engine, by the command that people use."""
    with serve(library(tmp_path_factory.mktemp("site"), {"归一化.md": NOTE}, max_file_bytes=200_000)) as url:
        yield url


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    text = "# Note\n\n" + "\n\n".join(
        f"## Heading {n}\n\nSome words before it: {evil} and after it.\n" for n, evil in enumerate(HOSTILE)
    )
    with serve(library(tmp_path_factory.mktemp("hostile"), {"hostile.md": text}), str(HELPER)) as url:
        yield url


@pytest.fixture(scope="module")
def widget_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The real engine over notes that each hold something hostile, and the folder of its library."""
    folder = tmp_path_factory.mktemp("widgets")
    notes = {
        f"{name}.md": f"# {name}\n\n## What does the {name} widget do?\n\nThe {name} widget does {evil} every day at noon.\n"
        for name, evil in zip(WIDGETS, HOSTILE, strict=False)
    }
    with serve(library(folder, notes)) as url:
        yield url, folder


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium)
        yield started
        started.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page; at the end no script error, no dialog and no request to another host must have been seen."""
    contexts, seen = [], []

    def go(url: str, **options: Any) -> Any:
        context = browser.new_context(**{"locale": "zh-CN", "viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on(
            "request", lambda request: seen.append(request.url) if not request.url.startswith((url, "data:", "blob:")) else None
        )
        page.on("dialog", lambda dialog: (seen.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: seen.append(f"error {error}"))
        page.goto(url)
        page.wait_for_selector(".fn-suggestion")
        return page

    yield go
    for context in contexts:
        context.close()
    assert seen == []


def ask(page: Any, question: str) -> Any:
    """Ask, wait for the whole answer, and return it."""
    answers = page.locator("#fn-chat .fn-answer")
    count = answers.count()
    page.fill("#fn-question textarea", question)
    page.press("#fn-question textarea", "Enter")
    page.wait_for_function("count => document.querySelectorAll('#fn-chat .fn-answer').length > count", arg=count)
    answer = answers.nth(count)
    answer.locator("a.fn-chip[title*='·'], a.fn-near, .fn-why").first.wait_for()
    return answer


def test_an_answer_opens_its_sources(site: str, visit: Callable[..., Any]) -> None:
    page = visit(site)
    answer = ask(page, "LayerNorm 和 BatchNorm 有什么区别?")
    expect(answer).to_contain_text("不依赖批次的大小")
    chip = answer.locator("a.fn-chip").first
    assert "归一化.md" in (chip.get_attribute("title") or "")
    chip.click()
    panel = page.locator("#fn-source")
    expect(panel.locator("mark")).to_be_visible()
    quote = panel.locator("mark").inner_text()
    assert quote in NOTE
    assert quote in panel.locator(".fn-passage").inner_text()
    expect(panel.locator(".fn-trail")).to_contain_text("1. LayerNorm 和 BatchNorm 有什么区别?")
    expect(panel.locator(".fn-file")).to_contain_text("归一化.md · 第 ")
    assert page.evaluate("document.activeElement.tagName") == "H2"
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert page.evaluate("document.activeElement.className").startswith("fn-chip")
    page.keyboard.press("Space")
    expect(panel.locator("mark")).to_be_visible()


def test_the_panel_steps_through_the_footnotes(site: str, visit: Callable[..., Any]) -> None:
    page = visit(site)
    answer = ask(page, "RMSNorm 的公式是什么? LayerNorm 和 BatchNorm 有什么区别?")
    last = len(set(answer.locator("a.fn-chip").all_inner_texts()))
    answer.locator("a.fn-chip").first.click()
    heading = page.locator("#fn-source h2")
    previous, following = page.locator(".fn-step").first, page.locator(".fn-step").last
    expect(heading).to_have_text("脚注 1")
    expect(previous).to_be_disabled()
    for n in range(2, last + 1):
        following.click()
        expect(heading).to_have_text(f"脚注 {n}")
        expect(answer.locator(".fn-current").first).to_have_text(str(n))
    expect(following).to_be_disabled()


def test_formulas_and_code_are_rendered(site: str, visit: Callable[..., Any]) -> None:
    page = visit(site)
    answer = ask(page, "RMSNorm 的公式是什么?")
    expect(answer.locator(".katex-display .mfrac").first).to_be_visible()
    expect(answer).not_to_contain_text("$$")
    answer = ask(page, "用 PyTorch 怎么写 LayerNorm?")
    expect(answer.locator("pre code")).to_contain_text("def layer_norm(x, gamma, beta, eps=1e-5):\n    return")


def test_an_abstention_names_its_reason_and_the_nearest_notes(site: str, visit: Callable[..., Any]) -> None:
    page = visit(site)
    answer = ask(page, "DeepNorm 为什么能让模型训练到一千层?")
    expect(answer.locator(".fn-why")).to_have_text("空白标题")
    answer.locator("a.fn-near").first.click()
    expect(page.locator("#fn-source .fn-passage")).to_be_visible()


def test_a_follow_up_question_knows_the_chat_and_a_new_chat_does_not(site: str, visit: Callable[..., Any]) -> None:
    page = visit(site)
    ask(page, "RMSNorm 的公式是什么?")
    answer = ask(page, "它去掉了哪一步?")
    expect(answer).to_contain_text("减均值")
    page.click("#fn-new-button")
    expect(page.locator(".fn-suggestion").first).to_be_visible()
    expect(page.locator("#fn-chat .fn-answer")).to_have_count(0)


def test_enter_sends_but_not_what_is_being_composed(site: str, visit: Callable[..., Any]) -> None:
    page = visit(site)
    box = page.locator("#fn-question textarea")
    box.fill("RMSNorm")
    box.press("Shift+Enter")
    box.evaluate(
        """box => { for (const kind of ["keydown", "keypress", "keyup"])
            box.dispatchEvent(new KeyboardEvent(kind, {key: "Enter", isComposing: true, bubbles: true, cancelable: true})); }"""
    )
    page.wait_for_timeout(400)
    assert box.input_value() == "RMSNorm\n"
    expect(page.locator(".fn-question")).to_have_count(0)
    box.press("Enter")
    expect(page.locator(".fn-question")).to_have_text("RMSNorm")
    expect(box).to_have_value("")


def test_the_button_and_the_suggestions_send_too(site: str, visit: Callable[..., Any]) -> None:
    page = visit(site)
    first = page.locator(".fn-suggestion").first
    text = first.inner_text()
    assert text in NOTE
    assert not re.match(r"\d", text)
    first.click()
    expect(page.locator(".fn-question")).to_have_text(text)
    expect(page.locator("#fn-chat a.fn-chip[title]").first).to_be_visible()
    page.fill("#fn-question textarea", "RMSNorm 的公式是什么?")
    page.click("#fn-question button")
    expect(page.locator(".fn-question")).to_have_count(2)


def test_the_language_is_the_browsers_until_another_is_chosen(site: str, visit: Callable[..., Any]) -> None:
    page = visit(site, locale="en-US")
    expect(page.locator(".fn-welcome h2")).to_have_text("Ask your notes in your own words")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.click("#fn-language-button")
    expect(page.locator(".fn-welcome h2")).to_have_text("用自己的话问你的笔记")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("#fn-question textarea")).to_have_attribute("placeholder", "问一个问题，回车发送")
    page.reload()
    expect(page.locator(".fn-welcome h2")).to_have_text("用自己的话问你的笔记")


def test_light_and_dark_follow_the_system(site: str, visit: Callable[..., Any]) -> None:
    shades = []
    for scheme in ("light", "dark"):
        page = visit(site, color_scheme=scheme)
        color = page.evaluate("getComputedStyle(document.querySelector('.gradio-container')).backgroundColor")
        shades.append(sum(int(part) for part in re.findall(r"\d+", color)[:3]))
    assert shades[0] > 700
    assert shades[1] < 120


def test_uploaded_notes_are_read_or_refused_with_a_reason(
    widget_site: tuple[str, Path], visit: Callable[..., Any], tmp_path: Path
) -> None:
    url, folder = widget_site
    page = visit(url)
    page.click("#fn-notes-button")
    expect(page.locator("#fn-notes-list li")).to_have_count(len(WIDGETS))
    (tmp_path / "zebra.md").write_text(
        "# Zebras\n\n## Why do zebras have stripes?\n\nStripes confuse biting flies.\n", encoding="utf-8"
    )
    (tmp_path / "program.exe").write_bytes(b"MZ\x00\x01")
    page.locator("#fn-notes input[type=file]").set_input_files([tmp_path / "zebra.md", tmp_path / "program.exe"])
    outcomes = page.locator(".fn-outcomes li")
    expect(outcomes).to_have_count(2, timeout=15_000)
    expect(outcomes.nth(0)).to_have_text("zebra.md已添加")
    expect(outcomes.nth(1)).to_contain_text("program.exe没有读入: ")
    expect(page.locator("#fn-notes-button")).to_have_text(f"笔记 {len(WIDGETS) + 1}")
    page.click("#fn-notes-button")
    expect(ask(page, "Why do zebras have stripes?")).to_contain_text("biting flies")
    assert [path.name for path in (folder / "library-uploads").iterdir()] == ["zebra.md"]


def test_a_file_that_is_too_large_is_refused(site: str, visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit(site)
    page.click("#fn-notes-button")
    (tmp_path / "large.md").write_text("# Large\n\n" + "words " * 60_000, encoding="utf-8")
    page.locator("#fn-notes input[type=file]").set_input_files(tmp_path / "large.md")
    expect(page.locator("[data-testid=toast-body]").first).to_be_visible()
    expect(page.locator("#fn-notes-list li")).to_have_count(1)


def test_nothing_is_wider_than_the_window(hostile_site: str, visit: Callable[..., Any]) -> None:
    page = visit(hostile_site)
    page.fill("#fn-question textarea", LONG * 2)
    page.press("#fn-question textarea", "Enter")
    page.locator("#fn-chat a.fn-chip[title*='·']").first.wait_for()
    page.click("#fn-notes-button")
    page.locator("#fn-notes-list li").wait_for()
    for is_open in (False, True):
        if is_open:
            page.locator("#fn-chat a.fn-chip").last.click()
            page.locator("#fn-source mark").wait_for()
        for width in (360, 390, 768, 1024, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 700})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            if is_open:
                box = page.locator("#fn-source").bounding_box()
                assert box["x"] >= 0
                assert box["x"] + box["width"] <= width
                assert (box["y"] > 100) == (width <= 700), "a sheet from below on a phone, else a panel at the side"


def test_nothing_from_a_note_runs_or_calls_out(hostile_site: str, visit: Callable[..., Any]) -> None:
    page = visit(hostile_site)
    page.wait_for_timeout(300)
    for question in (*HOSTILE[:4], "nothing"):
        answer = ask(page, question)
        for link in answer.locator("a").all()[:3]:
            link.hover()
            link.click()
            page.locator("#fn-source mark").wait_for()
            page.wait_for_timeout(100)
    assert page.locator("#fn-chat a.fn-chip[title*='·']").count() == len(HOSTILE) * 4
    page.click("#fn-notes-button")
    page.wait_for_timeout(500)
    assert page.evaluate("window.ran") is None
    inside = "#fn-chat .md, #fn-source, #fn-start, #fn-notes"
    tags = page.evaluate(
        f"[...document.querySelectorAll('{inside}')].flatMap(at => [...at.querySelectorAll('script,iframe,img,object,embed,video,style,link,form,base,meta')])"
        ".map(found => found.outerHTML)"
    )
    assert tags == []
    links = page.evaluate("[...document.querySelectorAll('#fn-chat a, #fn-source a')].map(link => link.getAttribute('href'))")
    assert {re.sub(r"\d+", "N", link) for link in links} <= {"#fn-N-N", "#near-N-N"}
    handlers = page.evaluate(
        f"[...document.querySelectorAll('{inside}')].flatMap(at => [...at.querySelectorAll('*')])"
        ".filter(found => [...found.attributes].some(one => one.name.startsWith('on'))).length"
    )
    assert handlers == 0


def test_hostile_notes_through_the_real_engine(widget_site: tuple[str, Path], visit: Callable[..., Any]) -> None:
    page = visit(widget_site[0])
    for name in WIDGETS:
        answer = ask(page, f"What does the {name} widget do?")
        if answer.locator("a.fn-chip").count():
            answer.locator("a.fn-chip").first.click()
            page.locator("#fn-source mark").wait_for()
    assert page.locator("#fn-chat .fn-answer a.fn-chip").count() >= len(WIDGETS) // 2
    assert page.evaluate("window.ran") is None


def test_several_readers_at_once(site: str, visit: Callable[..., Any]) -> None:
    pages = [visit(site) for _ in range(3)]
    for page in pages:
        page.fill("#fn-question textarea", "LayerNorm 和 BatchNorm 有什么区别?")
        page.press("#fn-question textarea", "Enter")
    for page in pages:
        expect(page.locator("#fn-chat .fn-answer")).to_contain_text("不依赖批次的大小")
        expect(page.locator(".fn-question")).to_have_count(1)
