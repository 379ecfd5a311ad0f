"""What stands in the evidence is supported; a changed number, polarity or direction is not."""

import time

import pytest

from rag.verify import check, contradiction, sentences, verify

NOTE = "BERT 在输入数据中随机选择15%的词用于预测,其中80%替换为[MASK]。RNN 不能并行计算,Transformer 的编码器可以并行计算。ChatGLM 用GeLU替换ReLU激活函数。"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("BERT 在输入数据中随机选择15%的词用于预测", "supported"),
        ("在输入数据中,BERT 会随机选择 15% 的词来预测。", "supported"),
        ("BERT 在輸入數據中隨機選擇15%的詞用於預測", "supported"),
        ("BERT 在输入数据中随机选择40%的词用于预测", "unsupported"),
        ("RNN 能并行计算", "contradicted"),
        ("ChatGLM 用ReLU替换GeLU激活函数", "contradicted"),
        ("量子计算机在低温下工作", "unsupported"),
        ("即:RNN 不能并行计算,Transformer 的编码器可以并行计算", "supported"),
        ("即:RNN 能并行计算,Transformer 的编码器可以并行计算", "contradicted"),
        ("Othello 是一种棋", "unsupported"),
    ],
)
def test_verdicts(claim: str, verdict: str) -> None:
    assert check(claim, [NOTE]).verdict == verdict


def test_a_verbatim_sentence_has_full_support_and_names_its_evidence() -> None:
    found = check("RNN 不能并行计算", [NOTE])
    assert (found.support, found.verdict, found.evidence) == (1.0, "supported", "RNN 不能并行计算")


def test_a_long_run_of_letters_takes_no_time() -> None:
    started = time.process_time()
    assert check("用 ReLU 替换 GeLU", ["a" * 20_000]).verdict == "unsupported"
    assert time.process_time() - started < 5  # a minute, when every letter was taken for the beginning of a name


def test_faithfulness_is_the_share_of_supported_claims() -> None:
    result = verify("RNN 不能并行计算。量子计算机在低温下工作。", [NOTE])
    assert result.faithfulness == 0.5
    assert result.verdict == "unfaithful"


@pytest.mark.parametrize("answer", ["", "抱歉,我不知道。", "I don't know.", "你好!希望这个回答对你有所帮助!"])
def test_an_answer_that_claims_nothing_has_no_faithfulness(answer: str) -> None:
    result = verify(answer, [NOTE])
    assert result.faithfulness is None
    assert result.verdict == "no-claim"


def test_the_order_of_contexts_and_sentences_does_not_matter() -> None:
    first = verify("RNN 不能并行计算。BERT 选择15%的词。", [NOTE, "别的内容。"])
    second = verify("BERT 选择15%的词。RNN 不能并行计算。", ["别的内容。", NOTE])
    assert first.faithfulness == second.faithfulness
    assert {(c.text, c.support) for c in first.sentences} == {(c.text, c.support) for c in second.sentences}


def test_marks_are_not_part_of_a_sentence_and_code_stays_whole() -> None:
    assert sentences("残差防止梯度消失 [1]。\n```\na = 1. b\n```") == ["残差防止梯度消失。", "```\na = 1. b\n```"]


def test_a_replacement_the_wrong_way_round_is_told_from_the_right_one() -> None:
    assert contradiction("为什么要用ReLU去换掉GeLU?", "用GeLU替换ReLU激活函数") == "replacement"
    assert contradiction("为什么要用GeLU去换掉ReLU?", "用GeLU替换ReLU激活函数") == ""
