import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings

from tests.metrics.scenes import LABELS, box, dataset, scenes
from ymir.metrics.confidence import best_f1, histogram, operating
from ymir.metrics.judge import judge
from ymir.metrics.matches import MATCHES


@settings(max_examples=80, deadline=None)
@given(scenes())
def test_the_best_threshold_of_all_is_the_judges_and_gives_its_counts(scene):
    scores, matches = judge(*scene, labels=LABELS, resamples=2)
    best = operating(matches)
    hits = sum(each.true_positives for each in scores.per_class)
    if best is None:
        assert hits == 0
        return
    taken = hits + sum(each.false_positives for each in scores.per_class)
    assert best.score == scores.threshold
    assert best.precision == pytest.approx(hits / taken)
    assert best.recall == pytest.approx(hits / scores.boxes)
    assert best.f1 == pytest.approx(2 * hits / (taken + scores.boxes))


@settings(max_examples=50, deadline=None)
@given(scenes())
def test_no_other_threshold_of_a_class_is_better(scene):
    _, matches = judge(*scene, labels=LABELS, resamples=2)
    for label in LABELS:
        best = operating(matches, label=label)
        mine = matches.filter((matches["label"] == label) & (matches["outcome"] != "ignored"))
        found = mine.filter(mine["side"] == "prediction")
        truth = mine.height - found.height
        for score in found["score"].unique():
            taken = found.filter(found["score"] >= score)
            f1 = 2 * (taken["outcome"] == "tp").sum() / (taken.height + truth)
            assert f1 <= (best.f1 if best else 0) + 1e-12


@settings(max_examples=50, deadline=None)
@given(scenes())
def test_every_prediction_that_counts_is_in_one_bin(scene):
    _, matches = judge(*scene, labels=LABELS, resamples=2)
    counts = np.array(histogram(matches))
    found = matches.filter((matches["side"] == "prediction") & (matches["outcome"] != "ignored"))
    right = (found["outcome"] == "tp").sum()
    assert counts.shape == (20, 2)
    assert counts.sum(axis=0).tolist() == [right, found.height - right]


def test_a_bin_holds_its_lower_end_and_the_last_one_holds_one():
    truth = dataset([box(), box(at=(50, 0)), box(at=(0, 50))])
    found = dataset(
        [box(score=1.0), box(at=(50, 0), score=0.5), box(at=(90, 90), score=0.0), box(score=0.25)]
    )
    _, matches = judge(truth, found, labels=LABELS, resamples=2)
    assert histogram(matches, bins=4) == ((0, 1), (0, 1), (1, 0), (1, 0))


def test_without_a_right_prediction_no_threshold_is_best():
    assert best_f1(np.array([0.5, 0.7]), np.array([False, False]), truth=3) is None
    assert best_f1(np.array([]), np.array([], dtype=bool), truth=0) is None
    assert operating(pl.DataFrame(schema=MATCHES)) is None


def test_equal_scores_are_taken_together():
    best = best_f1(np.array([0.5, 0.5, 0.9]), np.array([False, True, True]), truth=2)
    assert (best.score, best.precision, best.recall) == (0.5, pytest.approx(2 / 3), 1)
