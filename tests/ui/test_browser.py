"""The page in a real browser: the way a person uses it, and the ways a note could misuse it."""

from __future__ import annotations

import json
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
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the browser tests need the extra 'test' (axe)")
expect = playwright.expect
ROOT = Path(__file__).resolve().parents[2]
HELPER = Path(__file__).with_name("hostile_page.py")
PAYLOADS = Path(__file__).with_name("web") / "payloads.json"
HOSTILE: list[str] = json.loads(PAYLOADS.read_text(encoding="utf-8"))
LONG: str = runpy.run_path(str(HELPER))["LONG"]

NOTE = r"""# 归一化

## 1. LayerNorm 和 BatchNorm 有什么区别?

LayerNorm 对同一个样本的所有特征求均值和方差，不依赖批次的大小。BatchNorm 对同一个特征在一个批次的所有样本上求均值和方差。

因此推理时 BatchNorm 用的是训练中累积的滑动平均。

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
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
BOX = "#fn-question textarea"


def library(folder: Path, notes: dict[str, str], **settings: Any) -> Settings:
    (folder / "notes").mkdir()
    for name, text in notes.items():
        (folder / "notes" / name).write_text(text, encoding="utf-8")
    made = Settings(library=str(folder / "library"), **settings)
    build([folder / "notes"], made)
    return made


@contextmanager
def serve(settings: Settings, *program: str) -> Iterator[str]:
    """Run a server over a library in a process of its own; its address. ``program``: another than the command, and what it
    takes after library and port.
    """
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = ["-m", "ui", "serve", "--library", settings.library, "--port", port]
    arguments = [program[0], settings.library, port, *program[1:]] if program else command
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
    notes = {"归一化.md": NOTE, "gears.md": "# Gears\n\n## Which way does a gear turn?\n\nA gear turns left at noon.\n"}
    with serve(library(tmp_path_factory.mktemp("site"), notes, max_file_bytes=200_000)) as url:
        yield url


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over next to nothing, for notes to be uploaded to."""
    with serve(
        library(tmp_path_factory.mktemp("empty"), {"gears.md": "# Gears\n\n## Which way?\n\nA gear turns left.\n"})
    ) as url:
        yield url


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    text = "# Note\n\n" + "\n\n".join(
        f"## Heading {n} {' '.join(evil.split())}\n\nSome words before it:\n\n{evil}\n\nand after it.\n"
        for n, evil in enumerate(HOSTILE)
    )
    name = "<img src=x onerror=window.ran=99> \"onmouseover='window.ran=99'.md" if os.name == "posix" else "hostile.md"
    with serve(library(tmp_path_factory.mktemp("hostile"), {name: text}), str(HELPER), str(PAYLOADS)) as url:
        yield url


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
        page.wait_for_selector(".fn-suggestion, .fn-below")
        return page

    yield go
    for context in contexts:
        context.close()
    assert seen == []


def ask(page: Any, question: str) -> Any:
    """Ask, wait for the whole answer, and return it."""
    answers = page.locator("#fn-chat .fn-answer")
    count = answers.count()
    page.fill(BOX, question)
    page.press(BOX, "Enter")
    page.wait_for_function("count => document.querySelectorAll('#fn-chat .fn-answer .fn-below').length > count", arg=count)
    return answers.nth(count)


def accessible(page: Any, where: str) -> None:
    """No violation that axe-core calls serious or critical."""
    found = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    bad = [(each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in ("serious", "critical")]
    assert bad == [], where


def widths(page: Any) -> tuple[int, int]:
    wide, window = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return wide, window


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_what_a_learner_does(device: dict[str, Any], empty_site: str, visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit(empty_site, **device)
    page.click("[name=open-notes]")
    (tmp_path / "归一化.md").write_text(NOTE, encoding="utf-8")
    page.locator("#fn-view-notes input[type=file]").first.set_input_files([tmp_path / "归一化.md"])
    page.locator("#fn-notes-list").get_by_text("归一化.md").first.wait_for()
    page.click("[name=open-ask]")

    answer = ask(page, "LayerNorm 和 BatchNorm 有什么区别? RMSNorm 的公式是什么?")
    second = answer.locator("button.fn-chip", has_text=re.compile("^2$")).first
    second.click()
    panel = page.locator("#fn-source")
    mark = panel.locator(".fn-passage mark").first
    expect(mark).to_be_visible()
    expect(panel.locator("h2").first).to_have_text("脚注 2")
    words = re.sub(r"\W", "", "".join(panel.locator(".fn-passage mark").all_inner_texts()))
    assert words[:12]
    assert words[:12] in re.sub(r"\W", "", NOTE)
    box, window = mark.bounding_box(), page.viewport_size
    assert 0 <= box["x"] < window["width"]
    assert 0 <= box["y"] < window["height"], "scrolled to the quote"
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()

    ask(page, "RMSNorm 的公式是什么?")
    assert "减均值" in ask(page, "它去掉了哪一步?").inner_text()
    refusal = ask(page, "DeepNorm 为什么能让模型训练到一千层?")
    expect(refusal.locator(".fn-why")).to_have_text("你有这个问题，还没有答案")

    page.click("[name=open-settings]")
    page.click("[name=language][value=en]")
    expect(page.locator("[name=open-ask]")).to_have_text("Ask")
    page.click("[name=theme][value=dark]")
    page.click("[name=open-ask]")
    shade = page.evaluate("getComputedStyle(document.querySelector('.gradio-container')).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", shade)[:3])) < 150
    expect(refusal.locator(".fn-why")).to_have_text("You have this question, but no answer yet")
    assert widths(page)[0] <= widths(page)[1]

    page.click("[name=open-talks]")
    with page.expect_download() as download:
        page.click("[name=export-markdown]")
    exported = Path(download.value.path()).read_text(encoding="utf-8")
    assert exported.startswith("# LayerNorm 和 BatchNorm 有什么区别")
    assert "[^1-1]: 归一化.md › 归一化 › 1. LayerNorm" in exported
    page.reload()
    expect(page.locator(".fn-question")).to_have_count(4)
    expect(page.locator("[name=open-ask]")).to_have_text("Ask")


def test_the_page_says_nothing_of_others(site: str, visit: Callable[..., Any]) -> None:
    sent = visit(site).request.get(site).text()
    head = sent[: sent.index("window.gradio_config")]
    assert not re.search("og:|twitter:|https?://", head)
    assert "<meta charset" in head


def test_the_tabs_stand_on_the_line_of_the_brand(site: str, visit: Callable[..., Any]) -> None:
    lines = visit(site).evaluate("""[...document.querySelectorAll(".fn-brand, .fn-bar nav button")].map((each) => {
        const probe = each.appendChild(document.createElement("span"));
        probe.style.display = "inline-block";
        return probe.getBoundingClientRect().bottom;
    })""")
    assert len(lines) == 5
    assert max(lines) - min(lines) < 0.1


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_a_long_formula_scrolls_in_its_box_below_a_short_head(
    device: dict[str, Any], visit: Callable[..., Any], tmp_path: Path
) -> None:
    heading = "焦点损失在大规模语言模型里的各种变体以及它们的公式是什么"
    terms = " + ".join(f"{letter}_{{{letter}}}^2" for letter in "abcdefghijklmnopqrstuvwxyz")
    brackets = rf"\left({terms}\right)"
    note = f"# {heading}\n\n## {heading}?\n\n焦点损失的公式如下：\n\n$$\n{terms}\n$$\n\n焦点损失也可以写成 ${brackets}$ 这样。\n"
    with serve(library(tmp_path, {f"{'很长的名字' * 8}.md": note})) as url:
        page = visit(url, **device)
        ask(page, "焦点损失的公式是什么?").locator("button.fn-chip").last.click()
        panel = page.locator("#fn-source")
        expect(panel.locator(".fn-formula .katex-html").first).to_be_visible()
        expect(panel.locator(".fn-wide")).to_have_count(1)
        assert panel.evaluate("each => each.scrollWidth - each.clientWidth") == 0
        for formula in (".fn-formula", ".fn-wide"):
            right = panel.locator(formula).first.evaluate("each => each.getBoundingClientRect().right")
            assert panel.locator(formula).first.evaluate("each => each.scrollWidth > each.clientWidth")
            assert right <= page.viewport_size["width"] - 16
        head = panel.locator("#fn-source-head").evaluate("each => each.offsetHeight")
        assert head < page.viewport_size["height"] * (0.14 if device else 0.25)


def test_the_panel_opens_steps_and_gives_the_focus_back(site: str, visit: Callable[..., Any]) -> None:
    page = visit(site)
    answer = ask(page, "RMSNorm 的公式是什么? LayerNorm 和 BatchNorm 有什么区别?")
    expect(answer.locator(".katex-display .mfrac").first).to_be_visible()
    last = len(set(answer.locator("button.fn-chip").all_inner_texts()))
    first = answer.locator("button.fn-chip").first
    assert "归一化.md" in (first.get_attribute("title") or "")
    first.focus()
    page.keyboard.press("Enter")
    heading = page.locator("#fn-source h2").first
    expect(heading).to_have_text("脚注 1")
    expect(page.locator("#fn-source .fn-trail")).to_contain_text("归一化")
    expect(heading).to_be_focused()
    expect(page.locator("#fn-source .fn-i-previous")).to_be_disabled()
    for n in range(2, last + 1):
        page.keyboard.press("ArrowRight") if n == 2 else page.click("#fn-source .fn-i-next")
        expect(heading).to_have_text(f"脚注 {n}")
        expect(answer.locator(".fn-current").first).to_have_text(str(n))
    expect(page.locator("#fn-source .fn-i-next")).to_be_disabled()
    expect(page.locator("#fn-source a[target=_blank]")).to_have_attribute("href", re.compile("^note/[0-9a-f]{16}$"))
    opened = page.request.get(f"{site}/{page.locator('#fn-source a[target=_blank]').get_attribute('href')}")
    assert (opened.headers["content-type"], opened.text()) == ("text/plain; charset=utf-8", NOTE)
    page.keyboard.press("Escape")
    expect(page.locator("#fn-source")).to_be_hidden()
    expect(first).to_be_focused()
    page.click(".fn-below [name=why]")
    expect(page.locator("#fn-source .fn-scores").first).to_contain_text("字词")


def test_an_answer_is_changed_repeated_rated_and_gone_on_from(site: str, visit: Callable[..., Any]) -> None:
    page = visit(site)
    ask(page, "RMSNorm 的公式是什么?")
    code = ask(page, "用 PyTorch 怎么写 LayerNorm?")
    expect(code.locator("pre code")).to_contain_text("def layer_norm(x, gamma, beta, eps=1e-5):\n    return")
    assert code.locator("pre").evaluate("block => getComputedStyle(block).maxHeight") == "none", "long code is not cut off"
    page.locator(".fn-asked").first.hover()
    page.locator("[name=edit]").first.click()
    expect(page.locator(BOX)).to_have_value("RMSNorm 的公式是什么?")
    page.fill(BOX, "Which way does a gear turn?")
    page.press(BOX, "Enter")
    expect(page.locator(".fn-question")).to_have_count(1)
    expect(page.locator(".fn-answer")).to_contain_text("A gear turns left at noon.")
    page.locator("[name=turn]").click()
    expect(page.locator(".fn-question")).to_have_count(2)
    page.locator("[name=again]").first.click()
    expect(page.locator("#fn-remark")).to_contain_text("结果没有变化")
    page.locator("[name=rate][value='0:-1']").click()
    slid = "Math.max(...[...document.querySelectorAll('#fn-chat, #fn-chat *')].map(each => each.scrollLeft))"
    assert page.evaluate(slid) == 0, "a click on the last button does not push the answers to the side"
    page.fill(".fn-comment input", "少了一步")
    page.keyboard.press("Enter")
    expect(page.locator("#fn-remark")).to_contain_text("记下了")
    page.locator("[name=fork]").first.click()
    expect(page.locator(".fn-question")).to_have_count(1)
    page.locator(".fn-follow .fn-suggestion").first.click()
    expect(page.locator(".fn-question")).to_have_count(2)
    page.click("[name=open-settings]")
    with page.expect_download() as download:
        page.click("[name=export-questions]")
    record = json.loads(Path(download.value.path()).read_text(encoding="utf-8").splitlines()[-1])
    assert (record["question"], record["why"]) == ("RMSNorm 的公式是什么?", "少了一步")


def test_conversations_are_found_renamed_deleted_and_brought_back(site: str, visit: Callable[..., Any]) -> None:
    page = visit(site)
    ask(page, "Which way does a gear turn?")
    page.click("[name=open-talks]")
    page.locator("#fn-talks-search").locator("input, textarea").fill("gear turn")
    item = page.locator("#fn-talks-list li", has_text="Which way does a gear turn?").first
    item.hover()
    item.locator("[name=retitle]").click()
    page.locator(".fn-retitle").fill("齿轮")
    page.keyboard.press("Enter")
    item = page.locator("#fn-talks-list li", has_text="齿轮")
    expect(item).to_have_count(1)
    item.hover()
    item.locator("[name=delete-talk]").click()
    expect(item).to_have_count(0)
    page.click("[name=restore-talk]")
    expect(item).to_have_count(1)
    page.click("[name=new]")
    expect(page.locator(".fn-question")).to_have_count(0)
    item.locator("[name=open-talk]").click()
    expect(page.locator(".fn-question")).to_have_text("Which way does a gear turn?")


def test_enter_sends_but_not_what_is_being_composed(site: str, visit: Callable[..., Any]) -> None:
    page = visit(site)
    box = page.locator(BOX)
    box.fill("RMSNorm")
    box.press("Shift+Enter")
    box.evaluate(
        """box => { for (const kind of ["keydown", "keypress", "keyup"])
            box.dispatchEvent(new KeyboardEvent(kind, {key: "Enter", isComposing: true, bubbles: true, cancelable: true})); }"""
    )
    page.wait_for_timeout(300)
    assert box.input_value() == "RMSNorm\n"
    expect(page.locator(".fn-question")).to_have_count(0)
    box.press("Enter")
    expect(page.locator(".fn-question")).to_have_text("RMSNorm")
    expect(box).to_have_value("")


def test_language_and_theme_are_the_browsers_until_another_is_chosen(site: str, visit: Callable[..., Any]) -> None:
    page = visit(site, locale="en-US", color_scheme="dark")
    expect(page.locator(".fn-welcome h2")).to_have_text("Ask your notes in your own words")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("body")).to_have_class(re.compile(r"\bdark\b"))
    page.click("[name=open-settings]")
    page.click("[name=language][value=zh]")
    page.click("[name=theme][value=light]")
    for _ in range(2):
        expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        expect(page.locator("body")).not_to_have_class(re.compile(r"\bdark\b"))
        expect(page.locator("[name=open-settings]")).to_have_attribute("aria-current", "page")
        page.reload()
        page.wait_for_selector(".fn-choice")


def test_everybody_can_use_it(site: str, visit: Callable[..., Any]) -> None:
    page = visit(site)
    accessible(page, "first sight")
    ask(page, "LayerNorm 和 BatchNorm 有什么区别?")
    page.locator("button.fn-chip").first.click()
    page.locator("#fn-source mark").first.wait_for()
    accessible(page, "an answer with its source")
    page.click("[name=why]")
    page.locator(".fn-whys").wait_for()
    page.click("[name=open-talks]")
    page.emulate_media(color_scheme="dark")
    accessible(page, "why, and conversations, in the dark")
    page.keyboard.press("Escape")
    for tab in ("notes", "check", "settings"):
        page.click(f"[name=open-{tab}]")
        page.wait_for_timeout(200)
        accessible(page, tab)


def test_nothing_is_wider_than_the_window(hostile_site: str, visit: Callable[..., Any]) -> None:
    page = visit(hostile_site)
    page.fill(BOX, LONG * 2)
    page.press(BOX, "Enter")
    page.locator(".fn-below").wait_for()
    for opened in ("", "source", "talks", "notes", "check", "settings"):
        if opened == "source":
            page.locator("button.fn-chip").last.click()
            page.locator("#fn-source mark").first.wait_for()
        elif opened == "talks":
            page.keyboard.press("Escape")
            page.click("[name=open-talks]")
        elif opened:
            page.keyboard.press("Escape")
            page.click(f"[name=open-{opened}]")
        for width in (360, 768, 1024, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 700})
            assert widths(page)[0] <= width, (opened, width)
            if opened == "source":
                box = page.locator("#fn-source").bounding_box()
                assert box["x"] >= 0
                assert box["x"] + box["width"] <= width
                assert (box["y"] > 100) == (width <= 700), "a sheet from below on a phone, else a panel at the side"


def test_nothing_runs_or_calls_out_from_anywhere(hostile_site: str, visit: Callable[..., Any]) -> None:
    page = visit(hostile_site)
    page.click("[name=open-talks]")
    expect(page.locator("#fn-talks-list li").nth(len(HOSTILE))).to_be_attached()
    page.locator("#fn-talks-list [name=open-talk]", has_text=re.compile("^everything")).click()
    expect(page.locator(".fn-question")).to_have_count(len(HOSTILE))
    page.locator(".fn-katex-done, .katex, .fn-below").first.wait_for()
    for number in range(0, len(HOSTILE), 16):
        page.evaluate("value => footnoteSignals.source(value)", f"fn-{number}-1")
        page.evaluate("document.body.classList.add('fn-source-open')")
        page.wait_for_function(
            "text => document.querySelector('#fn-source .fn-file')?.title.includes(text)", arg=HOSTILE[number][:9]
        )
        page.evaluate("value => footnoteSignals.why(value)", str(number))
        page.locator(".fn-whys .fn-near").first.wait_for()
    page.evaluate(
        "for (const shown of document.querySelectorAll('.fn-mark, .fn-reason, .fn-answer a')) shown.dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))"
    )
    page.keyboard.press("Escape")
    page.click("[name=new]")
    page.fill(BOX, HOSTILE[6])
    page.press(BOX, "Enter")
    expect(page.locator(".fn-below")).to_have_count(1)
    page.click("[name=open-settings]")
    for evil in HOSTILE[::8]:
        page.fill("#fn-model-name :is(input, textarea)", evil.replace("\n", " ")[:150])
        page.fill("#fn-model-url :is(input, textarea)", evil.replace("\n", " ")[:150])
        page.click("#fn-model-use")
        page.locator("#fn-model-said .fn-error").wait_for()
        page.evaluate("document.querySelector('#fn-model-said .fn-error').className = 'seen'")
    page.click("[name=open-notes]")
    page.locator("#fn-notes-list summary").first.click()
    page.wait_for_timeout(400)
    assert page.evaluate("window.ran") is None
    inside = "#fn-chat .md, #fn-source, #fn-start, #fn-talks-list, #fn-view-notes, #fn-model-said"
    bad = page.evaluate(
        f"""[...document.querySelectorAll('{inside}')].flatMap(at => [...at.querySelectorAll('*')]).filter(found =>
            found.matches('script,iframe,img,object,embed,video,audio,style,link,base,meta,svg:not(.katex svg),math:not(.katex math)') ||
            [...found.attributes].some(one => one.name.startsWith('on') || /^\\s*(javascript|data|vbscript):/i.test(one.value) && one.name == 'href')
        ).map(found => found.outerHTML.slice(0, 200))"""
    )
    assert bad == []
    links = page.evaluate("[...document.querySelectorAll('#fn-chat .md a, #fn-source .md a')].map(link => link.protocol)")
    assert set(links) <= {"http:", "https:"}


def test_several_readers_at_once(site: str, visit: Callable[..., Any]) -> None:
    pages = [visit(site) for _ in range(3)]
    for page in pages:
        page.fill(BOX, "LayerNorm 和 BatchNorm 有什么区别?")
        page.press(BOX, "Enter")
    for page in pages:
        expect(page.locator("#fn-chat .fn-answer")).to_contain_text("不依赖批次的大小")
        expect(page.locator(".fn-question")).to_have_count(1)
