"""Citation recall and precision by hand: what entails what is written down, so only the definition is under test."""

from collections.abc import Sequence

import pytest

from eval.metrics.citations import alce, entails


def _judge(statement: str, passages: Sequence[str]) -> bool | None:
    """A statement is a set of letters; passages entail it when they hold all of them; "-" claims nothing."""
    return None if statement == "-" else set(statement) <= set("".join(passages))


@pytest.mark.parametrize(
    ("statements", "recall", "precision"),
    [
        ([("a", ["a"])], 1.0, 1.0),
        ([("a", ["b"])], 0.0, 0.0),  # a wrong citation: neither
        ([("a", [])], 0.0, None),  # none at all
        ([("ab", ["a", "b"])], 1.0, 1.0),  # each needed, neither enough
        ([("a", ["a", "b"])], 1.0, 0.5),  # the second is irrelevant
        ([("a", ["a", "a"])], 1.0, 1.0),  # two that each do it
        ([("ab", ["ab", "a"])], 1.0, 0.5),  # the second alone does not, and is not missed
        ([("abc", ["ab", "bc", "x"])], 1.0, 2 / 3),
        ([("a", ["a"]), ("b", ["c"]), ("c", [])], 1 / 3, 0.5),  # means over statements, and over citations
        ([("-", ["a"]), ("a", ["a"])], 1.0, 1.0),  # what claims nothing does not count, nor do its citations
        ([("-", ["a"])], None, None),
        ([], None, None),
    ],
)
def test_alce(statements: list[tuple[str, list[str]]], recall: float | None, precision: float | None) -> None:
    found = alce(statements, entailed=_judge)
    assert found.recall == pytest.approx(recall, abs=1e-6)
    assert found.precision == pytest.approx(precision, abs=1e-6)


def test_the_statements_that_nothing_carries_are_named() -> None:
    assert alce([("a", ["a"]), ("b", ["a"]), ("-", []), ("c", [])], entailed=_judge).unsupported == (1, 3)


def test_the_verifier_judges_by_default() -> None:
    note = "RoPE 旋转 Q 和 K,不旋转 V。"
    assert entails("RoPE 旋转 Q 和 K", [note]) is True
    assert entails("蛋糕要烤四十分钟。", [note]) is False
    assert entails("好的,希望对你有帮助!", [note]) is None
