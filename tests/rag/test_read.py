"""The reader leaves nothing hanging: formulas with what leads to them and explains them, lists from their first item on."""

from pathlib import Path

from ingest.build import build
from ingest.settings import Settings
from ingest.store import Library
from rag.answer import stream
from rag.types import Answer


def _answers(tmp_path: Path, note: str, question: str, *budgets: int) -> list[str]:
    (tmp_path / "note.md").write_text(note, encoding="utf-8")
    settings = Settings(library=str(tmp_path / "library"))
    build([tmp_path / "note.md"], settings)
    out = []
    with Library.open(settings.library_folder, settings) as library:
        for budget in budgets:
            *_, answer = stream(question, library, characters=budget)
            assert isinstance(answer, Answer)
            assert not answer.abstained
            out.append(answer.text)
    return out


def test_a_lead_its_formula_and_the_words_that_explain_it_come_together(tmp_path: Path) -> None:
    note = (
        "# 编码\n\n## 什么是正弦位置编码?\n\n正弦位置编码给每个位置一个固定的向量。正弦位置编码的公式如下:\n\n"
        "$PE(p,2i)=\\sin(p/10000^{2i/d})$\n\n其中,p 表示位置,i 表示维度。它没有参数。\n"
    )
    for text in _answers(tmp_path, note, "正弦位置编码的公式", 1, 20, 60, 440):
        assert ("公式如下:" in text) == ("\\sin" in text)
        assert "\\sin" in text or "其中" not in text
    assert "\\sin" in text


def test_what_breaks_off_is_shown_with_its_formula_or_not_at_all(tmp_path: Path) -> None:
    note = (
        "# 外推\n\n## YaRN 是怎么做的?\n\nYaRN 按波长分段处理频率。\n\n- 高频不动,低频压缩。同时把注意力除以温度 $t$，\n\n"
        "$$\n\\sqrt{1/t}=0.1\\ln s+1\n$$\n\n- 中间的频率线性过渡。\n"
    )
    texts = _answers(tmp_path, note, "YaRN 是怎么做的?", 1, 30, 60, 440)
    for text in texts:
        assert "温度 $t$，" not in text or "\\sqrt{1/t}" in text
    assert "\\sqrt{1/t}" in texts[-1]


def test_a_list_that_is_asked_for_is_whole_or_begins_at_its_first_item(tmp_path: Path) -> None:
    names = ["增加数据", "数据增强", "简化模型", "正则化", "随机失活", "早停", "交叉验证", "集成学习"]
    items = "".join(f"{n}. {name}:用{name}来缓解过拟合是一种常见的做法。\n" for n, name in enumerate(names, 1))
    note = f"# 过拟合\n\n## 如何缓解过拟合?\n\n缓解过拟合的方法有:\n\n{items}"
    whole, cut = _answers(tmp_path, note, "缓解过拟合的方法都有哪些", 170, 130)
    assert [name for name in names if name in whole] == names
    assert "8. 集成学习" in whole
    shown = [n for n, name in enumerate(names, 1) if f"{n}. {name}" in cut]
    assert shown == list(range(1, len(shown) + 1)) != []
    assert "\n- " not in cut


def test_a_list_is_not_left_without_its_one_other_item_where_there_is_room(tmp_path: Path) -> None:
    note = (
        "# 编码\n\n## 旋转位置编码 RoPE 的思路是什么?\n\nRoPE 的思路是按绝对位置旋转 Query 和 Key 向量,使内积只依赖相对位置。\n\n"
        "要点:\n\n- RoPE 旋转的是 Query 和 Key,不旋转 Value。\n- RoPE 旋转 Query 和 Key 不改变向量的模长。\n- 频率有高有低。\n"
    )
    roomy, narrow = _answers(tmp_path, note, "RoPE 的思路是什么?", 440, 100)
    assert "频率有高有低" in roomy
    assert "频率有高有低" not in narrow
