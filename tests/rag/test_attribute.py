"""A mark that does not support its sentence goes; one that does stays, and one that is missing is found."""

from rag.attribute import attribute

PASSAGES = [
    "BERT 在输入数据中随机选择 15% 的词用于预测,用的是编码器。",
    "GPT 只用 Transformer 的解码器,从左到右预测下一个词。",
    "LoRA 冻结预训练权重,只训练两个低秩矩阵。",
    "LayerNorm 对单个样本的所有特征做归一化,不依赖批量大小。",
]


def test_a_right_mark_stays() -> None:
    for sentence, place in (("BERT 随机选择 15% 的词用于预测。", 0), ("LoRA 只训练两个低秩矩阵。", 2)):
        found = attribute(sentence, [place], PASSAGES)
        assert (found.citations, found.removed, found.added) == ((place,), (), ())
        assert found.check.verdict == "supported"


def test_a_wrong_mark_is_replaced_by_the_passage_that_says_it() -> None:
    found = attribute("GPT 只用 Transformer 的解码器。", [0], PASSAGES)
    assert (found.citations, found.removed, found.added) == ((1,), (0,), (1,))
    assert found.check.verdict == "supported"


def test_of_two_marks_the_wrong_one_goes() -> None:
    found = attribute("LayerNorm 不依赖批量大小。", [3, 2], PASSAGES)
    assert (found.citations, found.removed) == ((3,), (2,))


def test_marks_that_only_together_support_the_sentence_both_stay() -> None:
    sentence = "LoRA 冻结预训练权重,而 LayerNorm 对单个样本的所有特征做归一化。"
    found = attribute(sentence, [2, 3], PASSAGES)
    assert (found.citations, found.removed) == ((2, 3), ())


def test_a_sentence_that_no_passage_supports_has_no_footnote_and_a_reason() -> None:
    found = attribute("量子计算机在低温下工作。", [1], PASSAGES)
    assert (found.citations, found.removed, found.added) == ((), (1,), ())
    assert found.check.verdict == "unsupported"
    assert found.check.reason


def test_a_contradicted_sentence_gets_no_other_passage() -> None:
    found = attribute("BERT 随机选择 80% 的词用于预测。", [0], PASSAGES)
    assert found.citations == ()
    assert found.check.verdict == "contradicted"


def test_places_that_do_not_exist_are_removed_and_repeats_count_once() -> None:
    found = attribute("LoRA 只训练两个低秩矩阵。", [9, 2, 2, -1], PASSAGES)
    assert (found.citations, found.removed) == ((2,), (9, -1))


def test_what_claims_nothing_keeps_its_marks() -> None:
    assert attribute("你好!", [1], PASSAGES).citations == (1,)


def test_a_passage_on_the_same_topic_that_says_something_else_keeps_no_mark() -> None:
    found = attribute("BERT-large 有 24 层、16 个头。", [0], ["ALBERT 的参数比 BERT-large 少,却更慢。"])
    assert (found.citations, found.removed) == ((), (0,))
