"""Sentences join into Markdown that reads like the note."""

import pytest

from rag.types import join


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (["甲。", "乙。"], "甲。乙。"),
        (["One.", "Two."], "One. Two."),
        (["有两点:", "- 快", "- 省", "总之好。"], "有两点:\n\n- 快\n- 省\n\n总之好。"),
        (["1. 快:不用等。", "  因为并行。", "2. 省。"], "1. 快:不用等。因为并行。\n2. 省。"),
        (["公式:", "$$\na\n$$", "其中 a 是数。"], "公式:\n\n$$\na\n$$\n\n其中 a 是数。"),
        (["看。", "```python\nx = 1\n```"], "看。\n\n```python\nx = 1\n```"),
        (["```\nx = 1\n\ny = 2\n```", "这段代码赋值。"], "```\nx = 1\n\ny = 2\n```\n\n这段代码赋值。"),
        (["- 一", "另一类:[2]", "- 二"], "- 一\n\n另一类:[2]\n\n- 二"),
        (
            ["总述。", "**训练阶段**", "先这样。", "**测试阶段**", "再那样。"],
            "总述。\n\n**训练阶段**\n\n先这样。\n\n**测试阶段**\n\n再那样。",
        ),
        (["甲。", "\n乙。", "丙。"], "甲。\n\n乙。丙。"),
        (["\n甲。"], "甲。"),
        (["第一行没有句号", "第二行。", "第三句。"], "第一行没有句号\n\n第二行。第三句。"),
        (["第一行没有句号[1]", "第二行。[2]", "第三句。"], "第一行没有句号[1]\n\n第二行。[2]第三句。"),
        ([], ""),
    ],
)
def test_join(parts: list[str], text: str) -> None:
    assert join(parts) == text


def test_a_line_that_leads_into_a_formula_is_a_paragraph_of_its_own() -> None:
    assert (
        join(["先说结论。", "旋转角度是 $m\\theta$,其中", "$$\nx\n$$"]) == "先说结论。\n\n旋转角度是 $m\\theta$,其中\n\n$$\nx\n$$"
    )
