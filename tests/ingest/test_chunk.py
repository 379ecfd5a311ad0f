"""Chunking: passages within sections that cover them, and never cut code, formulas or rows."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import blocks
from ingest.blocks import Kind
from ingest.chunk import chunk
from ingest.section import section
from ingest.types import Chunk, Document, Section


def document(text: str, page_starts: tuple[int, ...] = ()) -> Document:
    starts = [0] + [i + 1 for i, char in enumerate(text) if char == "\n"]
    return Document(id="d", path="/a.txt", title="a", text=text, page_starts=page_starts, line_starts=tuple(starts))


def whole(text: str) -> list[Section]:
    return [Section(document_id="d", trail=("题",), start=0, end=len(text), heading_start=0, blank=False)]


def texts(text: str, limit: int) -> list[str]:
    return [part.text for part in chunk(document(text), whole(text), limit=limit)]


def test_short_paragraphs_share_a_passage() -> None:
    assert texts("甲说一句。\n\n乙说一句。\n\n丙说一句。\n", 400) == ["甲说一句。\n\n乙说一句。\n\n丙说一句。"]


def test_paragraphs_come_before_sentences() -> None:
    first, second = "甲的第一句。甲的第二句。", "乙的第一句。乙的第二句。"
    assert texts(f"{first}\n\n{second}", 20) == [first, second]


def test_long_paragraphs_are_cut_at_sentences() -> None:
    sentences = [f"第{n}句说明了一件事情。" for n in "一二三四五六"]
    out = texts("".join(sentences), 25)
    assert "".join(out) == "".join(sentences)
    assert all(len(part) <= 25 and part.endswith("。") for part in out)
    english = "The first sentence ends here. The second one follows at once. A third is e.g. short."
    assert texts(english, 36) == ["The first sentence ends here.", "The second one follows at once.", "A third is e.g. short."]


def test_sentences_without_an_end_are_cut_at_commas_outside_formulas() -> None:
    out = texts("很长的内容," * 20, 32)
    assert all(len(part) <= 32 and part.endswith(",") for part in out)
    formula = "前面的文字说明这个公式的意思如下 $a + b + c + d + e + f$ 后面的文字继续说明它的各个部分"
    assert any("$a + b + c + d + e + f$" in part for part in texts(formula, 44))


def test_code_is_one_passage_whatever_its_length() -> None:
    code = "```python\n" + "x = 1\n" * 100 + "```"
    assert texts(f"说明如下:\n\n{code}\n\n之后的话。", 80) == ["说明如下:", code, "之后的话。"]
    bare = "import os\n" + "    value = compute(value)\n" * 30
    assert texts(f"说明。\n\n{bare}", 80) == ["说明。", bare.rstrip("\n")]


def test_code_keeps_its_indentation() -> None:
    bare = "    import os\n    x = os.getcwd()\n"
    assert texts(bare, 400) == [bare.rstrip("\n")]


def test_formulas_are_not_cut() -> None:
    formula = "$$\n" + "a + b \\\\\n" * 30 + "$$"
    assert texts(f"公式:\n\n{formula}\n\n之后。", 60)[1:] == [formula, "之后。"]


def test_tables_are_cut_between_rows() -> None:
    rows = ["| 名称 | 说明 |", "| --- | --- |"] + [f"| 第{n}行 | 一些说明文字 |" for n in range(20)]
    out = texts("\n".join(rows), 60)
    assert "\n".join(out).split("\n") == rows
    assert all(len(part) <= 60 for part in out)


def test_an_announcement_goes_with_what_it_announces() -> None:
    text = "第一段话说明背景,长度大约有三十个字左右就够了。\n\n解决的方法有以下几种:\n\n- 正则化,限制参数的大小。\n- 早停,看验证集的误差。\n"
    out = texts(text, 60)
    assert out[1].startswith("解决的方法有以下几种:\n\n- 正则化")


def test_no_small_rest() -> None:
    text = "\n".join(f"- 第{n:02d}项说明一个要点,话不多。" for n in range(21))
    lengths = [len(part) for part in texts(text, 100)]
    assert max(lengths) <= 100
    assert min(lengths) >= 50


def test_fields() -> None:
    text = "# 甲\n\n第一页的话。\n第二行。\n\n# 乙\n\n第二页的话。\n"
    doc = document(text, page_starts=(0, text.index("# 乙")))
    sections = section(doc)
    first, second = chunk(doc, sections, limit=400)
    assert (first.document_id, first.trail, first.text, first.page, first.lines) == (
        "d",
        ("甲",),
        "第一页的话。\n第二行。",
        1,
        (3, 4),
    )
    assert (second.trail, second.page, second.lines) == (("乙",), 2, (8, 8))
    assert chunk(doc, sections, limit=400) == (first, second)
    assert len(first.id) == len(second.id) == 16
    assert first.id != second.id
    moved = document("\n" + text)
    assert chunk(moved, section(moved), limit=400)[0].id != first.id


def test_blank_sections_give_nothing() -> None:
    doc = document("# 甲\n\n# 乙\n\n正文。\n")
    assert [part.trail for part in chunk(doc, section(doc), limit=10)] == [("乙",)]


@pytest.mark.parametrize("limit", [0, -1])
def test_the_limit_is_above_zero(limit: int) -> None:
    with pytest.raises(ValueError, match="limit must be above 0"):
        chunk(document("甲"), whole("甲"), limit=limit)


LINE = st.one_of(
    st.sampled_from(
        [
            "", "", "", "# 标题", "## 二级", "1. 什么是甲?", "一、背景", "正文的一句话,说明注意力的作用。再说一句!又一句?", "- 列表项", "  - 内层", "import os", "x = f(1)", "# 注释",
            "```", "$$", "a^2 + b^2", "| a | b |", "|---|---|", "如下:", "The first. The second one. A third, e.g. this.", "没有句号的很长的一行" * 8, "x" * 130, "\\[", "\\]", "$\\begin{array}", "\\end{array}$",
        ]
    ),
    st.text(alphabet="注意力abc012 .。?!,*#|$`-\t", max_size=60),
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(LINE, max_size=40), st.integers(min_value=1, max_value=120))
def test_invariants(lines: list[str], limit: int) -> None:
    doc = document("\n".join(lines))
    sections = section(doc)
    chunks = chunk(doc, sections, limit=limit)
    position = 0
    for part in chunks:
        assert doc.text[part.start : part.end] == part.text
        assert part.text.strip()
        assert part.start >= position
        position = part.end
        assert [s for s in sections if s.trail == part.trail and s.start <= part.start and part.end <= s.end]
        assert part.lines == doc.lines(part.start, part.end)
        if len(part.text) > limit:
            assert one_block(doc, part)
    for s in sections:
        if not s.blank:
            covered = "".join(part.text for part in chunks if s.start <= part.start < s.end)
            assert "".join(covered.split()) == "".join(doc.text[s.start : s.end].split())
    assert len({part.id for part in chunks}) == len(chunks)


def one_block(doc: Document, part: Chunk) -> bool:
    """The passage is one block of code or one formula."""
    inside = [line for line in blocks.read(doc.text) if line.start < part.end and line.end > part.start and line.text]
    return len({line.run for line in inside}) == 1 and inside[0].kind in (Kind.CODE, Kind.FORMULA)


@pytest.mark.parametrize("unit", ["(", "a\n", "。", "ab ", "$", "好", "![", "| a |\n", "- a\n\n"])
def test_hostile_input_takes_linear_time(unit: str) -> None:
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        begin = time.process_time()
        chunk(document(text), whole(text), limit=400)
        return time.process_time() - begin

    seconds(1000)
    assert any(seconds(80_000) < max(30 * seconds(8_000), 0.5) for _ in range(3))  # a busy machine may spoil a measurement
