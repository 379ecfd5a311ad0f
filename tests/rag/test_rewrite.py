"""Follow-ups are completed from the chat, and questions that ask several things are taken apart."""

import pytest

from rag.rewrite import MOST_PARTS, kind, own_words, rewrite, undivided
from rag.types import Turn


def _after(previous: str, question: str) -> str:
    return rewrite(question, [Turn(role="user", content=previous), Turn(role="assistant", content="...")]).text


@pytest.mark.parametrize(
    ("previous", "question", "standalone"),
    [
        ("RoPE 的思路是什么?", "它的缺点呢?", "RoPE的缺点"),
        ("什么是RoPE?", "缺点呢", "RoPE的缺点"),
        ("数据并行有什么优缺点?", "那模型并行呢?", "模型并行有什么优缺点?"),
        ("BN 训练和测试有什么区别?", "那LN呢?", "LN 训练和测试有什么区别?"),
        ("二维卷积是怎么算的?", "那个核里的数是怎么来的?", "二维卷积核里的数是怎么来的?"),
        ("Deep Norm的思路是什么?", "有没有它的代码", "有没有 Deep Norm 的代码"),
        ("什么是梯度消失?", "怎么缓解?", "梯度消失 怎么缓解?"),
        ("RoPE 的思路是什么?", "被哪些模型用了?", "RoPE 被哪些模型用了?"),
        ("什么是RoPE?", "第二种方法详细讲讲", "RoPE 第二种方法详细讲讲"),
        ("What is RoPE?", "What about its drawbacks?", "RoPE drawbacks"),
        ("什么是RoPE?", "有什么优点?", "RoPE 有什么优点?"),
        ("层归一化的作用是什么?", "英文里叫什么", "层归一化 英文里叫什么"),
        ("LoRA 的低秩矩阵怎么初始化?", "再详细点", "LoRA 的低秩矩阵怎么初始化?"),
        ("LoRA 的低秩矩阵怎么初始化?", "它有什么用", "LoRA 的低秩矩阵有什么用"),
        ("BERT 的 mask 为什么不学 Transformer?", "为什么?", "BERT 的 mask 为什么不学 Transformer?"),
        ("Decoder端可以并行吗?", "为什么?", "为什么Decoder端可以并行?"),
        ("LoRA 的低秩矩阵怎么初始化?", "举个例子", "LoRA 的低秩矩阵 举个例子"),
        ("Transformer 的编码器是什么?", "解码器呢?", "Transformer 的解码器是什么?"),
        ("BERT 的位置编码是怎样的?", "GPT呢?", "GPT 的位置编码是怎样的?"),
        ("什么是BPE?", "那WordPiece呢?", "什么是WordPiece?"),
        ("LN和BN是什么?", "它们的区别", "LN 和 BN 的区别"),
        ("激活函数有哪些?", "它们的区别", "激活函数的区别"),
        ("什么是PTQ?什么是QAT?", "这两个有什么不同", "PTQ 和 QAT 有什么不同"),
        ("什么是PTQ?", "谢谢", "谢谢"),
    ],
)
def test_a_follow_up_is_completed_from_the_last_question(previous: str, question: str, standalone: str) -> None:
    assert _after(previous, question) == standalone


@pytest.mark.parametrize(
    "question",
    [
        "榴莲是什么",
        "今天天气怎么样",
        "谢谢",
        "好的",
        "Who won the match?",
        "LoRA和QLoRA有什么区别?",
        "为什么 Transformer 要用残差连接?",
        "How does dropout work?",
    ],
)
def test_a_question_that_stands_by_itself_is_left_alone(question: str) -> None:
    assert _after("什么是RoPE?", question) == question


def _said(*questions: str) -> list[Turn]:
    return [Turn(role="user", content=question) for question in questions]


@pytest.mark.parametrize(
    ("said", "question", "standalone"),
    [
        (("什么是PTQ?", "什么是QAT?"), "两者有什么区别?", "PTQ 和 QAT 有什么区别?"),
        (("什么是PTQ?", "什么是QAT?"), "它们的区别", "PTQ 和 QAT 的区别"),
        (("What is PTQ?", "What is QAT?"), "How do they differ?", "How do PTQ and QAT differ?"),
        (("数据并行有什么缺点?", "模型并行呢?"), "两者的区别是什么?", "数据并行和模型并行的区别是什么?"),
        (("什么是RoPE?", "谢谢"), "它的缺点呢?", "RoPE的缺点"),
        (("什么是RoPE?", "它的缺点呢?"), "优点呢?", "RoPE的优点"),
    ],
)
def test_earlier_questions_count_completed_and_without_talk(said: tuple[str, ...], question: str, standalone: str) -> None:
    assert rewrite(question, _said(*said)).text == standalone


@pytest.mark.parametrize(("question", "left"), [("再详细点", ""), ("为什么?", ""), ("举个例子", ""), ("怎么烤面包?", "烤面包?")])
def test_own_words_are_what_does_not_lean(question: str, left: str) -> None:
    assert own_words(question).strip() == left


def test_only_what_was_taken_apart_by_each_is_put_together_again() -> None:
    whole = undivided(rewrite("SGD 和 Adam 各有什么特点?"))
    assert whole is not None
    assert whole.parts == ("SGD 和 Adam 有什么特点",)
    assert undivided(rewrite("什么是PTQ?什么是QAT?")) is None
    assert undivided(rewrite("LN 和 BN 有什么区别?")) is None


def test_without_history_only_white_space_changes() -> None:
    assert rewrite("  它的\n缺点呢? ").text == "它的 缺点呢?"


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("LLaMA和ChatGLM各自把激活函数换成了什么?", ("LLaMA 把激活函数换成了什么", "ChatGLM 把激活函数换成了什么")),
        ("SentencePiece和BPE是什么关系?BPE有什么优点?", ("SentencePiece和BPE是什么关系", "BPE有什么优点")),
        ("BERT用什么切词?它的位置编码又是怎么来的?", ("BERT用什么切词", "BERT的位置编码又是怎么来的")),
        ("LN 和 BN 有什么区别?", ("LN 和 BN 有什么区别",)),
        ("\\sqrt{d_k} 的作用是什么?它怎么算?", ("\\sqrt{d_k} 的作用是什么", "\\sqrt{d_k}怎么算")),
        ("Adam 特点", ("Adam 特点",)),
        ("什么是梯度爆炸?怎么处理梯度消失?", ("什么是梯度爆炸", "怎么处理梯度消失")),
        ("什么是过拟合?怎么解决?", ("什么是过拟合", "过拟合 怎么解决")),
        ("什么是过拟合?早停有什么用?", ("什么是过拟合", "早停有什么用")),
        ("什么是光合作用?有什么作用?", ("什么是光合作用", "光合作用 有什么作用")),
        ("什么是光合作用?呼吸作用在哪里发生?", ("什么是光合作用", "呼吸作用在哪里发生")),
        ("BERT用什么切词?位置编码又是怎么来的?", ("BERT用什么切词", "BERT 位置编码又是怎么来的")),
        ("Transformer的参数量怎么算?为什么要用残差连接?", ("Transformer的参数量怎么算", "Transformer 为什么要用残差连接")),
        ("L2 正则化是什么?为什么又叫权重衰减?", ("L2 正则化是什么", "L2 正则化 为什么又叫权重衰减")),
        ("RLHF 的完整流程是怎样的?它有什么缺点?", ("RLHF 的完整流程是怎样的", "RLHF有什么缺点")),
        ("什么是BERT?什么是GPT?各有什么优点?", ("什么是BERT", "什么是GPT", "BERT 有什么优点", "GPT 有什么优点")),
        ("什么是PTQ?什么是QAT?两者有什么区别?", ("什么是PTQ", "什么是QAT", "PTQ 和 QAT 有什么区别")),
    ],
)
def test_each_thing_asked_for_is_searched_by_itself(question: str, parts: tuple[str, ...]) -> None:
    assert rewrite(question).parts == parts


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("写一下 softmax 的代码", "code"),
        ("GeLU 的计算公式是什么?", "formula"),
        ("LN 和 BN 有什么区别?", "comparison"),
        ("缓解过拟合有哪些办法?", "list"),
        ("为什么要除以根号 d_k?", "reason"),
        ("早停是什么?", "plain"),
    ],
)
def test_the_kind_of_a_question_is_read_from_its_words(question: str, expected: str) -> None:
    assert kind(question) == expected


def test_a_question_has_no_more_parts_than_an_answer_has_room_for() -> None:
    assert len(rewrite(" ".join(f"BERT{number} 是什么?" for number in range(50))).parts) == MOST_PARTS


@pytest.mark.parametrize("question", ["", "?", "???", "。", "那呢?", "它"])
def test_a_question_of_almost_nothing_does_no_harm(question: str) -> None:
    query = rewrite(question, [Turn(role="user", content="RoPE 的思路是什么?")])
    assert query.parts
    assert all(isinstance(part, str) for part in query.parts)
