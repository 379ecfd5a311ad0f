"""Markdown of notes and models becomes HTML that can do nothing, with formulas for Gradio's KaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ui.web.markdown import markdown_html, on_one_line

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = {"copy": "Copy"}


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a **b** `c<d`", "<p>a <strong>b</strong> <code>c&lt;d</code></p>"),
        ("inline $a_1 < b_2$ math", "<p>inline \ue000a_1 &lt; b_2\ue001 math</p>"),
        ("\\(x\\) and \\[y\\]", "<p>\ue000x\ue001 and \ue002y\ue003</p>"),
        ("$$\na\n- b\n$$", '<div class="fn-formula">\ue002a\n- b\ue003</div>'),
        ("it costs $5 or $6", "<p>it costs $5 or $6</p>"),
        ("`$x$` stays code", "<p><code>$x$</code> stays code</p>"),
        ("![a picture](http://x.example/y.png)", '<p><span class="fn-picture">[a picture]</span></p>'),
        ("[p](javascript:x)", "<p>[p](javascript:x)</p>"),
        (
            "[p](https://arxiv.org/a)",
            '<p><a href="https://arxiv.org/a" target="_blank" rel="noopener noreferrer nofollow">p</a></p>',
        ),
        ("```py\na\n\n  b < c\n```", '<div class="fn-code"><pre><code>a\n\n  b &lt; c\n</code></pre></div>'),
    ],
)
def test_markdown_formulas_and_code(text: str, html: str) -> None:
    assert markdown_html(text).rstrip() == html


def test_code_has_a_button_to_copy_it_where_there_are_words_for_one() -> None:
    button = '<button type="button" class="fn-copy" name="copy-code" value="">Copy</button>'
    assert markdown_html("```\nx\n```", WORDS) == f'<div class="fn-code">{button}<pre><code>x\n</code></pre></div>'
    assert "<button" not in markdown_html("```\nx\n```")


def test_lines_and_indented_code_are_a_choice() -> None:
    assert markdown_html("a\nb") == "<p>a\nb</p>\n"
    assert markdown_html("a\nb", lines=True) == "<p>a<br />\nb</p>\n"
    assert "<pre>" in markdown_html("    a")
    assert markdown_html("    a", indented_code=False) == "<p>a</p>\n"


def test_html_on_one_line_keeps_the_lines_of_code() -> None:
    assert on_one_line("<p>a\nb</p>") == "<p>a b</p>"
    assert on_one_line("<pre>a\nb</pre>") == "<pre>a&#10;b</pre>"


def test_nothing_becomes_markup_of_its_own(payloads: list[str], harmless: Callable[[str], None]) -> None:
    for text in payloads:
        for lines in (False, True):
            harmless(markdown_html(text, WORDS, lines=lines))
            harmless(markdown_html(f"- a {text}\n\n> {text}\n\n# {text}", WORDS, lines=lines, indented_code=False))
