"""Cleaning: nothing of the page stays, nothing of the note goes, and the maps stay right."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.clean import clean, repeated_lines
from ingest.types import Document, Source

PAGES = sorted(path for path in (Path(__file__).parent / "pages").iterdir() if path.is_file())


def source(text: str, *, title: str = "note", record: str | None = None, page_starts: tuple[int, ...] = ()) -> Source:
    starts = [0] + [i + 1 for i, char in enumerate(text) if char == "\n"]
    return Source(path="/notes/a.txt", record=record, title=title, text=text, line_starts=tuple(starts), page_starts=page_starts)


def cleaned(text: str) -> Document:
    return clean(source(text))


def reasons(document: Document) -> list[tuple[tuple[int, int], str]]:
    return [(dropped.lines, dropped.reason) for dropped in document.dropped]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_pages(path: Path) -> None:
    """Lines with ``~`` in front are the page's and must go; all others are the note's and must stay, in order."""
    marked = path.read_text(encoding="utf-8").split("\n")
    text = "\n".join(line.removeprefix("~") for line in marked)
    kept = [line.strip() for line in cleaned(text).text.split("\n") if line.strip()]
    assert kept == [line.strip() for line in marked if line.strip() and not line.startswith("~")]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_pages_line_map(path: Path) -> None:
    marked = path.read_text(encoding="utf-8").split("\n")
    document = cleaned("\n".join(line.removeprefix("~") for line in marked))
    for number, line in enumerate(marked):
        start = document.line_starts[number]
        if line.startswith("~") and line[1:].strip():
            following = document.line_starts[number + 1] if number + 1 < len(marked) else len(document.text)
            assert start == following, line
        elif line.strip("~ "):
            assert document.text.startswith(line, start)
            assert document.lines(start, start + len(line)) == (number + 1, number + 1)


def test_dropped_is_recorded_with_lines_and_reason() -> None:
    document = cleaned(
        "标题行\n\n发布于 2024-01-02 10:00 阅读 1234\n\n正文的第一句话,说明归一化的作用。\n在这里插入图片描述\n正文的第二句话,说明残差的作用。"
    )
    assert reasons(document) == [((3, 3), "page header"), ((6, 6), "image placeholder")]
    assert [dropped.text for dropped in document.dropped] == ["发布于 2024-01-02 10:00 阅读 1234", "在这里插入图片描述"]
    assert document.line_starts[5] == document.line_starts[6]
    assert document.lines(document.text.index("第二句话"), len(document.text)) == (7, 7)


def test_identity_and_title() -> None:
    assert clean(source("一句话。", record="r7"), digest="d").id == "r7"
    document = clean(source("一句话。", title="标题"), digest="d")
    assert (document.id, document.title, document.path, document.text, document.dropped) == (
        "d",
        "标题",
        "/notes/a.txt",
        "一句话。",
        (),
    )


def test_citation_marks_go_and_exponents_stay() -> None:
    text = (
        "LN 按样本归一化⁵。BN 按特征归一化¹²。\n迁移学习³是一种方法,效果更好²³。\n多头注意力⁴更强,成本更高¹[^10^]。\n"
        "公式 x² + y² = r²,学习率 10⁻⁵,距离 d² 与 (a+b)²。\n\n"
        "源: 与助手的对话 (1) 甲 - 知乎. https://a.b/1. (2) 乙. https://a.b/2. (3) 丙. https://a.b/3.\n"
    )
    assert cleaned(text).text == (
        "LN 按样本归一化。BN 按特征归一化。\n迁移学习是一种方法,效果更好。\n多头注意力更强,成本更高。\n"
        "公式 x² + y² = r²,学习率 10⁻⁵,距离 d² 与 (a+b)²。\n\n"
    )


def test_raised_numbers_stay_without_evidence_of_citations() -> None:
    text = "误差²取平均就是均方误差。面积的单位是米²,体积是厘米³。\n"
    assert cleaned(text).text == text


def test_inline_cut_keeps_the_map() -> None:
    text = "第一行说明残差连接的作用[^1^]。\n第二行说明归一化的作用[^2^],结束。\n第三行。"
    document = cleaned(text)
    assert document.text == "第一行说明残差连接的作用。\n第二行说明归一化的作用,结束。\n第三行。"
    assert document.lines(document.text.index("结束"), document.text.index("结束") + 2) == (2, 2)
    assert document.lines(document.text.index("第三行"), len(document.text)) == (3, 3)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("LoRA 只训练低秩矩阵。希望这个回答对你有所帮助!", "LoRA 只训练低秩矩阵。"),
        ("LoRA 只训练低秩矩阵。希望这些信息对您有所帮助!如果您还有其他问题,欢迎随时向我提问。", "LoRA 只训练低秩矩阵。"),
        ("好的,我来一一解答你的问题:\nLoRA 只训练低秩矩阵。", "LoRA 只训练低秩矩阵。"),
        ("关于您的问题,我会逐一回答。\nLoRA 只训练低秩矩阵。", "LoRA 只训练低秩矩阵。"),
        (
            "LoRA trains two small matrices. I hope this helps! Let me know if you have any questions.",
            "LoRA trains two small matrices.",
        ),
        ("我们希望这个值越大越好。", "我们希望这个值越大越好。"),
        ("希望模型对长文本有帮助。", "希望模型对长文本有帮助。"),
        ("他说:“希望对你有所帮助!”", "他说:“希望对你有所帮助!”"),
        ("如果您有特定平台的部署需求,欢迎通过 Issue 与我们联系。", "如果您有特定平台的部署需求,欢迎通过 Issue 与我们联系。"),
    ],
)
def test_small_talk(text: str, left: str) -> None:
    assert cleaned(text).text.strip() == left


def test_contents_without_the_word_go_when_every_entry_returns() -> None:
    names = ["自注意力", "多头注意力", "位置编码", "层归一化", "前馈网络"]
    body = "".join(f"{name}\n\n这一节说明{name}的来历和公式。\n\n" for name in names)
    assert cleaned("".join(f"- {name}\n" for name in names) + "\n" + body).text.strip() == body.strip()
    listed = "本文讲三点:\n\n- 甲\n- 乙\n- 丙\n\n" + body
    assert cleaned(listed).text == listed


def test_code_is_never_touched() -> None:
    code = "```python\nprint('在这里插入图片描述')\n# 点赞 12\nx = 1  # 希望对你有所帮助!\n```\n"
    bare = "import os\nurl = 'https://a.b/c'\nprint('希望对你有所帮助!')\n"
    assert cleaned("说明。\n\n" + code).text == "说明。\n\n" + code
    assert cleaned("说明。\n\n" + bare).text == "说明。\n\n" + bare


def test_images() -> None:
    text = "甲。\n![](a.png)\n![image-20240101](b.png)\nimage-20240715162136966\n乙 ![img](c.png) 丙。\n![自注意力的计算图](d.png)\n![E=mc^2](https://www.zhihu.com/equation?tex=E%3Dmc%5E2)\n"
    assert (
        cleaned(text).text
        == "甲。\n乙  丙。\n![自注意力的计算图](d.png)\n![E=mc^2](https://www.zhihu.com/equation?tex=E%3Dmc%5E2)\n"
    )


def test_running_heads_of_pdf_pages() -> None:
    pages = [
        f"深度学习讲义\n第{n}页讲了{word},内容各不相同。\n{n}\n" for n, word in enumerate(["卷积", "循环", "注意力", "扩散"], 1)
    ]
    starts = tuple(sum(map(len, pages[:n])) for n in range(len(pages)))
    document = clean(source("".join(pages), page_starts=starts))
    assert document.text.split() == [
        f"第{n}页讲了{word},内容各不相同。" for n, word in enumerate(["卷积", "循环", "注意力", "扩散"], 1)
    ]
    assert [document.text[start:].split("\n")[0][:3] for start in document.page_starts] == ["第1页", "第2页", "第3页", "第4页"]


def test_repeated_lines() -> None:
    first, second = source("甲的内容\n站点广告 12\n其他一\n其他二"), source("乙的内容\n站点广告 99\n别的一\n别的二")
    assert repeated_lines([first, second]) == {"站点广告0"}
    assert repeated_lines([first, source(first.text + "\n多一行")]) == frozenset()
    assert repeated_lines([first]) == frozenset()


def test_lines_repeated_across_files_go_only_with_a_footer() -> None:
    note = "残差连接让梯度直接流过,训练更稳定。\n\n要点\n"
    footer = "某某学院\n点赞 12\n收藏 30\n评论 4\n登录后才能评论\n"
    known = frozenset({"某某学院", "要点"})
    assert clean(source(note), repeated=known).text == note
    assert clean(source(note + footer), repeated=known).text.strip() == "残差连接让梯度直接流过,训练更稳定。"
    assert "要点" in clean(source(note + footer)).text


LINE = st.one_of(
    st.sampled_from(
        [
            "", "", "# 标题", "## 二级", "目录", "- 甲", "1. 乙", "  2. 丙?", "点赞 12", "收藏", "评论", "相关推荐", "import os", "x = f(1)",
            "```", "$$", "| a | b |", "|---|---|", "在这里插入图片描述", "正文的一句话,说明注意力的作用¹²。", "希望对你有所帮助!", "源: (1) a https://a.b (2) b https://c.d",
            "版权声明:本文为原创文章,转载请附上出处链接。", "👇扫描下方二维码免费领取资料", "2024-01-01 10:00 发布", "[TOC]", "什么是注意力?", "![](a.png)", "a[^3^]b", "\\[", "    缩进的行",
        ]
    ),
    st.text(alphabet="注意力abc012 .。?¹²*#|$`-\t", max_size=30),
)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(st.lists(LINE, max_size=40))
def test_text_is_the_source_without_what_was_dropped(lines: list[str]) -> None:
    given_source = source("\n".join(lines))
    document = clean(given_source)
    starts = document.line_starts
    assert len(starts) == len(given_source.line_starts)
    assert list(starts) == sorted(starts)
    assert starts[-1] <= len(document.text)
    letters = Counter(char for char in given_source.text if not char.isspace())
    letters.subtract(char for char in document.text if not char.isspace())
    letters.subtract(char for dropped in document.dropped for char in dropped.text if not char.isspace())
    assert not any(letters.values())
    for number, line in enumerate(lines):
        end = starts[number + 1] if number + 1 < len(lines) else len(document.text)
        rest = iter(line + "\n")
        assert all(char in rest for char in document.text[starts[number] : end])


@settings(deadline=None, max_examples=50)
@given(st.lists(LINE, max_size=30))
def test_dropped_lines_name_where_their_text_stood(lines: list[str]) -> None:
    for dropped in cleaned("\n".join(lines)).dropped:
        first, last = dropped.lines
        assert dropped.text in "\n".join(lines[first - 1 : last])


@pytest.mark.parametrize(
    "unit", ["(", "#", "1.\n", "# a\n", "点赞\n", "![", "希望", "[", "$\n", "https://a.b ", "相关推荐\n\n标题\n\n"]
)
def test_hostile_input_takes_linear_time(unit: str) -> None:
    def seconds(size: int) -> float:
        text = source(unit * (size // len(unit)))
        begin = time.process_time()
        clean(text)
        return time.process_time() - begin

    seconds(1000)
    assert any(seconds(80_000) < max(30 * seconds(8_000), 0.5) for _ in range(3))  # a busy machine may spoil a measurement
