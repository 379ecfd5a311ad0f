"""The page without a browser: safe markup, the source panel, the shelf, the guard, and both languages complete."""

from __future__ import annotations

import asyncio
import itertools
import re
import string
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace as Bag
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.build import build
from ingest.errors import LibraryDamaged
from ingest.settings import Settings
from ingest.types import Chunk, Document
from rag.types import Answer, Citation, Passage, Sentence
from ui.web import markup, source
from ui.web.guard import Guard
from ui.web.shelf import _NUMBER, Shelf, safe_name
from ui.web.strings import STRINGS, preferred

if TYPE_CHECKING:
    from collections.abc import Iterator

EN = STRINGS["en"]
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=http://evil.example/p.png>",
    "![pixel](http://evil.example/p.png)",
    "[go](javascript:alert(1))",
    "[go](data:text/html,<script>alert(1)</script>)",
    "<a href='javascript:alert(1)'>x</a>",
    "<svg/onload=alert(1)>",
    "<iframe src=//evil.example></iframe>",
    "<style>@import url(//evil.example/a.css)</style>",
    "$\\href{javascript:alert(1)}{x}$",
    "$$\\includegraphics{http://evil.example/p.png}$$",
    "$</span><img src=x onerror=alert(1)>$",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    "`</code><script>alert(1)</script>`",
    "| <b onclick=alert(1)> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "<details ontoggle=alert(1) open>",
    '"><script>alert(1)</script>',
    "\ue000\\href{javascript:alert(1)}{x}\ue001",
    "\ue0101\ue012",
    "[x]: http://evil.example 'a\"onmouseover=alert(1)'\n\n[x]",
    '<http://evil.example/"onmouseover=alert(1)>',
]
ALLOWED = {
    "div": {"class"}, "p": {"class"}, "a": {"class", "role", "href", "title", "target", "rel"}, "span": {"class"},
    "button": {"type", "class"}, "ol": {"start"}, "td": {"style"}, "th": {"style"},
    **{name: set() for name in ("pre", "code", "em", "strong", "s", "ul", "li", "h1", "h2", "h3", "h4", "h5", "h6", "br", "hr")},
    **{name: set() for name in ("blockquote", "table", "thead", "tbody", "tr")},
}  # fmt: skip


class Tags(HTMLParser):
    """Every element of an HTML text with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_harmless(html: str) -> None:
    for tag, attributes in Tags(html).found:
        assert tag in ALLOWED, html
        assert set(attributes) <= ALLOWED[tag], html
        assert re.match(r"#(fn|near)-\d+-\d+$|https?://", attributes.get("href") or "http://"), html
        assert re.match(r"text-align:(left|right|center)$", attributes.get("style") or "text-align:left"), html


def sentence(text: str, *citations: int, verdict: Any = "supported") -> Sentence:
    return Sentence(text=text, citations=citations, support=1.0, verdict=verdict)


def citation(n: int = 1, **fields: Any) -> Citation:
    given: dict[str, Any] = {
        "path": "/n/a.md",
        "trail": ("A",),
        "page": None,
        "lines": (1, 2),
        "quote": "q",
        "start": 0,
        "end": 1,
    }
    return Citation(n=n, document_id="d", **{**given, **fields})


def abstention(path: str = "/n/a.md", trail: tuple[str, ...] = ("A",), said: str = "Nothing.") -> Answer:
    chunk = Chunk(id="c", document_id="d", trail=trail, text="t", start=0, end=1, page=None, lines=(4, 4))
    near = Passage(chunk=chunk, path=path, score=1.0, rank=1, origin="fused")
    return Answer(
        question="q", sentences=(sentence(said),), citations=(), passages=(near,), abstained=True, reason="absent", confidence=0.1
    )


def body(text: str) -> str:
    html = markup.answer_html([sentence(text)], EN, number=0)
    assert "\n" not in html
    return html.removeprefix('<div class="fn-answer">').removesuffix("</div>").strip()


# ---------------------------------------------------------------------------------------------- markup


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_an_answer_becomes_markup_of_its_own(text: str) -> None:
    assert_harmless(markup.answer_html([sentence("Before"), sentence(text, 1), sentence("- " + text)], EN, number=0))
    assert_harmless(markup.question_html(text))
    assert_harmless(markup.message_html(text))
    assert_harmless(markup.answer_html((), EN, number=0, answer=abstention(f"/n/{text}.md", (text,), text)))
    cited = citation(path=f"/n/{text}", trail=(text,))
    answer = Answer(
        question=text, sentences=(sentence("A", 1),), citations=(cited,), passages=(), abstained=False, reason=None, confidence=1
    )
    assert_harmless(markup.answer_html(answer.sentences, EN, number=0, answer=answer, asked="other"))


@given(
    st.text(alphabet=st.sampled_from("ab<>&\"'`$\\[]()!|-*_#~=\n :/.{}\ue000\ue001\ue002\ue003\ue010\ue011\ue012x1"), max_size=60)
)
def test_no_text_whatever_becomes_markup_of_its_own(text: str) -> None:
    html = markup.answer_html([sentence(text, 1), sentence(text)], EN, number=7)
    assert_harmless(html)
    assert "\n" not in html
    chips = [attributes["href"] for tag, attributes in Tags(html).found if attributes.get("class") == "fn-chip"]
    assert chips == (["#fn-7-1"] if text.translate({code: None for code in range(0xE000, 0xF900)}).rstrip() else [])


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a **b** `c<d`", "<p>a <strong>b</strong> <code>c&lt;d</code></p>"),
        ("inline $a_1 < b_2$ math", "<p>inline \ue000a_1 &lt; b_2\ue001 math</p>"),
        ("\\(x\\) and \\[y\\]", "<p>\ue000x\ue001 and \ue002y\ue003</p>"),
        ("$$\na\n- b\n$$", '<div class="fn-formula">\ue002a - b\ue003</div>'),
        ("it costs $5 or $6", "<p>it costs $5 or $6</p>"),
        ("`$x$` stays code", "<p><code>$x$</code> stays code</p>"),
        ("![a picture](http://x.example/y.png)", '<p><span class="fn-picture">[a picture]</span></p>'),
        ("[p](javascript:x)", "<p>[p](javascript:x)</p>"),
        (
            "[p](https://arxiv.org/a)",
            '<p><a href="https://arxiv.org/a" target="_blank" rel="noopener noreferrer nofollow">p</a></p>',
        ),
        (
            "```py\na\n\n  b < c\n```",
            '<div class="fn-code"><button type="button" class="fn-copy">Copy</button><pre><code>a&#10;&#10;  b &lt; c&#10;</code></pre></div>',
        ),
    ],
)
def test_markdown_formulas_and_code(text: str, html: str) -> None:
    assert body(text).rstrip().removesuffix("&#10;") == html


def test_chips_follow_their_sentence_and_name_their_source() -> None:
    cited = citation(path="/n/注意力.md", trail=("1 缩放",), page=3, lines=(4, 6))
    answer = Answer(
        question="q", sentences=(sentence("一。", 1), sentence("二。", verdict="unsupported")), citations=(cited,), passages=(), abstained=False,
        reason=None, confidence=1,
    )  # fmt: skip
    chip = '<a class="fn-chip" role="button" href="#fn-2-1" title="脚注 1 · 注意力.md › 1 缩放 · 第 3 页">1</a>'
    html = markup.answer_html(answer.sentences, STRINGS["zh"], number=2, answer=answer, asked="q")
    assert html.strip() == f'<div class="fn-answer"><p>一。{chip}二。<span class="fn-flag">笔记未能支持</span></p> </div>'


def test_chips_after_a_block_stand_on_a_line_of_their_own() -> None:
    html = markup.answer_html([sentence("```\nx\n```", 1), sentence("| a |\n|---|\n| b |", 2)], EN, number=0)
    assert html.count('<p class="fn-marks"><a class="fn-chip"') == 2
    assert "x&#10;</code>" in html
    assert "<td>b</td>" in html


def test_a_mark_after_a_block_does_not_join_the_next_sentence() -> None:
    html = markup.answer_html([sentence("$$\na\n$$", 1), sentence("所以。", 2)], EN, number=0)
    assert re.search(r'<p class="fn-marks"><a [^>]*>1</a></p> <p>所以。<a [^>]*>2</a></p>', html)


def test_an_abstention_links_to_the_nearest_notes() -> None:
    html = markup.answer_html((), EN, number=3, answer=abstention())
    assert "fn-none" in html
    assert EN["absent"] in unescape(html)
    assert '<a class="fn-near" role="button" href="#near-3-0">a.md › A · line 4</a>' in html


def test_what_is_off_topic_has_no_nearest_notes() -> None:
    html = markup.answer_html((), EN, number=3, answer=replace(abstention(), reason="off-topic"))
    assert EN["off-topic"] in html
    assert "fn-near" not in html


# ---------------------------------------------------------------------------------------------- source panel


def document(text: str) -> Document:
    return Document(id="d", path="/n/a.md", title="T", text=text, page_starts=(), line_starts=(0,))


def show(text: str, start: int, end: int, **steps: str) -> str:
    cited = citation(trail=("A", "B"), page=2, lines=(3, 4), start=start, end=end, quote=text[start:end])
    return source.panel(document(text), cited, EN, title="Footnote 1", **steps)


def test_the_panel_marks_the_quote_in_its_context() -> None:
    html = show("before\n$x$ <b>quote</b> `c`\nafter", 7, 23)
    passage = '<span class="fn-around">before\n</span><mark>$x$ &lt;b&gt;quote&lt;/b&gt;</mark><span class="fn-around"> `c`\nafter</span>'
    assert passage in html
    assert "a.md · p. 2</p>" in html
    assert '<ol class="fn-trail"><li>A</li><li>B</li></ol>' in html


def test_the_panel_steps_to_its_neighbours() -> None:
    html = show("text", 0, 4, previous="#fn-0-1")
    steps = [attributes for tag, attributes in Tags(html).found if attributes.get("class") == "fn-step"]
    assert [(step["data-ref"], "disabled" in step) for step in steps] == [("#fn-0-1", False), ("", True)]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_the_panel_is_markup_of_its_own(text: str) -> None:
    clean = show("plain", 0, 5)
    note = Document(id="d", path=text, title=text, text=text + text, page_starts=(), line_starts=(0,))
    cited = citation(path=f"/n/{text}", trail=(text, "B"), start=len(text), end=2 * len(text), quote=text)
    evil = source.panel(note, cited, EN, title=text)
    assert [tag for tag, _ in Tags(evil).found] == [tag for tag, _ in Tags(clean).found]
    assert not any(
        name.startswith("on") or name in ("src", "href", "style") for _, attributes in Tags(evil).found for name in attributes
    )


@given(st.text(alphabet="ab\n ", max_size=3000), st.integers(0, 3000), st.integers(0, 40))
def test_context_is_the_text_itself(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    end = min(start + length, len(text))
    before, quote, after = source.context(text, start, end)
    assert quote == text[start:end]
    assert text[:start].endswith(before.removeprefix("…"))
    assert text[end:].startswith(after.removesuffix("…"))
    assert len(before) <= source.CONTEXT + 201
    assert len(after) <= source.CONTEXT + 201


def test_context_is_cut_where_lines_begin_and_end() -> None:
    lines = [f"line {number:03d} " + "x" * 90 for number in range(40)]
    text = "\n".join(lines)
    start = text.index("line 020")
    before, _, after = source.context(text, start, start + len(lines[20]))
    assert before.startswith("line 0")
    assert before.endswith("x\n")
    assert after.startswith("\nline 021")
    assert after.removesuffix("…").endswith("x")


# ---------------------------------------------------------------------------------------------- strings


def test_both_languages_say_the_same_things() -> None:
    assert STRINGS["zh"].keys() == STRINGS["en"].keys()
    for key, chinese in STRINGS["zh"].items():
        fields = [
            sorted(str(part[1]) for part in string.Formatter().parse(text) if part[1] is not None) for text in (chinese, EN[key])
        ]
        assert fields[0] == fields[1], key


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,zh-CN", "en"),
        ("en;q=0.3,zh-TW;q=0.7", "zh"),
        ("de-DE,zh;q=0.5", "zh"),
        ("fr", "en"),
        ("", "en"),
        ("zh;q=oops", "en"),
        ("zh", "zh"),
    ],
)
def test_the_language_is_the_browsers(languages: str, expected: str) -> None:
    assert preferred(languages) == expected


# ---------------------------------------------------------------------------------------------- shelf


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("笔记 1.md", "笔记 1.md"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\boot.md", "boot.md"),
        ("C:\\x\\a.md", "a.md"),
        ('a<b>"c\x00\n.md', "a_b__c__.md"),
        ("con.txt", "_con.txt"),
        (".bashrc", "bashrc"),
        ("..", "note"),
        ("", "note"),
        ("a\u202egpj.md", "a_gpj.md"),
    ],
)
def test_uploaded_names_stay_in_their_folder(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=300))
def test_every_name_is_one_file_name(name: str) -> None:
    safe = safe_name(name)
    assert Path(safe).name == safe
    assert safe not in ("", ".", "..")
    assert not safe.startswith(".")
    assert len(safe.encode()) <= 250


@pytest.mark.parametrize(
    ("heading", "question"),
    [
        ("10.1.1 什么是 Transformer？", "什么是 Transformer？"),
        ("1.Transformer为何使用多头注意力机制？", "Transformer为何使用多头注意力机制？"),
        ("  11. 用pytorch手写", "用pytorch手写"),
        ("三、位置编码", "位置编码"),
        ("（2）旋转位置编码", "旋转位置编码"),
        ("3D 卷积是什么", "3D 卷积是什么"),
        ("LLaMA 2 的改进", "LLaMA 2 的改进"),
    ],
)
def test_suggestions_drop_the_headings_number(heading: str, question: str) -> None:
    assert _NUMBER.sub("", heading.strip()) == question


# ---------------------------------------------------------------------------------------------- guard


def request(
    method: str = "GET", *, host: str = "127.0.0.1:7860", listen: str = "127.0.0.1", **headers: str
) -> tuple[int, dict[bytes, bytes]]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Frame-Options", b"ALLOW")]})
        await send({"type": "http.response.body", "body": b"ok"})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(b"host", host.encode()), *((name.encode(), value.encode()) for name, value in headers.items())]
    answering = Guard(app, listen)({"type": "http", "method": method, "headers": raw}, None, send)  # type: ignore[arg-type]
    with pytest.raises(StopIteration):  # nothing in it waits, so it needs no event loop
        answering.send(None)
    return sent[0]["status"], dict(sent[0]["headers"])


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 200),
        ({"host": "localhost:7860"}, 200),
        ({"host": "[::1]:7860"}, 200),
        ({"host": "evil.example:7860"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"host": "notes.lan:7860", "listen": "0.0.0.0"}, 200),
        ({"method": "POST"}, 200),
        ({"method": "POST", "origin": "http://127.0.0.1:7860"}, 200),
        ({"method": "POST", "origin": "http://127.0.0.1:8000"}, 403),
        ({"method": "POST", "origin": "http://evil.example"}, 403),
        ({"method": "POST", "origin": "null"}, 403),
        ({"method": "GET", "origin": "http://evil.example"}, 200),
    ],
)
def test_requests_from_other_sites_are_refused(asked: dict[str, str], status: int) -> None:
    assert request(**asked)[0] == status  # type: ignore[arg-type]


def test_every_answer_keeps_the_page_to_itself() -> None:
    for _, headers in (request(), request(host="evil.example")):
        assert headers[b"x-frame-options"] == b"DENY"
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert headers[b"referrer-policy"] == b"no-referrer"
        assert b"default-src 'self'" in headers[b"content-security-policy"]
        assert b"http" not in headers[b"content-security-policy"]
        assert b"X-Frame-Options" not in headers


# ---------------------------------------------------------------------------------------------- the page's own HTML


@pytest.mark.parametrize("text", HOSTILE)
def test_names_and_reasons_are_escaped(text: str) -> None:
    from ui.web import notes
    from ui.web.shelf import Outcome

    note = Bag(paths=(f"/n/{text}",), title=text, sections=3, blank_sections=1)
    shown = [
        markup.welcome_html([text], EN),
        notes.notes_html([note], EN),
        notes.outcomes_html([Outcome(name=text, state="skipped", reason=text)], EN),
        notes.progress_html(1, 2, f"/n/{text}", EN),
    ]
    plain = [
        markup.welcome_html(["x"], EN),
        notes.notes_html([Bag(paths=("/n/x",), title="x", sections=3, blank_sections=1)], EN),
        notes.outcomes_html([Outcome(name="x", state="skipped", reason="x")], EN),
        notes.progress_html(1, 2, "/n/x", EN),
    ]
    for evil, harmless in zip(shown, plain, strict=True):
        assert [(tag, set(attributes)) for tag, attributes in Tags(evil).found] == [
            (tag, set(attributes)) for tag, attributes in Tags(harmless).found
        ]


# ---------------------------------------------------------------------------------------------- the events


NOTE = "# Widgets\n\n## 1. What does the red widget do?\n\nThe red widget turns steam into water.\n\n## 2. What does the blue widget do?\n\n"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("shelf")
    (folder / "widgets.md").write_text(NOTE, encoding="utf-8")
    settings = Settings(library=str(folder / "library"))
    build([folder / "widgets.md"], settings)
    made = Shelf(settings)
    yield made
    made.close()


@pytest.fixture(scope="module")
def events(shelf: Shelf) -> dict[str, Any]:
    """What the page does on each event, by name."""
    from ui.web import app

    async def build_in_a_loop() -> Any:
        return app.build_page(shelf)

    page = asyncio.run(build_in_a_loop())  # without a running loop Gradio makes its own, and leaves them open
    assert all(event.api_visibility == "private" for event in page.fns.values()), "no event is a public endpoint"
    return {event.name: event.fn for event in page.fns.values()}


def test_a_question_grows_into_an_answer(events: dict[str, Any]) -> None:
    steps = list(events["ask"]("  What does the red widget do? ", [], "en"))
    shown = [step[0]["value"][-1]["content"] for step in steps]
    assert "fn-wait" in shown[0]
    assert "turns steam into water" in shown[-1]
    assert [len(later) >= len(earlier) for earlier, later in itertools.pairwise(shown[1:])] == [True] * (len(shown) - 2)
    assert steps[0][1] == ""
    (exchange,) = steps[-1][2]
    assert exchange.asked == "What does the red widget do?"
    assert not exchange.answer.abstained
    html = events["open_source"](Bag(_data={"reference": "#fn-0-1"}), [exchange], "en")
    assert "<mark>The red widget turns steam into water.</mark>" in html
    for reference in ("#fn-0-99", "#fn-7-1", "#near-0-99", "fn-0-1; drop", "", "#fn-0-1\n"):
        assert "<mark>" not in str(events["open_source"](Bag(_data={"reference": reference}), [exchange], "en"))


@pytest.mark.parametrize(("page", "question", "spoken"), [("zh", "How do I bake bread?", "en"), ("en", "怎么烤面包?", "zh")])
def test_an_answer_is_labelled_in_the_language_of_its_question(
    page: str, question: str, spoken: str, events: dict[str, Any]
) -> None:
    (exchange,) = list(events["ask"](question, [], page))[-1][2]
    assert exchange.answer.abstained
    words = STRINGS["zh" if spoken == "zh" else "en"]
    assert f'<p class="fn-why">{words[exchange.answer.reason]}</p>' in unescape(exchange.html)
    others = STRINGS["en" if spoken == "zh" else "zh"]
    assert not any(others[key] in exchange.html for key in ("blank", "absent", "off-topic", "nearest"))


def test_one_section_is_not_sections() -> None:
    from ui.web import notes

    def listed(sections: int) -> str:
        return notes.notes_html([Bag(paths=("/n/x",), title="x", sections=sections, blank_sections=0)], EN)

    assert "<span>1 section</span>" in listed(1)
    assert "<span>2 sections</span>" in listed(2)


def test_nothing_is_asked_for_an_empty_question(events: dict[str, Any]) -> None:
    (step,) = events["ask"]("  \n ", [], "en")
    assert len(step) == 4
    assert all("value" not in part for part in step)


def test_errors_are_told_in_the_chat(
    events: dict[str, Any], shelf: Shelf, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def busy(*_: object) -> Iterator[Any]:
        raise LibraryDamaged("/lib: <b>damaged</b>")
        yield

    def bug(*_: object) -> Iterator[Any]:
        raise ZeroDivisionError("secret detail")
        yield

    monkeypatch.setattr(shelf, "stream", busy)
    last = list(events["ask"]("q", [], "en"))[-1]
    assert "/lib: &lt;b&gt;damaged&lt;/b&gt;" in last[0]["value"][-1]["content"]
    assert last[2][0].answer is None
    monkeypatch.setattr(shelf, "stream", bug)
    last = list(events["ask"]("q", [], "zh"))[-1]
    assert STRINGS["zh"]["failed_detail"] in last[0]["value"][-1]["content"]
    assert "secret" not in last[0]["value"][-1]["content"]
    assert "ZeroDivisionError: secret detail" in capsys.readouterr().err


def test_a_changed_note_is_not_quoted(events: dict[str, Any], shelf: Shelf) -> None:
    from ui.web.events import Exchange

    note = shelf.notes()[0]
    for changed in (citation(quote="other text", start=0, end=10), citation(quote="# Widgets", start=0, end=9)):
        known = replace(changed, document_id=note.id if changed.quote == "other text" else "gone")
        answer = Answer(question="q", sentences=(), citations=(known,), passages=(), abstained=False, reason=None, confidence=1)
        html = events["open_source"](Bag(_data={"reference": "#fn-0-1"}), [Exchange("q", answer, "")], "en")
        assert EN["gone"] in unescape(html)


def test_the_history_is_the_last_of_the_chat() -> None:
    from ui.web.events import Exchange, history

    answer = Answer(
        question="q", sentences=(sentence("A."),), citations=(), passages=(), abstained=False, reason=None, confidence=1
    )
    chats = [Exchange(f"q{n}", answer if n != 4 else None, "") for n in range(6)]
    assert [(turn.role, turn.content) for turn in history(chats)] == [
        ("user", "q3"), ("assistant", "A."), ("user", "q4"), ("user", "q5"), ("assistant", "A."),
    ]  # fmt: skip


def test_the_page_is_dressed_in_the_chosen_language(events: dict[str, Any]) -> None:
    chinese = events["load"]("zh-CN,en")
    english = events["switch"]("zh")
    assert (chinese[0], english[0], english[-1]) == ("zh", "en", "en")
    assert chinese[1]["value"] == "笔记 1"
    assert english[1]["value"] == "Notes 1"
    assert "What does the red widget do?" in chinese[7]
    assert "blue widget" not in chinese[7], "a blank heading is no suggestion"


def test_uploads_report_each_file(events: dict[str, Any], shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "green.md").write_text("# Green\n\nThe green widget sleeps in winter and works in summer.\n", encoding="utf-8")
    (tmp_path / "tool.exe").write_bytes(b"MZ")
    files = [str(tmp_path / "green.md"), str(tmp_path / "tool.exe")]
    steps = list(events["add"](files, "en"))
    assert '<progress value="0" max="2">' in steps[0][0]
    assert "green.md</span><span>added" in steps[-1][0]
    assert "tool.exe</span><span>not read: " in steps[-1][0]
    assert steps[-1][1]["value"] == "Notes 2"
    assert "green.md</span><span>unchanged" in list(events["add"](files[:1], "en"))[-1][0]
    (tmp_path / "green.md").write_text("# Green\n\nThe green widget works in every season of the year.\n", encoding="utf-8")
    assert "green.md</span><span>updated" in list(events["add"](files[:1], "en"))[-1][0]
    assert len(shelf.notes()) == 2
