"""Sectioning: the headings of notes in all their forms, their trails, and the holes."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.clean import clean
from ingest.section import section
from ingest.types import Document, Section, Source


def document(text: str) -> Document:
    """A document as it stands, without cleaning."""
    starts = [0] + [i + 1 for i, char in enumerate(text) if char == "\n"]
    return Document(id="d", path="/a.txt", title="a", text=text, page_starts=(), line_starts=tuple(starts))


def found(text: str) -> list[tuple[str, str]]:
    """Trail and body of each section; a blank one has the body ``BLANK``."""
    doc = document(text)
    return [(" > ".join(part.trail), "BLANK" if part.blank else doc.text[part.start : part.end].strip()) for part in section(doc)]


def test_markdown_levels() -> None:
    text = "# 甲\n\n引言。\n\n## 乙\n\n正文一。\n\n### 丙 ###\n\n正文二。\n\n## 丁\n\n## 戊\n\n正文三。\n"
    assert found(text) == [
        ("甲", "引言。"),
        ("甲 > 乙", "正文一。"),
        ("甲 > 乙 > 丙", "正文二。"),
        ("甲 > 丁", "BLANK"),
        ("甲 > 戊", "正文三。"),
    ]


def test_underlined_headings() -> None:
    assert found("标题甲\n======\n\n正文一。\n\n标题乙\n------\n\n正文二。\n") == [
        ("标题甲", "正文一。"),
        ("标题甲 > 标题乙", "正文二。"),
    ]


def test_a_note_that_marks_its_headings_is_taken_at_its_word() -> None:
    text = "# 甲\n\n注意力\n\n那么为什么要缩放呢?\n\n因为方差。\n\n# 乙\n\n正文。\n"
    assert found(text) == [("甲", "注意力\n\n那么为什么要缩放呢?\n\n因为方差。"), ("乙", "正文。")]


def test_dotted_numbers_and_chapters() -> None:
    text = (
        "10 LLMs 位置编码篇\n\n10.1.1 什么是位置编码?\n\n位置编码给出顺序。\n\n10.2 旋转位置编码篇\n\n10.2.1 思路是什么?\n\n旋转向量。\n\n"
        "10.2.2 推导一下 RoPE ?\n\n11 分词篇\n\n11.1.1 BPE 如何构建词典?\n\n合并最频繁的对。\n3.5 倍的速度不是标题。\n"
    )
    assert found(text) == [
        ("10 LLMs 位置编码篇 > 10.1.1 什么是位置编码?", "位置编码给出顺序。"),
        ("10 LLMs 位置编码篇 > 10.2 旋转位置编码篇 > 10.2.1 思路是什么?", "旋转向量。"),
        ("10 LLMs 位置编码篇 > 10.2 旋转位置编码篇 > 10.2.2 推导一下 RoPE ?", "BLANK"),
        ("11 分词篇 > 11.1.1 BPE 如何构建词典?", "合并最频繁的对。\n3.5 倍的速度不是标题。"),
    ]


def test_numbered_questions_after_a_preface() -> None:
    text = "前言\n\n这里有两个问题。\n\n1.Transformer为何使用多头?\n\n答:子空间不同。\n\n2.简单讲一下残差结构以及意义。\n\n答:梯度直通。\n\n  • 1.第一点\n  • 2.第二点\n"
    assert found(text) == [
        ("前言", "这里有两个问题。"),
        ("1.Transformer为何使用多头?", "答:子空间不同。"),
        ("2.简单讲一下残差结构以及意义。", "答:梯度直通。\n\n  • 1.第一点\n  • 2.第二点"),
    ]


def test_indented_question_list_with_inner_lists_and_unanswered_ones() -> None:
    text = (
        "大模型教我学大模型\n\nLLM的正确用法\n\n这里是说明的话,讲来历。\n\n"
        "  1. 量化有哪些方法?\n\n    有两种:\n\n    1. PTQ:训练后量化。\n\n    2. QAT:训练中量化。\n\n"
        "  2. 用pytorch手写attention的代码\n\n    优点\n\n    代码如下。\n\n"
        "  3. 为什么要缩放?\n\n    因为方差。\n\n"
        "以下是我遇到的一些问题:\n\n  1. 如何防止过拟合?\n  2. 链表反向\n  3. PCA是如何推导得到的?\n"
    )
    assert found(text) == [
        ("LLM的正确用法", "这里是说明的话,讲来历。"),
        ("LLM的正确用法 > 1. 量化有哪些方法?", "有两种:\n\n    1. PTQ:训练后量化。\n\n    2. QAT:训练中量化。"),
        ("LLM的正确用法 > 2. 用pytorch手写attention的代码", "优点\n\n    代码如下。"),
        ("LLM的正确用法 > 3. 为什么要缩放?", "因为方差。"),
        ("以下是我遇到的一些问题 > 1. 如何防止过拟合?", "BLANK"),
        ("以下是我遇到的一些问题 > 2. 链表反向", "BLANK"),
        ("以下是我遇到的一些问题 > 3. PCA是如何推导得到的?", "BLANK"),
    ]


def test_lists_are_not_headings() -> None:
    text = "## 步骤\n\n1. 下载数据。\n\n2. 清洗数据。\n\n3. 训练模型。\n\n评估时问自己:\n\n1. 数据够吗?\n2. 泄漏了吗?\n3. 指标对吗?\n\n然后上线。\n\n## 结果\n\n好。\n"
    assert [trail for trail, _ in found(text)] == ["步骤", "结果"]


def test_bare_titles_and_questions() -> None:
    text = "面试准备\n\n其他注意力\n\n过拟合的表现有哪些?\n\nBN 训练和测试的区别在哪里?\n\nBN 是一种归一化技术。\n\n为了加速收敛\n\n使用均值和方差归一化。\n\nT5\n\nGPT-1\n"
    assert found(text) == [
        ("其他注意力", "BLANK"),
        ("过拟合的表现有哪些?", "BLANK"),
        ("BN 训练和测试的区别在哪里?", "BN 是一种归一化技术。\n\n为了加速收敛\n\n使用均值和方差归一化。"),
        ("T5", "BLANK"),
        ("GPT-1", "BLANK"),
    ]


def test_first_lines_of_paragraphs() -> None:
    text = "题集\n\n多头注意力的好处?\n多头可以捕获不同子空间的特征,而且可以并行计算。\n\n前馈层\n两层线性变换,中间一个激活函数。\n\nBERT的训练任务\n1.掩码语言模型,遮住15%的词。\n2.下一句预测。\n\nLLAMA作出的改进\n1.RMSNorm。\n4.1.2万亿训练数据\n"
    assert found(text) == [
        ("多头注意力的好处?", "多头可以捕获不同子空间的特征,而且可以并行计算。"),
        ("前馈层", "两层线性变换,中间一个激活函数。"),
        ("BERT的训练任务", "1.掩码语言模型,遮住15%的词。\n2.下一句预测。"),
        ("LLAMA作出的改进", "1.RMSNorm。\n4.1.2万亿训练数据"),
    ]


def test_contents_that_were_cleaned_out_give_the_levels() -> None:
    text = (
        "笔记\n\n目录\n  • BERT\n    • 掩码语言建模\n  • BERT 变体\n    • RoBERTa\n  • T5\n\n"
        "BERT\n\nBERT 是双向模型。\n\n模型结构\n\n有 12 层,隐藏维度 768。\n\n掩码语言建模\n\n遮住 15% 的词再预测。\n\nBERT 变体\n\nRoBERTa\n\n去掉了下一句预测任务。\n\nT5\n"
    )
    doc = clean(Source(path="/a", record=None, title="a", text=text, line_starts=document(text).line_starts, page_starts=()))
    assert [(" > ".join(part.trail), part.blank) for part in section(doc)] == [
        ("BERT", False),
        ("BERT > 模型结构", False),
        ("BERT > 掩码语言建模", False),
        ("BERT 变体 > RoBERTa", False),
        ("T5", True),
    ]


@pytest.mark.parametrize(
    ("text", "trails"),
    [
        (
            "一、背景\n\n甲。\n\n(一)数据\n\n乙。\n\n(二)模型\n\n丙。\n\n二、结论\n\n丁。\n",
            ["一、背景", "一、背景 > (一)数据", "一、背景 > (二)模型", "二、结论"],
        ),
        (
            "第一章 绪论\n\n甲。\n\n第1节 历史\n\n乙。\n\n第二章 方法\n\n丙。\n",
            ["第一章 绪论", "第一章 绪论 > 第1节 历史", "第二章 方法"],
        ),
        ("**一个标题**\n\n甲。\n\n**注意:这里是一句话。**\n\n**另一个标题**\n\n乙。\n", ["一个标题", "另一个标题"]),
        ("Q: 什么是 LN?\nA: 层归一化。\n\nQ: 什么是 BN?\nA: 批归一化。\n", ["Q: 什么是 LN?", "Q: 什么是 BN?"]),
        ("【背景】\n\n甲。\n\n【方法】\n\n乙。\n", ["【背景】", "【方法】"]),
        (
            "Title Here\n\nWhy cache keys?\n\nThey never change.\n\nMemory cost\n\nIt grows with the length.\n",
            ["Why cache keys?", "Memory cost"],
        ),
    ],
)
def test_other_forms(text: str, trails: list[str]) -> None:
    assert [trail for trail, _ in found(text)] == trails


def test_text_of_a_pdf() -> None:
    text = (
        "第一章 注意力机制\n" + "注意力机制根据查询与键的相似度给值加权,它的计算可以并行,也能捕捉\n长距离的依赖。\n" * 6 + "1.1 什么是多头注意力?\n"
        + "多头注意力把查询、键、值投影到多个子空间,分别计算以后再拼接起来,\n参数量不变。\n" * 4
    )  # fmt: skip
    assert [trail for trail, _ in found(text)] == ["第一章 注意力机制", "第一章 注意力机制 > 1.1 什么是多头注意力?"]


def test_code_holds_no_headings() -> None:
    fenced = "# 甲\n\n```python\n# 注释\nx = 1\n```\n\n# 乙\n\n正文。\n"
    assert [trail for trail, _ in found(fenced)] == ["甲", "乙"]
    bare = "13.1 代码实现?\n\nimport torch\nimport torch.nn as nn\n\nclass A(nn.Module):\n    def f(self):\n\n        # 添加隐藏层\n        x = 1\n\n# 创建模型\nm = A()\n\n13.2 优点?\n\n简单。\n"
    assert [trail for trail, _ in found(bare)] == ["13.1 代码实现?", "13.2 优点?"]


@pytest.mark.parametrize(
    ("body", "blank"),
    [
        ("", True),
        ("![](a.png)\n", True),
        ("在这里插入图片描述\n", True),
        ("待补充\n", True),
        ("TODO\n", True),
        ("💡\n", True),
        ("答:\n", True),
        ("BPE、BBPE\n", True),
        ("32\n", False),
        ("不可以。\n", False),
        ("O(n^2)\n", False),
        ("![E=mc^2](https://www.zhihu.com/equation?tex=E)\n", False),
    ],
)
def test_blank(body: str, blank: bool) -> None:
    sections = section(document(f"## 分词器\n\n{body}\n## 下一个\n\n正文。\n"))
    assert [(part.trail[-1], part.blank) for part in sections] == [("分词器", blank), ("下一个", False)]


def test_names_answer_a_question() -> None:
    assert found("## 有哪些分词算法?\n\nBPE、BBPE\n\n## 下一个\n\n正文。\n")[0] == ("有哪些分词算法?", "BPE、BBPE")


def test_the_title_heads_the_text_below_it_only() -> None:
    assert found("笔记的题目\n\n开头的话。\n\n甲的标题\n\n甲的内容。\n") == [
        ("笔记的题目", "开头的话。"),
        ("甲的标题", "甲的内容。"),
    ]


def test_questions_with_the_answer_on_the_next_line() -> None:
    text = "什么是 warmup?\n学习率从零开始线性升高\n\n最大长度是多少?\n2048\n\n损失函数用什么？\n交叉熵\n\n还没有答案的是哪个?\n"
    assert found(text) == [
        ("什么是 warmup?", "学习率从零开始线性升高"),
        ("最大长度是多少?", "2048"),
        ("损失函数用什么？", "交叉熵"),
        ("还没有答案的是哪个?", "BLANK"),
    ]
    assert found("# 甲\n\n正文。\n\n那为什么?\n因为方差。\n\n# 乙\n\n正文。\n")[0] == ("甲", "正文。\n\n那为什么?\n因为方差。")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A\n\nnul 内容\n", [("A", "nul 内容")]),
        ("# A\n\n## B\n\n短句\n\n", [("A > B", "短句")]),
        ("# A\n\n位置编码\n\n其他模型\n", [("A > 位置编码", "BLANK"), ("A > 其他模型", "BLANK")]),
        ("# A\n\n什么是位置编码?\n", [("A > 什么是位置编码?", "BLANK")]),
        ("# A\n\n## 位置编码\n", [("A > 位置编码", "BLANK")]),
        ("#\n", []),
        ("#\n\n##\n", []),
    ],
)
def test_the_last_words_under_a_heading_are_its_text(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_no_headings_at_all() -> None:
    assert found("只有一句话。\n") == [("", "只有一句话。")]
    assert found("") == []
    assert found("\n\n") == []


LINE = st.one_of(
    st.sampled_from(
        [
            "", "", "", "# 标题", "## 二级", "### 三级", "1. 什么是甲?", "2. 什么是乙?", "  1. 什么是丙?", "    正文缩进。", "1.1 小节", "1.2 小节?", "10 篇章", "一、背景", "(二)数据",
            "第3章 方法", "**粗体**", "Q: 为什么?", "为什么要缩放?", "短标题", "正文的一句话,说明注意力的作用。", "- 列表项", "import os", "x = f(1)", "# 注释", "```", "$$", "| a | b |",
            "|---|---|", "====", "---", "![](a.png)", "以下是一些问题:", "\\[",
        ]
    ),
    st.text(alphabet="注意力abc012 .。?*#|$`-\t", max_size=20),
)  # fmt: skip


def heading_text(doc: Document, part: Section) -> str:
    return doc.text[part.heading_start : part.start]


@settings(deadline=None, max_examples=300)
@given(st.lists(LINE, max_size=40))
def test_sections_cover_the_text_and_do_not_overlap(lines: list[str]) -> None:
    doc = document("\n".join(lines))
    sections = section(doc)
    position = 0
    for part in sections:
        assert part.document_id == "d"
        assert position <= part.heading_start <= part.start <= part.end <= len(doc.text)
        gap = doc.text[position : part.heading_start].strip()
        assert "。" not in gap or "\n" not in gap  # only headings of parents, and the title, stand outside
        position = part.end
        assert part.trail == () or all(name.strip() for name in part.trail)
        if part.blank:
            assert part.trail
        if part.start > part.heading_start and part.trail:
            assert part.trail[-1].strip("*#:：` ") in heading_text(doc, part).replace("**", "")
    assert all(part.end <= following.heading_start for part, following in pairwise(sections))


@pytest.mark.parametrize(
    "unit",
    [
        "(",
        "#",
        "# a\n",
        "1.\n",
        "1. x\n",
        "1.1 a?\n\n",
        "为什么?\n\n",
        "**a**\n",
        "a\n---\n",
        "  1. x?\n\n    y\n\n",
        "```\n",
        "$$ x\n",
    ],
)
def test_hostile_input_takes_linear_time(unit: str) -> None:
    def seconds(size: int) -> float:
        doc = document(unit * (size // len(unit)))
        begin = time.process_time()
        section(doc)
        return time.process_time() - begin

    seconds(1000)
    assert any(seconds(80_000) < max(30 * seconds(8_000), 0.5) for _ in range(3))  # a busy machine may spoil a measurement
