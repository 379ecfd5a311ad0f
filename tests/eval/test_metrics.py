"""The measures against values computed by hand."""

import pytest

from eval.metrics import bootstrap, cited, first_hit, has_key_facts, mrr_at, plain, recall_at


def _sets(*names: str) -> list[frozenset[str]]:
    return [frozenset(name.split("+")) - {""} for name in names]


@pytest.mark.parametrize(
    ("ranked", "gold", "rank"),
    [
        (("a", "b", "c"), {"a"}, 1),
        (("a", "b", "c"), {"c", "x"}, 3),
        (("a", "a", "b"), {"b"}, 2),  # a section counts at its first passage only
        (("a+b", "c"), {"b"}, 2),  # a passage over two sections: both count, in order of their names
        (("a", "", "b"), {"b"}, 2),  # a passage outside every section takes no rank
        (("a",), {"x"}, 0),
        ((), {"x"}, 0),
    ],
)
def test_first_hit(ranked: tuple[str, ...], gold: set[str], rank: int) -> None:
    assert first_hit(_sets(*ranked), frozenset(gold)) == rank


def test_recall_and_mrr() -> None:
    ranks = [1, 2, 0, 4, 11]
    assert recall_at(ranks, 1) == 1 / 5
    assert recall_at(ranks, 5) == 3 / 5
    assert mrr_at(ranks, 10) == pytest.approx((1 + 1 / 2 + 1 / 4) / 5)


def test_key_facts_take_one_string_of_every_group_whatever_its_form() -> None:
    groups = [["ReLU", "relu"], ["0.1", "十分之一"]]
    assert has_key_facts("用 Ｒ e L U,系数 0 .1", groups)
    assert not has_key_facts("用 ReLU", groups)
    assert has_key_facts("随便", [])
    assert plain(" Ａ b\nC ") == "abc"


def test_an_answer_must_cite_one_of_every_group() -> None:
    groups = [frozenset("ab"), frozenset("c")]
    assert cited(frozenset("bc"), groups)
    assert not cited(frozenset("ab"), groups)


def test_the_bootstrap_interval_holds_the_mean_and_is_repeatable() -> None:
    values = [0.0, 1.0] * 50
    low, high = bootstrap(values)
    assert 0.38 < low < 0.5 < high < 0.62
    assert bootstrap(values) == (low, high)
    assert bootstrap([1.0] * 5) == (1.0, 1.0)
    assert bootstrap([]) == (0.0, 0.0)
