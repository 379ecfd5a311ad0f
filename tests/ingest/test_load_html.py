from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import UnreadableFile
from ingest.load import html, load
from ingest.load.html import read
from ingest.load.markup import tokens
from ingest.settings import Settings
from ingest.types import Document, Source

if TYPE_CHECKING:
    from pathlib import Path


def page(body: str) -> Source:
    (source,) = read("/p.html", body.encode(), "p", Settings())
    return source


def markdown(body: str) -> str:
    return page(body).text.rstrip("\n")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<h1>A</h1><h3>B <em>c</em></h3><p>x</p>", "# A\n\n### B c\n\nx"),
        ("<h2><div>1.</div> <span>T</span></h2>x", "## 1. T\n\nx"),
        ('<h2>T<a class="headerlink" href="#t">¶</a></h2>', "## T"),
        ("<h2>T <a href='#t'>¶</a></h2>", "## T"),
        ("<h2>open<p>text<h2>next", "## open\n\ntext\n\n## next"),
        ("<h2></h2><p>x", "x"),
        ("<p>one<p>two<div>three</div>four", "one\n\ntwo\n\nthree\n\nfour"),
        ("<p>a<br>b<br><br>c</p>", "a\nb\n\nc"),
        ("<p>中文\n   中文 English\n   words&nbsp;&nbsp;x</p>", "中文中文 English words x"),
        ("<p>\u3000\u3000段首<b>粗</b>体 &lt;tag&gt; &amp;amp; &#x4e2d;</p>", "段首粗体 <tag> &amp; 中"),
        ("<p>x<sup>2</sup>, d<sub>k</sub>, e<sup>-x+1</sup>, 10<sup>-3</sup>, 1<sup>st</sup>, a<sup>[1]</sup></p>",
         "x^2, d_k, e^(-x+1), 10^-3, 1st, a[1]"),
        ("<p>use <code>LayerNorm(x)</code>, <code> a`b </code><code></code>.</p>", "use `LayerNorm(x)`, ``a`b`` ."),
        ("a < b <3 </ b", "a < b <3"),
        ("<ruby>漢<rp>(</rp><rt>kan</rt></ruby>字", "漢字"),
    ],
)  # fmt: skip
def test_blocks_and_words(body: str, expected: str) -> None:
    assert markdown(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>x", "- a\n- b\n  - c\n- d\n\nx"),
        ("<ol start=3><li>a</li><li value=9>b</li><li>c</li></ol>", "3. a\n9. b\n10. c"),
        ("<ol><li><p>a</p><p>more</p><ul><li>deep</li></ul></li></ol>", "1. a\n   more\n   - deep"),
        ("<ul><li></li><li>a</li></ul><p>x</p>", "- a\n\nx"),
        ("<dl><dt>t<dd>d<dt>u</dl>", "t\n\nd\n\nu"),
        ("<ul><li><a href='#a'>a</a><li><a href='#b'>b</a><li><a href='/p#c'>c</a></ul><p>x", "x"),
        ("<ul><li><a href='#a'>a</a><li><a href='#b'>b</a><li>real text, not a link</ul>", "- a\n- b\n- real text, not a link"),
        ("<ul><li><a href='/1'>a</a><li><a href='/2'>b</a><li><a href='/3'>c</a></ul>", "- a\n- b\n- c"),
        ("<aside><ul><li><a href='/1'>a</a><li><a href='/2'>b</a><li><a href='/3'>c</a></ul>kept</aside>", "kept"),
    ],
)
def test_lists(body: str, expected: str) -> None:
    assert markdown(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<table><caption>C</caption><tr><th>a<th>b|c<tr><td>1<br>2<td>3</table>", "C\n\n| a | b\\|c |\n| --- | --- |\n| 1 2 | 3 |"),
        ("<table><tr><td rowspan=2>a<td>b<tr><td>c<tr><td colspan=2>d</table>",
         "| a | b |\n| --- | --- |\n|  | c |\n| d |  |"),
        ("<table><tr><td>only</table>", "only"),
        ("<table><tr><td><h2>T</h2>text</td><td>side</td></tr></table>", "## T\n\ntext\n\nside"),
        ("<table><tr><td>out<table><tr><td>1<td>2<tr><td>3<td>4</table>after</table>",
         "out\n\n| 1 | 2 |\n| --- | --- |\n| 3 | 4 |\n\nafter"),
        ("<table><tr><td class=gutter><pre>1\n2</pre><td><pre>a\nb</pre></table>", "```\na\nb\n```"),
    ],
)  # fmt: skip
def test_tables(body: str, expected: str) -> None:
    assert markdown(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            '<pre><code class="language-python">\ndef f(x):\n    return x &lt; 3\n\n</code></pre>',
            "```python\ndef f(x):\n    return x < 3\n```",
        ),
        ('<div class="highlight-cpp notranslate"><pre><span>int</span> x;</pre></div>', "```cpp\nint x;\n```"),
        ("<pre><code>a</code><code>  b</code></pre>", "```\na\n  b\n```"),
        ("<pre>a<br>&nbsp;&nbsp;b<div>c</div></pre>", "```\na\n  b\nc\n```"),
        ("<pre>```\nx\n```</pre>", "````\n```\nx\n```\n````"),
        ("<pre>1 <p> 2</pre>x", "```\n1\n 2\n```\n\nx"),
        ('<pre>a</pre><ul class="pre-numbering"><li>1</li></ul>', "```\na\n```"),
    ],
)
def test_code(body: str, expected: str) -> None:
    assert markdown(body) == expected


KATEX = (
    '<span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>x</mi></mrow>'
    '<annotation encoding="application/x-tex">\\frac{1}{\\sqrt{d_k}}</annotation></semantics></math></span>'
    '<span class="katex-html" aria-hidden="true">1 dk</span></span>'
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"<p>so {KATEX} it is", "so $\\frac{1}{\\sqrt{d_k}}$ it is"),
        ('<span class="katex"><span class="katex-html" aria-hidden="true">x+1</span></span>', "x+1"),
        ('a <span class="MathJax">junk</span><script type="math/tex">E=mc^2</script> b', "a $E=mc^2$ b"),
        ('a<script type="math/tex; mode=display">E=\nmc^2</script>b', "a\n\n$$\nE= mc^2\n$$\n\nb"),
        ('<span class="ztext-math" data-tex="\\alpha">rendered</span>!', "$\\alpha$!"),
        ('<img class="ee_img" eeimg="1" src="//z.com/equation?tex=a" alt="x^2"> and <img src="a.png" alt="a picture">', "$x^2$ and"),
        ('<img src="https://www.zhihu.com/equation?tex=%5Cfrac12">', "$\\frac12$"),
        ('<img class="mwe-math-fallback-image-inline" alt="{\\displaystyle O(n^{2})}">', "$O(n^{2})$"),
        ('<span class="mjx" data-mathml="&lt;math&gt;&lt;msup&gt;&lt;mi&gt;x&lt;/mi&gt;&lt;mn&gt;2&lt;/mn&gt;&lt;/msup&gt;&lt;/math&gt;">x2</span>',
         "$x^2$"),
        ("<math><mfrac><mi>a</mi><msqrt><msub><mi>d</mi><mi>k</mi></msub></msqrt></mfrac></math>", "$\\frac{a}{\\sqrt{d_k}}$"),
        ("<math display=block><mi>softmax</mi><mo>(</mo><mi>z</mi><mo>)</mo></math>", "$$\n\\mathrm{softmax}(z)\n$$"),
        ("<math><munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><msubsup><mi>x</mi><mi>i</mi>"
         "<mn>12</mn></msubsup></math>", "$∑_{i=1}^nx_i^{12}$"),
        ("<math><mover><mi>x</mi><mo>¯</mo></mover><mi>log</mi><mi>y</mi><mfenced><mi>a</mi><mi>b</mi></mfenced></math>",
         "$\\bar{x}\\log y(a,b)$"),
        ("<math><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr></mtable></math>", "$\\begin{matrix} 1 & 2 \\end{matrix}$"),
        ("<p><math><mi>x</mi><p>never closed", "$x$\n\nnever closed"),
    ],
)  # fmt: skip
def test_formulas(body: str, expected: str) -> None:
    assert markdown(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "<script>var x = '<p>no</p>';</script>", "<style>no{}</style>", "<template>no</template>", "<noscript>no</noscript>",
        "<nav>no</nav>", "<footer>no</footer>", "<div role=navigation>no</div>", "<div hidden>no</div>", "<p hidden>no<p>",
        "<div style='color:red;DISPLAY : none'>no</div>", "<span aria-hidden=true>no</span>", "<button>no</button>",
        "<select><option>no</select>", "<textarea>no</textarea>", "<iframe srcdoc='no'>no</iframe>", "<svg><text>no</text></svg>",
        "<!-- no <p> -- no -->", "<!doctype no>", "<?php no ?>", "<div hidden><div>no</div><p>no</div>",
        "<li style='display:none'>no<li>",
    ],
)  # fmt: skip
def test_what_is_no_content_is_left_out(body: str) -> None:
    assert markdown(f"<p>before</p>{body}yes").replace("- ", "") == "before\n\nyes"


def test_wechat_articles_are_invisible_until_a_script_runs_and_still_read() -> None:
    assert markdown('<div id="js_content" style="visibility: hidden; opacity: 0;"><section>正文</section></div>') == "正文"


def test_a_footer_that_names_the_source_of_a_quotation_stays() -> None:
    assert markdown("<blockquote>quoted<footer>who</footer></blockquote>") == "quoted\n\nwho"


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("<title> 注意力\n笔记_某博客 </title><h1>注意力</h1>", "注意力 笔记_某博客"),
        ("<title>注意力笔记 - 某博客</title><h1>注意力笔记</h1>", "注意力笔记"),
        ("<h1>A &amp; B</h1>", "A & B"),
        ("<title></title><meta property='og:title' content='微信标题'><p>x", "微信标题"),
        ("<svg><title>icon</title></svg><p>x", "icon"),
        ("<p>x", "p"),
    ],
)
def test_title(body: str, title: str) -> None:
    assert page(body).title == title


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("declared", ["gb2312", "utf-8"])
def test_encoding_of_a_page(tmp_path: Path, codec: str, declared: str) -> None:
    path = tmp_path / "p.htm"
    path.write_bytes(f'<meta charset="{declared}"><title>标题</title><p>图书馆工作日关门。</p>'.encode(codec))
    (source,) = load(path, Settings())
    assert (source.title, source.text) == ("标题", "图书馆工作日关门。\n")


def test_every_word_is_found_on_its_line_of_the_file() -> None:
    rows = [
        "<html><title>t</title>", "<nav>", "x</nav>", "<h1>w4</h1>", "<p>w5 a", "w6 b", "", "w8</p>", "<ul>", "<li>w10<li>w10b", "w11",
        "</ul><table>", "<tr><td>w13<td>x", "<tr><td>", "w15<td>y</table>", "<pre>", "w17", "", "  w19</pre>", "<p>w20 <code>w20c",
        "</code> w21 <math><mi>w22</mi>", "</math><script type='math/tex; mode=display'>", "w23</script>", "<p>w24",
    ]  # fmt: skip
    for newline in ("\n", "\r\n"):
        source = page(newline.join(rows))
        assert len(source.line_starts) == len(rows)
        document = Document(id="", path="", title="", text=source.text, page_starts=(), line_starts=source.line_starts)
        for word, line in [
            ("w4", 4), ("w5", 5), ("w6", 6), ("w8", 8), ("w10", 10), ("w10b", 10), ("w11", 11), ("w13", 13), ("w15", 14), ("w17", 17),
            ("w19", 19), ("w20", 20), ("w20c", 20), ("w21", 21), ("w23", 22), ("w24", 24),
        ]:  # fmt: skip
            at = source.text.index(word)
            assert abs(document.lines(at, at + len(word))[0] - line) <= (1 if word == "w15" else 0), word


STRANGE = [
    "<b>", "<div>", "<ul><li>", "<li>x", "<!--", "<", "<!", "<a ", '<a x="', "</i>", "<table><tr><td>x", "<math><mrow>", "&", "<pre>",
    "<code>`", "<script>", "<title>", "<h1>x", "<p><b>", "x<br>", "<dl><dt>x<dd>y", "x<sup>2", "<math><mi>x</mi>", "<svg hidden>",
]  # fmt: skip


@pytest.mark.parametrize("piece", STRANGE)
def test_time_grows_with_the_length_alone(piece: str) -> None:
    def seconds(count: int) -> float:
        data = (piece * count).encode()
        best = float("inf")
        for _ in range(2):
            start = time.process_time()
            read("/p.html", data, "p", Settings())
            best = min(best, time.process_time() - start)
        return best

    small, large = seconds(500), seconds(4000)
    assert large < 8 * 4 * max(small, 0.002)


def test_a_reference_to_a_huge_number_is_one_character() -> None:
    assert markdown("a&#" + "9" * 100_000 + ";b&#x" + "f" * 100_000 + ";c&#0;") == "a\ufffdb\ufffdc\ufffd"


def test_a_table_of_endless_spans_stays_small() -> None:
    assert len(markdown("<table>" + "<tr><td colspan=99 rowspan=999>x" * 500 + "</table>")) < 200_000


def test_more_tags_than_a_page_can_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "_TOKENS", 100)
    assert markdown("<b>" * 99 + "x") == "x"
    with pytest.raises(UnreadableFile, match="has more than 100 tags and texts"):
        page("<b>" * 101)


NAMES = "p b h1 h2 ul ol li table tr td pre code math mi msup sup a nav script title div br"
TAGS = st.sampled_from(
    [f"<{slash}{name}>" for name in NAMES.split(" ") for slash in ("", "/")]
    + ["text ", "中文", "\n", "&lt;", "`", "|", "<!--", "-->", "<td colspan=3>", "<p hidden>", '<a href="#x">', "<", '"'],
)  # fmt: skip


@given(st.lists(TAGS, max_size=60).map("".join))
@settings(max_examples=300)
def test_whatever_the_tags_the_maps_hold(body: str) -> None:
    source = page(body)
    assert len(source.line_starts) == body.count("\n") + 1
    assert list(source.line_starts) == sorted(source.line_starts)
    assert 0 <= source.line_starts[-1] <= len(source.text)
    assert "\r" not in source.text


@given(st.text(alphabet="<>/!-\"'= ab\n&;#", max_size=60))
@settings(max_examples=300)
def test_tokens_stand_in_order_within_the_text(text: str) -> None:
    places = [token.at for token in tokens(text)]
    assert places == sorted(places)
    assert all(0 <= at < max(len(text), 1) or (at == len(text)) for at in places)
    assert all(text.startswith(token.value, token.at) for token in tokens(text) if token.kind in ("text", "raw"))
