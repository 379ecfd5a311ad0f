"""Statistics by name, their intervals, and the paired bootstrap."""

import pytest

from eval.metrics.statistics import STATISTICS, difference, interval


def test_balanced_accuracy_is_the_mean_over_the_classes() -> None:
    rows = [(1.0, 1.0)] * 3 + [(0.0, 1.0)] + [(1.0, 0.0)] + [(0.0, 0.0)]
    assert STATISTICS["balanced accuracy"](rows) == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert STATISTICS["balanced accuracy"]([]) is None


def test_every_statistic_has_no_value_for_no_cases() -> None:
    assert {name for name, statistic in STATISTICS.items() if statistic([]) is not None} == set()


def test_the_interval_holds_the_mean_and_is_repeatable() -> None:
    rows = [(0.0,), (1.0,)] * 50
    found = interval("mean", rows)
    assert found is not None
    assert 0.38 < found[0] < 0.5 < found[1] < 0.62
    assert interval("mean", rows) == found
    assert interval("mean", [(1.0,)] * 5) == (1.0, 1.0)
    assert interval("mean", [(1.0,)]) is None
    assert interval("mean", []) is None


def test_the_short_cut_for_means_gives_what_any_statistic_would(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(number / 7,) for number in range(11)]
    monkeypatch.setitem(STATISTICS, "slow mean", STATISTICS["mean"])
    assert interval("mean", rows) == pytest.approx(interval("slow mean", rows))


def test_the_interval_of_95_percent_covers_what_it_should() -> None:
    import random

    generator = random.Random(1)
    held = 0
    for _ in range(200):
        found = interval("mean", [(float(generator.random() < 0.3),) for _ in range(80)], rounds=300)
        assert found is not None
        held += found[0] <= 0.3 <= found[1]
    assert 0.88 < held / 200 < 0.99


def test_pairs_show_a_difference_that_single_intervals_hide() -> None:
    old = [(float(number % 2),) for number in range(60)]
    new = [(1.0,) if number < 12 else row for number, row in enumerate(old)]
    single_old, single_new = interval("mean", old), interval("mean", new)
    assert single_old is not None
    assert single_new is not None
    assert single_new[0] < single_old[1]
    paired = difference("mean", old, new)
    assert paired is not None
    assert paired[0] > 0
    assert difference("mean", old, old) == (0.0, 0.0)
    assert difference("mean", old, new[1:]) is None


def test_a_statistic_that_mostly_has_no_value_has_no_interval() -> None:
    assert interval("precision", [(0.0, 1.0)] * 30 + [(1.0, 1.0)], rounds=200) == (1.0, 1.0)
    assert interval("precision", [(0.0, 1.0)] * 30) is None
