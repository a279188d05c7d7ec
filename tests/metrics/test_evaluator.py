import numpy as np
from hypothesis import given, settings

from tests.metrics.scenes import LABELS, box, dataset, pycocotools, scenes
from ymir.cli.workspace import EVALUATOR
from ymir.metrics.boxes import sides
from ymir.metrics.evaluator import MOST, NAME, confusion, evaluate, overlap


def evaluated(truth, predictions, labels=LABELS):
    both = sides(truth, predictions, labels=labels)
    return both, evaluate(both)


@settings(max_examples=80, deadline=None)
@given(scenes())
def test_precision_and_scores_are_those_of_pycocotools(scene):
    reference = pycocotools(*scene).eval
    _, found = evaluated(*scene)
    np.testing.assert_allclose(found.precision, reference["precision"][:, :, :, 0, -1], atol=1e-6)
    np.testing.assert_allclose(found.score, reference["scores"][0, :, :, 0, -1], atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(scenes())
def test_what_became_of_each_prediction_is_what_pycocotools_says(scene):
    both, found = evaluated(*scene)
    reported = np.zeros(len(both.predictions), dtype=bool)
    for each in filter(None, pycocotools(*scene).evalImgs):
        if each["aRng"] != [0, 1e10]:
            continue
        place = np.asarray(each["dtIds"], dtype=int) - 1
        reported[place] = True
        taken, ignored = each["dtMatches"] > 0, each["dtIgnore"].astype(bool)
        np.testing.assert_array_equal(found.correct[:, place], taken & ~ignored)
        np.testing.assert_array_equal(found.ignored[:, place], ignored)
        np.testing.assert_array_equal(found.match[place], each["dtMatches"][0] - 1)
    assert found.ignored[:, ~reported].all()


def test_predictions_beyond_the_best_hundred_of_a_label_are_ignored():
    many = [box(score=0.5) for _ in range(MOST + 5)]
    _, found = evaluated(dataset([box()]), dataset([*many, box("hat", score=0.1)]))
    assert found.ignored[0].tolist() == [False] * MOST + [True] * 5 + [False]


def test_of_equal_scores_the_first_image_and_the_first_box_come_first():
    twice = [box(score=0.5), box(score=0.5)]
    _, found = evaluated(dataset([box()], [box()]), dataset(twice, twice))
    assert found.correct[0].tolist() == [True, False, True, False]


def test_a_prediction_that_only_a_crowd_covers_is_ignored():
    both, found = evaluated(dataset([box(size=(20, 20), crowd=True)]), dataset([box(score=0.9)]))
    assert found.ignored[0].tolist() == [True]
    assert overlap(both.truth, both.predictions, found.match).tolist() == [1.0]


def test_overlap_is_measured_with_the_box_taken():
    both, found = evaluated(
        dataset([box()]), dataset([box(size=(10, 5), score=0.9), box(at=(50, 50), score=0.8)])
    )
    iou = overlap(both.truth, both.predictions, found.match)
    assert iou[0] == 0.5
    assert np.isnan(iou[1])


def test_confusion_counts_the_wrong_class_the_missed_and_the_invented():
    truth = dataset([box("hat"), box("hat", at=(50, 50)), box(at=(90, 90))])
    predictions = dataset(
        [box(score=0.9), box(at=(90, 90), score=0.8), box(at=(200, 0), score=0.7)]
    )
    both, _ = evaluated(truth, predictions, labels=("helmet_head", "hat"))
    table = confusion(both, counted=np.array([True, True, True]))
    assert table.tolist() == [[1, 0, 0], [1, 0, 1], [1, 0, 0]]


def test_confusion_leaves_out_what_is_not_counted_and_crowds():
    both, _ = evaluated(dataset([box(crowd=True)]), dataset([box(score=0.9)]))
    assert confusion(both, counted=np.array([False])).sum() == 0


def test_the_evaluator_that_is_planned_with_is_the_one_that_counts():
    assert EVALUATOR == NAME
