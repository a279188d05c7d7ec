import numpy as np
import pytest
from hypothesis import given, settings

from tests.metrics.scenes import LABELS, box, dataset, scenes
from ymir.errors import DataError
from ymir.metrics.bootstrap import average_precision, resampled
from ymir.metrics.boxes import sides
from ymir.metrics.evaluator import evaluate
from ymir.metrics.judge import judge
from ymir.metrics.paired import paired
from ymir.metrics.recorded import recorded


def judged(truth, found):
    return judge(truth, found, labels=LABELS, resamples=2)


def scene(images=60, *, missed=(), seed=0):
    """One box per image, and a model that finds each but those in `missed`."""
    chance = np.random.default_rng(seed)
    truth = dataset(*[[box(at=(each, 0))] for each in range(images)])
    found = dataset(
        *[
            [box(at=(90 if each in missed else each, 0), score=float(chance.uniform(0.1, 1)))]
            for each in range(images)
        ]
    )
    return truth, found


@settings(max_examples=40, deadline=None)
@given(scenes())
def test_the_record_of_a_model_scores_as_the_model_did(scene):
    truth, found = scene
    both = sides(truth, found, labels=LABELS)
    draws = resampled(truth.height, seed=1, resamples=5)
    as_judged = average_precision(both, evaluate(both), draws)[:, :, :1]
    _, matches = judged(truth, found)
    one = recorded(truth["image"], matches, labels=LABELS)
    np.testing.assert_array_equal(average_precision(one.sides, one, draws), as_judged)


def test_the_figure_is_the_difference_of_the_judges_figures():
    truth, worse = scene(missed=range(20), seed=1)
    _, better = scene(missed=range(0, 60, 10), seed=2)
    (first, of_first), (second, of_second) = judged(truth, worse), judged(truth, better)
    found = paired(truth, of_first, of_second, labels=LABELS, resamples=200)
    assert found.overall.change.value == pytest.approx(second.map.value - first.map.value)
    assert found.per_class == {LABELS[0]: found.overall}
    assert found.overall.is_real
    assert found.overall.wins > 0.99


def test_turned_around_the_difference_is_the_opposite():
    truth, worse = scene(missed=range(20), seed=1)
    _, better = scene(missed=range(0, 60, 10), seed=2)
    (_, first), (_, second) = judged(truth, worse), judged(truth, better)
    there = paired(truth, first, second, labels=LABELS, resamples=200).overall
    back = paired(truth, second, first, labels=LABELS, resamples=200).overall
    assert back.change.value == -there.change.value
    assert (back.change.low, back.change.high) == pytest.approx(
        (-there.change.high, -there.change.low)
    )
    assert back.wins == pytest.approx(1 - there.wins)


def test_a_model_beside_itself_does_not_differ():
    truth, found = scene(missed=range(10))
    _, matches = judged(truth, found)
    gap = paired(truth, matches, matches, labels=LABELS, resamples=50).overall
    assert (gap.change.value, gap.change.low, gap.change.high) == (0, 0, 0)
    assert gap.wins == 0.5
    assert not gap.is_real


def test_a_small_difference_is_noise():
    truth, one = scene(missed=(3, 7, 11), seed=1)
    _, other = scene(missed=(4, 8), seed=2)
    (_, first), (_, second) = judged(truth, one), judged(truth, other)
    gap = paired(truth, first, second, labels=LABELS, resamples=200).overall
    assert gap.change.low < 0 < gap.change.high
    assert not gap.is_real


def test_what_makes_images_hard_for_both_is_no_noise_of_the_difference():
    hard = {*range(0, 60, 3)}
    truth, one = scene(missed=hard)
    _, alike = scene(missed=hard | {1})
    _, unlike = scene(missed={each + 1 for each in hard} | {2})
    (_, first), (_, second), (_, third) = (judged(truth, each) for each in (one, alike, unlike))
    near = paired(truth, first, second, labels=LABELS, resamples=200).overall.change
    far = paired(truth, first, third, labels=LABELS, resamples=200).overall.change
    assert near.high - near.low < (far.high - far.low) / 2


def test_classes_without_truth_are_left_out_and_without_any_nothing_differs():
    truth, found = dataset([], []), dataset([box(score=0.5)], [])
    _, matches = judged(truth, found)
    result = paired(truth, matches, matches, labels=LABELS, resamples=20)
    assert result.per_class == {}
    assert (result.overall.change.value, result.overall.is_real) == (0, False)


def test_models_judged_on_other_images_are_refused():
    truth, found = scene()
    _, matches = judged(truth, found)
    with pytest.raises(DataError, match="does not hold"):
        paired(truth.head(5), matches, matches, labels=LABELS)
