"""Small talk comes off a question, colloquial words become standard ones, and what is asked stays as it is."""

import time

import pytest

from rag.talk import only_talk, without_talk


@pytest.mark.parametrize(
    ("question", "bare"),
    [
        ("RoPE是啥意思啊,给我讲讲", "RoPE是什么意思"),
        ("你好,请问一下 dropout 有什么用,谢谢!", "dropout 有什么用"),
        ("lora为甚么能省参数", "lora为什么能省参数"),
        ("老师好,想请教一下,BN 是啥", "BN 是什么"),
        ("这种国家被稱為甚麼?", "这种国家被稱為什么?"),
        ("int8凭啥就快了", "int8为什么就快了"),
        ("训练集好测试集差咋办", "训练集好测试集差怎么办"),
        ("请问什么是早停?谢谢", "什么是早停"),
        ("MoE 是啥，说人话", "MoE 是什么"),
        ("RoPE 是什么?通俗点讲", "RoPE 是什么"),
        ("谢谢,那它的缺点呢?", "那它的缺点呢?"),
        ("好的 那它的缺点呢", "那它的缺点呢"),
        ("我想知道什么是BN", "什么是BN"),
        ("请问BN和LN的区别是什么?能解释一下吗", "BN和LN的区别是什么"),
        ("多头注意力是什么意思呀?我不太懂", "多头注意力是什么意思"),
        ("有没有它的代码,贴一下", "有没有它的代码"),
        ("Hi, what is RoPE? Thanks!", "what is RoPE"),
    ],
)
def test_talk_comes_off(question: str, bare: str) -> None:
    assert without_talk(question) == bare


@pytest.mark.parametrize(
    "question",
    [
        "",
        "???",
        "谢谢",
        "问答任务怎么做",
        "问题是什么",
        "好的优化器是什么",
        "好奇心机制是什么",
        "行列式是什么",
        "hello world 程序怎么写",
        "谢谢你怎么翻译",
        "知识蒸馏是什么",
        "不会过拟合的模型",
        "可以并行吗",
        "介绍一下BERT",
        "怎么写代码,举个例子",
    ],
)
def test_what_is_asked_stays(question: str) -> None:
    assert without_talk(question) == question


@pytest.mark.parametrize(
    ("text", "talk"),
    [
        ("谢谢", True),
        ("好的,明白了,谢谢你!", True),
        ("ok", True),
        ("你好", True),
        ("", True),
        ("RoPE", False),
        ("谢谢,那缺点呢", False),
        ("举个例子", False),
    ],
)
def test_a_turn_that_asks_nothing_is_told(text: str, talk: bool) -> None:
    assert only_talk(text) is talk


@pytest.mark.parametrize("unit", ["谢谢", "嗯", "急", "好的,", ",", "?", ",讲讲", "给我"])
def test_a_long_run_of_talk_takes_no_time(unit: str) -> None:
    start = time.perf_counter()
    without_talk(unit * 1500 + "x?")
    assert time.perf_counter() - start < 2.0
