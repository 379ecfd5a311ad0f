"""Units are verbatim spans that cover a section: sentences, items with what explains them, formulas, code, tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.types import Document, Section
from rag.segment import LONGEST_SENTENCE, Unit, glued, units


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


def test_a_formula_in_single_dollars_hangs_on_the_sentence_that_leads_to_it() -> None:
    found, texts = _cut(
        "假设我们有一个损失函数,记作 $L(\\theta)$,其中 $\\theta$ 是模型的参数向量。梯度下降算法的核心步骤是按照损失函数的负梯度方向一步一步地更新参数。"
        "基本的更新公式如下:\n\n$\\theta:=\\theta-\\eta g$\n\n$g \\text{ 是梯度}$\n\n步长要小。"
    )
    assert [(unit.kind, unit.lead) for unit in found] == [
        ("sentence", -1),
        ("sentence", -1),
        ("lead", -1),
        ("formula", 2),
        ("formula", 2),
        ("sentence", -1),
    ]
    assert texts[2] == "基本的更新公式如下:"


def test_what_breaks_off_in_an_item_leads_to_its_formula_and_a_comma_leaves_it_a_sentence() -> None:
    found, texts = _cut("- A：看圈数。同时除以温度 $t$，\n\n$$\nt=1\n$$\n\n- B：两个。间隔越大：\n\n$$x$$\n")
    assert [(unit.kind, unit.lead) for unit in found] == [
        ("item", -1),
        ("sentence", 0),
        ("formula", 1),
        ("item", -1),
        ("lead", 3),
        ("formula", 4),
    ]
    assert (texts[1], texts[4]) == ("同时除以温度 $t$，", "间隔越大：")


def test_a_long_line_of_pasted_mathjax_is_a_formula() -> None:
    line = "P E ( p o s ) = s i n ( p ) PE(pos) = sin(p / 10000^{(2i/d_{model})}) PE(pos)=sin(p/10000(2i/dmodel)) " * 4
    found, _ = _cut(f"公式如下:\n{line.strip()}\n其中,p 表示位置。")
    assert [(unit.kind, unit.lead) for unit in found][:2] == [("lead", -1), ("formula", 0)]
    assert _cut("We set a=1 here. " * 30)[0][0].kind == "sentence"


def test_a_lead_does_not_hang_on_one_whose_list_has_ended() -> None:
    found, _ = _cut("对比如下:\n\n优点:\n\n- 快\n\n缺点:\n\n- 贵\n")
    assert [(unit.kind, unit.lead) for unit in found] == [("lead", -1), ("lead", 0), ("item", 1), ("lead", 0), ("item", 3)]


@pytest.mark.parametrize(
    ("above", "line", "below", "length"),
    [
        ("3.SwiGLU激活函数", "4.1.2万亿训练数据", "", 2),
        ("", "1.7B参数", "2.中文更好", 2),
        ("1.5 版发布", "2.0 版发布", "3.1 版发布", 0),
        ("3.SwiGLU激活函数", "4.用RoPE", "", 0),
        ("3.SwiGLU激活函数", "6.1.2万亿", "", 0),
    ],
)
def test_a_list_number_glued_to_the_number_of_its_text(above: str, line: str, below: str, length: int) -> None:
    assert glued(above, line, below) == length


def test_an_item_whose_number_is_glued_to_its_text_is_an_item() -> None:
    found, _ = _cut("改进:\n1.RoPE位置编码\n2.SwiGLU激活函数\n3.1.2万亿训练数据\n")
    assert [(unit.kind, unit.lead) for unit in found] == [("lead", -1), ("item", 0), ("item", 0), ("item", 0)]


def test_the_asterisks_that_close_a_bold_sentence_belong_to_it() -> None:
    assert _cut("总之 **它算得很快。** 另外 **省显存。而且也很稳定。**另一句话。")[1] == [
        "总之 **它算得很快。**",
        "另外 **省显存。",
        "而且也很稳定。**",
        "另一句话。",
    ]


def test_a_label_behind_a_list_is_none_of_its_items() -> None:
    found, texts = _cut("三项技术:\n\n1. NF4:按分位数量化。\n2. 双重量化:再量化一次。\n\n过程:先存后算。\n\n代价:训练变慢。\n")
    assert [
        (text, unit.lead) for text, unit in zip(texts, found, strict=True) if text.startswith(("1.", "2.", "过程", "代价"))
    ] == [
        ("1. NF4:按分位数量化。", 0),
        ("2. 双重量化:再量化一次。", 0),
        ("过程:先存后算。", -1),
        ("代价:训练变慢。", -1),
    ]


def test_a_line_of_sources_makes_no_list_of_the_paragraph_above_it() -> None:
    found, _ = _cut("原因有两个:\n\n- 快。\n- 省。\n\n后来分成两支:编码器、解码器。\n\n参考: Vaswani, 2017\n")
    assert [unit.kind for unit in found] == ["lead", "item", "item", "sentence", "sentence"]
