"""The quote is marked in the rendered note: exactly its words, at its place."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.web.highlight import highlighted
from ui.web.markdown import markdown_html


def mark(text: str, quote: str) -> str | None:
    """The note with the first ``quote`` in it marked."""
    return highlighted(markdown_html(text), text[: text.index(quote)], quote)


def marked(html: str | None) -> str:
    return "".join(re.findall(r"<mark>(.*?)</mark>", html or "", re.DOTALL))


@pytest.mark.parametrize(
    ("text", "quote", "expected"),
    [
        ("A first. A **second** one. A third.", "A **second** one.", "A second one."),
        ("- one\n- two `x<y` here\n- three", "- two `x<y` here", "two x&lt;y here"),
        ("## Head\n\nBody text.", "## Head\n\nBody text.", "HeadBody text."),
        ("| a | b |\n|---|---|\n| cc | dd |", "| cc | dd |", "ccdd"),
        ("```\nx = 1\ny = 2\n```", "y = 2", "y = 2"),
        ("看 $x^2$ 和 $y$ 吧。", "和 $y$ 吧。", "和 \ue000y\ue001 吧。"),
        ("$$\na + b\n$$\n\n后面。", "$$\na + b\n$$", "\ue002a + b\ue003"),
        ("“引号”里的话。", "“引号”里的话。", "引号”里的话。"),
        ("1. one\n2. two here\n3. three", "2. two here", "two here"),
        ("看代码：\n\n```python\nx = 1\n```", "看代码：\n\n```python\nx = 1\n```", "看代码：x = 1"),
        ("Tom & Jerry run.", "& Jerry run.", "Jerry run."),
    ],
)
def test_the_words_of_the_quote_are_marked(text: str, quote: str, expected: str) -> None:
    assert marked(mark(text, quote)) == expected


def test_the_right_one_of_equal_sentences_is_marked() -> None:
    text = "Same words.\n\nSame words.\n\nSame words."
    html = highlighted(markdown_html(text), text[: text.rindex("Same", 0, 20)], "Same words.")
    assert html == "<p>Same words.</p>\n<p><mark>Same words.</mark></p>\n<p>Same words.</p>\n"


def test_a_mark_never_crosses_a_tag() -> None:
    html = mark("a *b c* d **e** f.", "a *b c* d **e** f.")
    assert (
        html == "<p><mark>a </mark><em><mark>b c</mark></em><mark> d </mark><strong><mark>e</mark></strong><mark> f.</mark></p>\n"
    )


def test_what_is_not_there_is_not_marked() -> None:
    assert highlighted("<p>one</p>", "", "two") is None
    assert highlighted("<p>one</p>", "", "---") is None


words = st.lists(st.sampled_from(["甲", "乙", "a1", "B", "词语"]), min_size=1, max_size=8).map(" ".join)


@given(st.lists(words, min_size=1, max_size=6), st.data())
def test_any_paragraph_is_found_at_its_place(paragraphs: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(paragraphs) - 1))
    before = "".join(f"{each}。\n\n" for each in paragraphs[:at])
    html = highlighted(markdown_html("。\n\n".join(paragraphs) + "。"), before, paragraphs[at] + "。")
    expected = "".join(
        f"<p><mark>{each}。</mark></p>\n" if number == at else f"<p>{each}。</p>\n" for number, each in enumerate(paragraphs)
    )
    assert html == expected
