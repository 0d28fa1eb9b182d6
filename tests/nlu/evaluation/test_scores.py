"""Scores against scikit-learn and cases that can be counted by hand."""

import random

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_recall_fscore_support, roc_auc_score

from nlu.evaluation import scores


@pytest.fixture
def labels():
    chance = random.Random(7)  # noqa: S311
    wanted = [chance.choice("abcd") for _ in range(300)]
    predicted = [want if chance.random() < 0.7 else chance.choice("abcde") for want in wanted]
    return wanted, predicted


def test_macro_f1_is_that_of_scikit_learn(labels):
    expected = f1_score(*labels, labels=list("abcd"), average="macro")
    assert scores.macro_f1(*labels) == pytest.approx(expected)


def test_class_scores_are_those_of_scikit_learn_worst_first(labels):
    made = scores.class_scores(*labels)
    assert [each.f1 for each in made] == sorted(each.f1 for each in made)
    for each in made:
        precision, recall, f1, support = precision_recall_fscore_support(
            *labels, labels=[each.name], zero_division=0
        )
        assert (each.precision, each.recall, each.f1, each.n) == pytest.approx(
            (precision[0], recall[0], f1[0], support[0])
        )


def test_a_class_that_is_never_predicted_has_no_score():
    (score,) = scores.class_scores(["a"], ["b"])
    assert (score.precision, score.recall, score.f1) == (0, 0, 0)


def test_contiguous_equal_labels_are_one_span():
    labels = ["O", "date", "date", "place", "O", "date"]
    assert scores.spans(labels) == {(1, 3, "date"), (3, 4, "place"), (5, 6, "date")}
    assert scores.spans([]) == set()
    assert scores.spans(["x", "x"]) == {(0, 2, "x")}


def test_span_f1_wants_place_and_label():
    count = scores.span_count(["O", "a", "a", "b"], ["O", "a", "O", "b"])
    assert (count.right, count.wanted, count.found) == (1, 2, 2)
    assert count.f1 == pytest.approx(0.5)
    both = count + scores.SpanCount(right=1, wanted=1, found=1)
    assert (both.precision, both.recall, both.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert scores.SpanCount().f1 == 0


def test_spans_by_kind_add_up():
    wanted, predicted = ["a", "O", "b", "b"], ["a", "a", "b", "b"]
    by_kind = scores.span_counts_by_kind(wanted, predicted)
    assert by_kind == {"a": scores.SpanCount(0, 1, 1), "b": scores.SpanCount(1, 1, 1)}
    assert sum(by_kind.values(), scores.SpanCount()) == scores.span_count(wanted, predicted)


def test_interval_of_f1_lies_around_it():
    counts = [scores.SpanCount(1, 1, 1), scores.SpanCount(0, 1, 0)] * 50
    low, high = scores.f1_interval(counts)
    assert low < 2 / 3 < high
    assert scores.f1_interval(counts[:1] * 9) == (1.0, 1.0)


def test_entities_are_compared_by_folded_value():
    counts = scores.entity_counts(
        {"strasse": ("Lindenstraße",), "stadt": ("soest",)},
        [("strasse", "Lindenstrasse"), ("strasse", "Markt"), ("amt", "rathaus"), ("stadt", "olpe")],
        frozenset({"strasse", "stadt"}),
    )
    assert counts["strasse"] == scores.SpanCount(right=1, wanted=1, found=2)
    assert counts["stadt"] == scores.SpanCount(right=0, wanted=1, found=1)
    assert "amt" not in counts


def test_auroc_is_that_of_scikit_learn_with_ties():
    chance = np.random.default_rng(3)
    inside, outside = chance.integers(3, 10, 80) / 10, chance.integers(0, 7, 120) / 10
    expected = roc_auc_score([1] * 80 + [0] * 120, [*inside, *outside])
    assert scores.auroc(inside, outside) == pytest.approx(expected)
    assert scores.auroc([], outside) is None


def test_false_accepts_at_95_percent_acceptance():
    inside = [each / 100 for each in range(1, 101)]  # 95 of 100 are at least 0.06
    assert scores.false_accepts(inside, [0.05, 0.06, 0.5, 0.01]) == pytest.approx(0.5)
    assert scores.false_accepts(inside, []) is None


def test_coverage_takes_the_most_certain_first():
    certainties = [0.9, 0.8, 0.7, 0.6, 0.5]
    right = [True, True, True, False, True]
    assert scores.coverage_at(certainties, right, 1.0) == pytest.approx(0.6)
    assert scores.coverage_at(certainties, right, 0.8) == pytest.approx(1.0)
    assert scores.coverage_at(certainties, [False] * 5, 0.5) == 0


def test_coverage_does_not_cut_between_equal_certainties():
    assert scores.coverage_at([0.9, 0.9], [True, False], 0.95) == 0


def test_calibration_error_of_a_hand_made_case():
    curve = scores.calibration_curve([0.95, 0.95, 0.15, 1.0], [True, False, False, True])
    assert [(each.n, each.certainty) for each in curve] == [
        (1, pytest.approx(0.15)),
        (3, pytest.approx(2.9 / 3)),
    ]
    assert scores.calibration_error(curve) == pytest.approx((0.15 + 3 * abs(2.9 / 3 - 2 / 3)) / 4)


def test_interval_lies_around_the_share_and_narrows():
    few, many = (
        scores.share_interval([True, False] * 20),
        scores.share_interval([True, False] * 500),
    )
    assert few[0] < 0.5 < few[1]
    assert many[1] - many[0] < few[1] - few[0]
    assert many[1] - many[0] == pytest.approx(2 * 1.96 * 0.5 / 1000**0.5, rel=0.15)
    assert scores.share_interval([]) == (0.0, 0.0)


def test_a_second_accepted_intent_counts_for_itself():
    assert scores.judged("b", ("a", "b")) == "b"
    assert scores.judged("c", ("a", "b")) == "a"
