"""What an LLM writes, taken apart: the same units however the tokens fall; nothing that loads or links."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag.draft import LONGEST, MOST_CHARACTERS, Draft, Drafts
from rag.harmless import harmless

ANSWER = """<think>先看 [1]。</think>RoPE 旋转 Q 和 K【1】。它没有参数[2, 3]。比原来快 2.5 倍。English, e.g. Foo, is fine [1]. So is this.[2]
[3]

要点：

- **LN**：单个样本 [1-2]。第二句。[4]
- `x[1]` 留着
1. 一
2. 二 [1]

```python
a[1] = 1
```
[2]

$$
y = x
$$
[1]

| 名称 | 范围 |
|---|---|
| LN | 单个 [1] |

### 结论
**就这样**
---
[1]: 02-位置.md
> 引用的话。[5]
最后 a<b。NOT-IN-NOTES"""
UNITS = [
    ("RoPE 旋转 Q 和 K。", (1,), "prose"),
    ("它没有参数。", (2, 3), "prose"),
    ("比原来快 2.5 倍。", (), "prose"),
    ("English, e.g. Foo, is fine.", (1,), "prose"),
    ("So is this.", (2, 3), "prose"),
    ("要点：", (), "prose"),
    ("- **LN**：单个样本。", (1, 2), "item"),
    ("  第二句。", (4,), "prose"),
    ("- `x[1]` 留着", (), "item"),
    ("1. 一", (), "item"),
    ("2. 二", (1,), "item"),
    ("```python\na[1] = 1\n```", (2,), "code"),
    ("$$\ny = x\n$$", (1,), "formula"),
    ("- LN：范围 单个", (1,), "item"),
    ("**结论**", (), "title"),
    ("**就这样**", (), "title"),
    ("引用的话。", (5,), "prose"),
    ("最后 a< b。", (), "prose"),
]


def read(text: str, cuts: list[int] | None = None, *, whole: bool = True) -> tuple[list[Draft], Drafts]:
    drafts, out, restarts = Drafts(), [], 0
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts or [])})
    for start, end in pairwise(places):
        ready = drafts.feed(text[start:end])
        if drafts.restarts > restarts:
            out, restarts = [], drafts.restarts
        out += ready
    return out + drafts.finish(whole=whole), drafts


def test_every_form_of_unit_and_mark() -> None:
    out, drafts = read(ANSWER)
    assert [(unit.text, unit.marks, unit.kind) for unit in out] == UNITS
    assert drafts.silent


@given(st.lists(st.integers(0, 2000), max_size=60))
def test_however_the_tokens_fall(cuts: list[int]) -> None:
    assert read(ANSWER, cuts)[0] == read(ANSWER)[0]


def test_one_character_at_a_time() -> None:
    assert read(ANSWER, list(range(len(ANSWER))))[0] == read(ANSWER)[0]


@given(st.text(alphabet="ab。[]【1】-#`$|<>/think!(\n )*", max_size=80), st.lists(st.integers(0, 80), max_size=8))
def test_no_text_breaks_it(text: str, cuts: list[int]) -> None:
    for unit in read(text, cuts)[0]:
        assert any(letter.isalnum() for letter in unit.text)
        assert unit.kind in ("code", "formula") or "\n" not in unit.text


def test_a_unit_is_given_out_as_soon_as_the_next_begins() -> None:
    drafts = Drafts()
    assert drafts.feed("一句。[1") == []
    assert drafts.feed("]") == []
    assert [unit.marks for unit in drafts.feed("下")] == [(1,)]


def test_reasoning_whose_opening_tag_is_missing_voids_what_came() -> None:
    out, drafts = read("推理。还是推理。</think>答案。[1]", list(range(40)))
    assert [unit.text for unit in out] == ["答案。"]
    assert drafts.restarts == 1


@pytest.mark.parametrize(
    ("text", "whole", "left"),
    [
        ("一句。没写完的", False, ["一句。"]),
        ("一句。写完的", True, ["一句。", "写完的"]),
        ("一句。没有句号 [1]", False, ["一句。", "没有句号"]),
    ],
)
def test_the_end_of_an_answer_that_breaks_off(text: str, whole: bool, left: list[str]) -> None:
    assert [unit.text for unit in read(text, whole=whole)[0]] == left


def test_loops_and_floods_are_enough() -> None:
    assert read("又是这句。" * 10)[1].enough
    assert [unit.text for unit in read("又是这句。" * 10)[0]] == ["又是这句。"]
    out, drafts = read("哈" * 10 * MOST_CHARACTERS)
    assert drafts.enough
    assert all(len(unit.text) <= LONGEST for unit in out)


HOSTILE = [
    "![x](http://evil.example/a.png)",
    "[点我](http://evil.example)",
    "[点我](<javascript:alert(1)>)",
    "[a][b]\n\n[b]: http://evil.example",
    "<http://evil.example>",
    "https://evil.example/?q=1",
    "www.evil.example",
    "<img src=x onerror=alert(1)>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<svg/onload=alert(1)>",
    "<a href='//evil.example'>a</a>",
    "<x onmouseover=alert(1) y",
    "<!-- a -->",
    "`a <img src=x onerror=alert(1)> 没有配对的",
    "![[http://evil.example]]",
    "[a]\\(http://evil.example)",
    "[![a](http://evil.example)](http://evil.example)",
    "<iframe src=http://evil.example>",
    "$\\href{javascript:alert(1)}{x}$",
    "data:text/html;base64,PHNjcmlwdD4=",
    "[a](http://evil.example 'b (c) d')",
    "！[a](//evil.example)",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_loads_or_links(text: str) -> None:
    out, _ = read(f"前面的话。{text}后面的话。\n")
    for shown in ("\n\n".join(unit.text for unit in out), harmless(text)):
        html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(shown)
        assert not re.search(r"<(?!/?(?:p|em|strong|code|br|ol|ul|li)\b)[a-z!/]", html), html
        assert "href" not in html.replace("\\href", "")
        assert "evil" not in shown
        assert "javascript:" not in shown


@given(st.lists(st.sampled_from([*HOSTILE, "`", "``", "[", "]", "(", ")", "<", ">", "!", "话", " "]), max_size=8).map("".join))
def test_nothing_loads_or_links_in_any_mixture(text: str) -> None:
    html = MarkdownIt("commonmark", {"html": True}).render(harmless(text))
    assert not re.search(r"<(?:a|img|script|svg|iframe|x)\b", html), html


@pytest.mark.parametrize(
    "text", ["a<b 且 c>d", "`List<int>`", "$a_1[2]$ 与 $x<y$", "[注意] 这里", "RoPE：旋转。", "C++ 与 C#", "3:1 的比例"]
)
def test_what_is_harmless_is_kept(text: str) -> None:
    assert harmless(text).replace("< ", "<") == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("没有的词用 <unk> 表示", "没有的词用 `<unk>` 表示"),
        ("开头 <s>,末尾 </s>,词尾 `</w>`", "开头 `<s>`,末尾 `</s>`,词尾 `</w>`"),
        ("哨兵 <extra_id_0> 与 <|endoftext|>", "哨兵 `<extra_id_0>` 与 `<|endoftext|>`"),
        ("`没有配对的 <s>", "没有配对的 `<s>`"),
        ("<s onclick=x>删除</s>", "删除`</s>`"),
    ],
)
def test_special_tokens_of_a_model_are_code(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_dots_within_an_enumeration_end_no_sentence() -> None:
    out, _ = read("斜率依次是 1/2、1/4、…、1/256。[1]还有……后面的话。[2]")
    assert (out[0].text, out[0].marks) == ("斜率依次是 1/2、1/4、…、1/256。", (1,))
