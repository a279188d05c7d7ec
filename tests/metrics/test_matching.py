import numpy as np
import pytest
from hypothesis import given, settings

from tests.metrics.scenes import LABELS, box, dataset, scenes
from ymir.metrics.boxes import sides
from ymir.metrics.evaluator import MOST, evaluate, overlap
from ymir.metrics.matching import among_best, matched, pairs


def alike(both, at_least=0.5):
    """Pairs of the same label, of predictions that COCO counts."""
    near = pairs(both, at_least=at_least)
    same = both.truth.label[near.truth] == both.predictions.label[near.prediction]
    return near.where(same & among_best(both)[near.prediction])


@settings(max_examples=200, deadline=None)
@given(scenes())
def test_boxes_of_a_label_are_matched_as_the_evaluator_does(scene):
    both = sides(*scene, labels=LABELS)
    found = evaluate(both)
    match = matched(both, alike(both), ignored=both.truth.crowd)
    np.testing.assert_array_equal(match, found.match)
    iou = overlap(both.truth, both.predictions, match)
    taken = match >= 0
    near = pairs(both, at_least=0.5)
    known = {(p, t): i for p, t, i in zip(near.prediction, near.truth, near.iou, strict=True)}
    for one in np.flatnonzero(taken):
        assert known[one, match[one]] == pytest.approx(iou[one])


def test_all_pairs_that_overlap_are_found_however_many_images_there_are():
    chance = np.random.default_rng(0)

    def boxes():
        return [
            box(at=tuple(chance.integers(0, 30, 2)), size=tuple(chance.integers(2, 20, 2)), score=s)
            for s in chance.uniform(0, 1, chance.integers(0, 6)).tolist()
        ]

    truth, found = dataset(*[boxes() for _ in range(80)]), dataset(*[boxes() for _ in range(80)])
    both = sides(truth, found, labels=LABELS)
    near = pairs(both, at_least=0.1)
    at = both.predictions.image[near.prediction]
    assert (both.truth.image[near.truth] == at).all()
    expected = 0
    for wanted, had in zip(truth["objects"], found["objects"], strict=True):
        expected += sum(iou(one, other) >= 0.1 for one in had for other in wanted)
    assert len(near.iou) == expected
    assert (near.iou >= 0.1).all()
    assert (near.iou <= 1).all()


def iou(one, other):
    width = min(one["x"] + one["w"], other["x"] + other["w"]) - max(one["x"], other["x"])
    height = min(one["y"] + one["h"], other["y"] + other["h"]) - max(one["y"], other["y"])
    shared = max(width, 0) * max(height, 0)
    return shared / (one["w"] * one["h"] + other["w"] * other["h"] - shared)


def test_of_many_predictions_of_a_label_only_the_best_count():
    many = [box(score=each / 200) for each in range(MOST + 7)]
    both = sides(dataset([box()], []), dataset(many, [box(score=0.1)]), labels=LABELS)
    assert np.flatnonzero(~among_best(both)).tolist() == list(range(7))


def test_truth_that_does_not_count_is_taken_last():
    truth, found = dataset([box(), box(at=(0, 2))]), dataset([box(at=(0, 2), score=0.5)])
    both = sides(truth, found, labels=LABELS)
    ignored = np.array([False, True])
    assert matched(both, alike(both), ignored=ignored).tolist() == [0]
    assert matched(both, alike(both), ignored=~ignored).tolist() == [1]
