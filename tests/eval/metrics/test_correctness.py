"""Key facts and token F1, computed by hand."""

import pytest

from eval.metrics.correctness import cites_every, key_facts, missing_facts, plain, token_f1


def test_key_facts_take_one_string_of_every_group_whatever_its_form() -> None:
    groups = [["ReLU", "relu"], ["0.1", "十分之一"], ["GELU"]]
    assert key_facts("用 Ｒ e L U,系数 0 .1", groups) == pytest.approx(2 / 3)
    assert missing_facts("用 Ｒ e L U,系数 0 .1", groups) == ["GELU"]
    assert key_facts("随便", []) is None
    assert plain(" Ａ b\nC ") == "abc"


def test_an_answer_must_cite_one_of_every_group() -> None:
    groups = [frozenset("ab"), frozenset("c")]
    assert cites_every(frozenset("bc"), groups)
    assert not cites_every(frozenset("ab"), groups)


@pytest.mark.parametrize(
    ("answer", "reference", "score"),
    [
        ("旋转 Q 和 K", "旋转 Q", 2 * 3 / (5 + 3)),  # 旋 转 q 和 k against 旋 转 q
        ("the cat sat", "The cat sat down", 2 * 3 / (3 + 4)),
        ("a a b", "a b b", 2 * 2 / (3 + 3)),  # as often as both have it
        ("向量", "張量", 2 * 1 / (2 + 2)),
        ("ＢＥＲＴ", "bert", 1.0),
        ("是", "否", 0.0),
        ("", "x", 0.0),
        ("。", "", 1.0),
    ],
)
def test_token_f1(answer: str, reference: str, score: float) -> None:
    assert token_f1(answer, reference) == pytest.approx(score, abs=1e-6)
