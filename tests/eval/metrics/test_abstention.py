"""Risk, coverage and calibration by hand."""

import itertools

import pytest

from eval.metrics.abstention import aurc, f1, precision, recall, risk_coverage
from eval.metrics.calibration import ece, reliability


def test_the_curve_answers_the_surest_first() -> None:
    curve = risk_coverage([0.2, 0.9, 0.5, 0.7], [1, 0, 1, 0])
    assert curve == [(0.25, 0.0), (0.5, 0.0), (0.75, 1 / 3), (1.0, 0.5)]
    assert aurc([0.2, 0.9, 0.5, 0.7], [1, 0, 1, 0]) == pytest.approx((1 / 3 + 1 / 2) / 4)
    assert aurc([0.2, 0.9, 0.5, 0.7], [0, 1, 0, 1]) == pytest.approx((1 + 1 + 2 / 3 + 1 / 2) / 4)
    assert aurc([], []) == 0.0


def test_equal_confidences_give_the_mean_over_their_orders() -> None:
    errors = (1, 0, 1, 0)
    orders = list(itertools.permutations(errors))
    each = [sum(sum(order[:n]) / n for n in range(1, 5)) / 4 for order in orders]
    assert aurc([0.5] * 4, errors) == pytest.approx(sum(each) / len(each))
    assert aurc([0.5] * 4, errors) == aurc([0.5] * 4, errors[::-1])


def test_precision_recall_and_f1_of_declining() -> None:
    declined, should = [1, 1, 0, 0, 1], [1, 0, 1, 0, 1]
    assert precision(declined, should) == pytest.approx(2 / 3)
    assert recall(declined, should) == pytest.approx(2 / 3)
    assert f1(declined, [1, 0, 0, 0, 0]) == pytest.approx(2 * 1 / (3 + 1))
    assert precision([0, 0], [1, 0]) is None
    assert recall([1, 0], [0, 0]) is None
    assert f1([0], [0]) is None


def test_ece_is_the_weighted_gap_of_the_bins() -> None:
    scores, right = [0.95, 0.95, 0.85, 0.25, 0.25], [1, 0, 1, 0, 1]
    gaps = (2 * abs(0.5 - 0.95) + 1 * abs(1 - 0.85) + 2 * abs(0.5 - 0.25)) / 5
    assert ece(scores, right) == pytest.approx(gaps, abs=1e-9)
    bins = reliability(scores, right)
    assert [(item.count, item.right) for item in bins if item.count] == [(2, 0.5), (1, 1.0), (2, 0.5)]
    assert bins[2].score == pytest.approx(0.25)
    assert sum(item.count for item in reliability([0.0, 0.1, 0.3, 0.7, 1.0], [0] * 5)) == 5
    assert [item.count for item in reliability([0.1, 0.3, 0.6, 0.7], [0] * 4)] == [0, 1, 0, 1, 0, 0, 1, 1, 0, 0]
    assert ece([], []) == 0.0
    assert ece([0.0, 1.0], [0, 1]) == 0.0
