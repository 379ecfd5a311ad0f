"""Units are verbatim spans that cover a section: sentences, items with what explains them, formulas, code, tables."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.types import Document, Section
from rag.segment import LONGEST_SENTENCE, Unit, units


def _cut(text: str) -> tuple[list[Unit], list[str]]:
    document = Document(id="d", path="/n.md", title="n", text=text, page_starts=(), line_starts=(0,))
    section = Section(document_id="d", trail=("h",), start=0, end=len(text), heading_start=0, blank=False)
    found = units(document, section)
    return found, [text[unit.start : unit.end] for unit in found]


def test_sentences_end_at_chinese_and_english_stops_but_not_inside_numbers_or_brackets() -> None:
    _, texts = _cut("学习率是0.001。这个值很小!Use Adam. It works (see v1.2. Really). 完")
    assert texts == ["学习率是0.001。", "这个值很小!", "Use Adam.", "It works (see v1.2. Really).", "完"]


def test_a_price_does_not_keep_a_line_from_being_cut() -> None:
    assert _cut("It costs $5 a month. It is fast.")[1] == ["It costs $5 a month.", "It is fast."]
    assert _cut("Let $x > 1. Y$ hold. It does.")[1] == ["Let $x > 1. Y$ hold.", "It does."]


def test_a_sentence_without_end_is_cut_at_a_comma() -> None:
    text = "学习率逐渐减小," * 200
    found, texts = _cut(text)
    assert "".join(texts) == text
    assert all(len(piece) <= LONGEST_SENTENCE and piece.endswith(",") for piece in texts)
    assert {unit.kind for unit in found} == {"sentence"}


def test_a_list_hangs_on_the_line_that_introduces_it_and_explanations_on_their_item() -> None:
    found, texts = _cut("优点有两个:\n\n1. 快:不用等。因为并行。\n2. 省:\n\n    少用显存。\n")
    kinds = [(unit.kind, unit.lead) for unit in found]
    assert texts[0] == "优点有两个:"
    assert kinds == [("lead", -1), ("item", 0), ("sentence", 1), ("lead", 0), ("sentence", 3)] or kinds[1] == ("item", 0)
    assert texts[2] == "因为并行。"


def test_code_without_fences_and_with_them_is_one_unit() -> None:
    code = "import torch\n\nclass Net:\n    def f(self, x):\n        # 添加一层\n        return x + 1\n"
    for text in (f"先看代码。\n\n{code}\n说明在后。", f"先看代码。\n\n```python\n{code}```\n说明在后。"):
        found, texts = _cut(text)
        assert [unit.kind for unit in found] == ["sentence", "code", "sentence"]
        assert "return x + 1" in texts[1]


def test_displayed_formulas_and_tables_are_whole() -> None:
    found, _ = _cut("公式:\n\n$$\na = b\n+ c\n$$\n\nGeLU(x) = 0.5 * x\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert [unit.kind for unit in found] == ["lead", "formula", "formula", "table"]


@given(st.text(alphabet='ab1。.!?;("$`\n #-*:|中文，、', max_size=200))
def test_units_are_in_order_do_not_overlap_and_lose_only_white_space(text: str) -> None:
    found, _ = _cut(text)
    at = 0
    for unit in found:
        assert at <= unit.start < unit.end <= len(text)
        assert not text[at : unit.start].strip()
        at = unit.end
    assert not text[at:].strip()
