"""Two notes that say the opposite of each other on what was asked are found; two that say different things are not."""

import pytest

from rag.conflict import _asked, conflicts


@pytest.mark.parametrize(
    ("question", "left", "right", "kind"),
    [
        ("BERT 选多少词做掩码?", "前言。BERT 随机选择 15% 的词做掩码。", "BERT 随机选择 20% 的词做掩码。别的。", "number"),
        ("推理时要不要缩放?", "推理时需要额外缩放输出。", "推理时不需要额外缩放输出。", "negation"),
        ("学习率预热怎么变?", "预热期间学习率线性增加。", "预热期间学习率线性减少。", "opposite"),
        ("How many layers does BERT have?", "BERT base has 12 layers in total.", "BERT base has 24 layers in total.", "number"),
    ],
)
def test_a_contradiction_is_found_with_its_two_places(question: str, left: str, right: str, kind: str) -> None:
    (found,) = conflicts(question, [left, right])
    assert found.kind == kind
    assert found.reason
    for place, passage in ((found.left, left), (found.right, right)):
        assert passage[place.start : place.end] == place.text
    assert (found.left.passage, found.right.passage) == (0, 1)


def test_sentences_looked_at_together_speak_of_the_question_as_each_does_alone() -> None:
    said = ["BERT 随机选择 15% 的词做掩码。", "今天天气很好。", "掩码的词由 BERT 选出。", "第一句。第二句选词做掩码。", "！"] * 4
    each = [yes for sentence in said for yes in _asked("BERT 选多少词做掩码?", [sentence])]
    assert _asked("BERT 选多少词做掩码?", said) == each
    assert each[:2] == [True, False]
    assert _asked("", said) == [False] * len(said)


def test_the_reason_gives_both_numbers() -> None:
    (found,) = conflicts("BERT 选多少词?", ["BERT 随机选择 15% 的词做掩码。", "BERT 随机选择 20% 的词做掩码。"])
    assert found.reason == "数字不同:一处是 15%,一处是 20%"


@pytest.mark.parametrize(
    ("question", "passages"),
    [
        ("BERT 选多少词?", ["BERT 随机选择 15% 的词做掩码。", "BERT 随机选择百分之十五的词做掩码。"]),
        ("BERT 有几层?", ["BERT base 有 12 层编码器。", "GPT-2 small 用了 12 个解码器模块。"]),
        ("推理时要不要缩放?", ["推理时不需要额外缩放输出。", "推理时无需额外缩放输出。"]),
        ("学习率怎么设?", ["预热期间学习率线性增加。", "LoRA 冻结预训练权重。"]),
        ("天气如何?", ["BERT 随机选择 15% 的词做掩码。", "BERT 随机选择 20% 的词做掩码。"]),
        ("BERT 选多少词?", ["BERT 随机选择 15% 的词做掩码。BERT 随机选择 20% 的词做掩码。"]),
        (
            "Flash Attention 是什么?",
            ["Dao, FlashAttention-2, 2023, arXiv:2307.08691", "Dao, FlashAttention, 2022, arXiv:2205.14135"],
        ),
        ("GPT 有多少参数?", ["GPT-1 有 1.17 亿参数。", "GPT-2 有 15 亿参数。"]),
        (
            "混合并行怎么分?",
            ["混合并行:张量并行 8,流水线并行 2,数据并行 4。", "混合并行:张量并行、流水线并行、数据并行,共 3 种。"],
        ),
        ("", []),
    ],
)
def test_what_does_not_contradict_is_left_alone(question: str, passages: list[str]) -> None:
    assert conflicts(question, passages) == []
