"""What the answer prints for a quote: the note's words, with marks that stand alone taken off and paragraphs kept."""

import pytest

from ingest.types import Document, Section
from rag.cite import sentence_texts
from rag.read import Quote
from rag.segment import units


def _quotes(text: str) -> list[Quote]:
    document = Document(id="d", path="/n.md", title="n", text=text, page_starts=(), line_starts=(0,))
    section = Section(document_id="d", trail=("h",), start=0, end=len(text), heading_start=0, blank=False)
    return [
        Quote(document=document, section=section, unit=unit, text=text[unit.start : unit.end], relevance=1.0)
        for unit in units(document, section)
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("总之 **它算得很快。而且很省显存。**", ["总之 **它算得很快。", "而且很省显存。"]),
        ("他说“快”很好。", ["他说“快”很好。"]),
        ("说得对。”", ["说得对。"]),
        ("“说得对。", ["说得对。"]),
        ("**快。\n再说一句话。", ["- 快。", "再说一句话。"]),
        ("很 **快**。", ["很 **快**。"]),
        ("区间是[0,1)", ["区间是[0,1)"]),
        ("- **快：不用等\n- 省：少用**", ["- 快：不用等", "- 省：少用"]),
    ],
)
def test_a_mark_whose_other_half_is_not_quoted_is_not_printed(text: str, shown: list[str]) -> None:
    quotes = _quotes(text)
    assert sentence_texts(quotes) == shown
    assert [quote.text for quote in quotes] == [text[quote.unit.start : quote.unit.end] for quote in quotes]


def test_a_number_glued_to_its_text_leaves_the_text_its_own() -> None:
    quotes = _quotes("改进:\n1.RoPE位置编码\n2.SwiGLU激活函数\n3.1.2万亿训练数据\n")
    assert sentence_texts(quotes) == ["改进:", "1. RoPE位置编码", "2. SwiGLU激活函数", "3. 1.2万亿训练数据"]
    assert sentence_texts(quotes[2:]) == ["- SwiGLU激活函数", "- 1.2万亿训练数据"]


def test_a_paragraph_of_the_note_begins_with_a_line_break() -> None:
    assert sentence_texts(_quotes("先看第一点。再看第二点。\n\n另起一段话。\n\n- 列表第一条。它的解释。\n\n最后一段。")) == [
        "先看第一点。",
        "再看第二点。",
        "\n另起一段话。",
        "- 列表第一条。",
        "  它的解释。",
        "\n最后一段。",
    ]
