"""Answers in the chat: chips, marks of support, what stands below; and that no text becomes markup of its own."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.types import Chunk
from rag.types import Answer, Citation, Passage, Sentence
from ui.web import markup
from ui.web.markup import Footing
from ui.web.strings import STRINGS

if TYPE_CHECKING:
    from collections.abc import Callable

EN, ZH = STRINGS["en"], STRINGS["zh"]


def sentence(text: str, *citations: int, verdict: Any = "supported", reason: str = "") -> Sentence:
    return Sentence(text=text, citations=citations, support=1.0, verdict=verdict, reason=reason)


def citation(n: int = 1, **fields: Any) -> Citation:
    given: dict[str, Any] = {
        "path": "/n/a.md", "trail": ("A",), "page": None, "lines": (1, 2), "quote": "q", "start": 0, "end": 1,
    }  # fmt: skip
    return Citation(n=n, document_id="d", **{**given, **fields})


def answer(*sentences: Sentence, citations: tuple[Citation, ...] = (), **fields: Any) -> Answer:
    given: dict[str, Any] = {"question": "q", "passages": (), "abstained": False, "reason": None, "confidence": 0.9}
    return Answer(sentences=sentences, citations=citations, **{**given, **fields})


def abstention(path: str = "/n/a.md", trail: tuple[str, ...] = ("A",), said: str = "Nothing.") -> Answer:
    chunk = Chunk(id="c", document_id="d", trail=trail, text="t", start=0, end=1, page=None, lines=(4, 4))
    near = Passage(chunk=chunk, path=path, score=1.0, rank=1, origin="fused")
    return answer(sentence(said), near=(near,), abstained=True, reason="absent", confidence=0.1)


def html_of(shown: Answer, number: int = 0, asked: str = "q", **footing: Any) -> str:
    return markup.answer_html(shown, EN, number=number, asked=asked, footing=Footing(**footing))


def test_the_same_answer_is_drawn_in_either_language() -> None:
    shown = answer(sentence("A.", 1, verdict="unsupported"), citations=(citation(),))
    for _ in range(2):
        for words in (EN, ZH):
            html = markup.answer_html(shown, words, number=0, asked="q", footing=Footing())
            assert words["unsupported"] in html
            assert words["unsupported"] in markup.growing_html(shown.sentences, words, 0)
    assert "fn-3-1" in html_of(shown, number=3)


def test_nothing_in_an_answer_becomes_markup_of_its_own(payloads: list[str], harmless: Callable[[str], None]) -> None:
    for text in payloads:
        cited = citation(path=f"/n/{text}", trail=(text,))
        sentences = [sentence("Before"), sentence(text, 1), sentence("- " + text, verdict="unsupported", reason=text)]
        shown = [
            markup.growing_html(sentences, EN, 0),
            markup.question_html(text, EN, 0),
            markup.message_html(text),
            html_of(abstention(f"/n/{text}.md", (text,), text), follow_ups=[text]),
            html_of(answer(*sentences, citations=(cited,), question=text, model=text, notice=text), asked="other"),
        ]
        for html in shown:
            harmless(html)
            assert "\n" not in html


@given(
    st.text(alphabet=st.sampled_from("ab<>&\"'`$\\[]()!|-*_#~=\n :/.{}\ue000\ue001\ue002\ue003\ue010\ue011\ue012x1"), max_size=60)
)
def test_no_text_whatever_becomes_markup_of_its_own(harmless: Callable[[str], None], text: str) -> None:
    html = html_of(answer(sentence(text, 1), sentence(text), citations=(citation(),)), number=7)
    harmless(html)
    assert "\n" not in html
    chips = re.findall(r'class="fn-chip [^>]*value="([^"]*)"', html)
    assert chips == (["fn-7-1"] if text.translate({code: None for code in range(0xE000, 0xF900)}).rstrip() else [])


def test_chips_follow_their_sentence_and_name_their_source() -> None:
    cited = citation(path="/n/注意力.md", trail=("1 缩放",), page=3, lines=(4, 6))
    shown = answer(sentence("一。", 1), sentence("二。", verdict="unsupported", reason="笔记里没有。"), citations=(cited,))
    html = markup.answer_html(shown, ZH, number=2, asked="q", footing=Footing())
    chip = (
        '<button type="button" class="fn-chip fn-supported" name="source" value="fn-2-1" '
        'title="脚注 1 · 注意力.md › 1 缩放 · 第 3 页">1</button>'
    )
    tick = f'<span class="fn-mark fn-supported" role="img" title="{ZH["supported"]}">✓</span>'
    doubt = (
        f'<span class="fn-mark fn-unsupported" tabindex="0" role="note">○ {ZH["unsupported"]}'
        '<span class="fn-reason" role="tooltip">笔记里没有。</span></span>'
    )
    assert f'<p>一<span class="fn-end">。{chip}{tick}</span>二<span class="fn-end">。{doubt}</span></p>' in html


@pytest.mark.parametrize("heading", ["## 优点", "**1. 分类任务**"])
def test_a_heading_that_is_supported_has_its_footnote_and_no_tick(heading: str) -> None:
    html = html_of(answer(sentence(heading, 1), sentence("训练快。", 1), citations=(citation(),)))
    assert html.count('name="source" value="fn-0-1"') == 2
    assert html.count('class="fn-mark fn-supported"') == 1
    assert 'class="fn-mark fn-contradicted"' in html_of(answer(sentence(heading, 1, verdict="contradicted")))


@pytest.mark.parametrize(
    ("verdicts", "line"),
    [
        (["supported", "supported"], "✓ Every sentence is borne out"),
        (["supported", "partial", "supported"], "◐ Not borne out: 1 of 3 sentences"),
        (["contradicted", "unsupported"], "✕ Not borne out: 2 of 2 sentences"),
    ],
)
def test_one_line_speaks_for_the_whole_answer(verdicts: list[str], line: str) -> None:
    html = html_of(answer(*(sentence(f"S{n}.", verdict=verdict) for n, verdict in enumerate(verdicts))))
    assert re.findall(r'class="fn-borne[^>]*>([^<]*)<', html) == [line]
    assert "fn-borne" not in html_of(abstention())


@pytest.mark.parametrize("verdict", ["partial", "unsupported", "contradicted"])
def test_each_doubt_has_a_shape_words_and_a_reason_of_its_own(verdict: str) -> None:
    html = html_of(answer(sentence("A.", 1, verdict=verdict), citations=(citation(),)))
    assert f'class="fn-chip fn-{verdict}"' in html
    assert f'class="fn-mark fn-{verdict}" tabindex="0"' in html
    assert f"{markup.SIGNS[verdict]} {EN[verdict]}" in html
    assert EN["why_" + verdict] in html, "where the verifier gave no reason, the verdict's own stands there"
    assert len(set(markup.SIGNS.values())) == 4


def test_a_chip_without_a_source_yet_opens_nothing() -> None:
    html = markup.growing_html([sentence("A.", 3)], EN, 0)
    assert '<button type="button" class="fn-chip fn-supported" disabled title="Footnote 3">3</button>' in html


def test_marks_after_a_block_stand_on_a_line_of_their_own() -> None:
    html = html_of(answer(sentence("```\nx\n```", 1), sentence("| a |\n|---|\n| b |", 2)))
    assert html.count('<p class="fn-marks"><span class="fn-end"><button') == 2
    assert "x&#10;</code>" in html
    assert "<td>b</td>" in html


def test_a_mark_leaves_the_end_of_a_formula_with_the_formula() -> None:
    html = html_of(answer(sentence("损失如下:$a_1$", 1), sentence("其中 a 是数。", 2)))
    assert '\ue000a_1\ue001<span class="fn-end"><button' in html


def test_a_mark_after_a_block_does_not_join_the_next_sentence() -> None:
    html = html_of(answer(sentence("$$\na\n$$", 1), sentence("所以。", 2)))
    assert re.search(r'<p class="fn-marks">.*?>1</button>.*?</p> <p>所以<span class="fn-end">。.*?>2</button>', html)


def test_an_abstention_links_to_the_nearest_notes() -> None:
    html = html_of(abstention(), number=3)
    assert EN["absent"] in unescape(html)
    assert '<button type="button" class="fn-near" name="source" value="near-3-0">a.md › A · line 4</button>' in html
    off = html_of(replace(abstention(), reason="off-topic", near=()))
    assert EN["off-topic"] in off
    assert "fn-near" not in off


def test_a_blank_heading_is_told_as_the_users_own_question() -> None:
    cited = citation(trail=("Widgets", "What is blue?"))
    html = html_of(answer(sentence("Blank.", 1), citations=(cited,), abstained=True, reason="blank"))
    assert "You have this question, but no answer yet" in html
    assert 'value="fn-0-1">a.md › Widgets › What is blue? · lines 1–2</button>' in html


def test_what_stands_below_an_answer() -> None:
    html = html_of(answer(sentence("A."), model="ollama:qwen3", notice="It took two tries.", confidence=0.876), number=4)
    assert '<p class="fn-notice">It took two tries.</p>' in html
    assert "88% relevant" in html
    assert '<span class="fn-model">ollama:qwen3</span>' in html
    names = re.findall(r'<button type="button" class="[^"]*" name="([^"]*)" value="([^"]*)"', html)
    assert names == [("why", "4"), ("copy-answer", "4"), ("again", "4"), ("fork", "4"), ("rate", "4:1"), ("rate", "4:-1")]
    assert "fn-turn" not in html
    assert "fn-follow" not in html


def test_the_chosen_thumb_and_the_other_answers() -> None:
    html = html_of(answer(sentence("A.")), number=1, rating=-1, siblings=3, sibling=2)
    assert re.findall(r"fn-i-(\w+) fn-chosen", html) == ["bad"]
    assert re.findall(r'name="turn" value="([^"]*)"', html) == ["1:1", "1:3"]
    assert "2 / 3" in html
    first = html_of(answer(sentence("A.")), siblings=2, sibling=1)
    assert re.findall(r'name="turn" value="([^"]*)"', first) == ["0:2"]


def test_an_understood_question_is_shown_where_it_differs() -> None:
    assert "Understood as: RoPE?" in html_of(answer(sentence("A."), question="RoPE?"), asked="it?")
    assert "Understood as" not in html_of(answer(sentence("A."), question="RoPE?"), asked=" RoPE? ")


def test_questions_to_go_on_with_are_buttons() -> None:
    html = html_of(answer(sentence("A.")), follow_ups=['What is "B" & C?'])
    text = "What is &quot;B&quot; &amp; C?"
    assert f'<button type="button" class="fn-suggestion" name="ask" value="{text}">{text}</button>' in html
