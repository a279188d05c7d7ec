import numpy as np
import pytest
from hypothesis import given, settings

from tests.metrics.scenes import LABELS, box, dataset, pycocotools, scenes
from ymir.data.table import table
from ymir.metrics.judge import judge
from ymir.metrics.scores import Band, round_metrics


def mean(values):
    known = values[values > -1]
    return known.mean() if known.size else 0.0


@settings(max_examples=80, deadline=None)
@given(scenes())
def test_the_figures_are_those_of_pycocotools(scene):
    precision = pycocotools(*scene).eval["precision"][:, :, :, 0, -1]
    scores, _ = judge(*scene, labels=LABELS, resamples=2)
    assert scores.map.value == pytest.approx(mean(precision[0]), abs=1e-6)
    assert scores.map_50_95.value == pytest.approx(mean(precision), abs=1e-6)
    for place, each in enumerate(scores.per_class):
        mine = precision[:, :, place]
        if each.boxes:
            assert each.ap50.value == pytest.approx(mean(mine[0]), abs=1e-6)
            assert each.ap50_95 == pytest.approx(mean(mine), abs=1e-6)
            np.testing.assert_allclose(each.curve.precision, mine[0], atol=1e-6)
        else:
            assert (each.ap50, each.ap50_95, each.curve) == (None, None, None)


@settings(max_examples=50, deadline=None)
@given(scenes())
def test_the_counts_add_up(scene):
    scores, matches = judge(*scene, labels=LABELS, resamples=20)
    confusion = np.array(scores.confusion)
    counted = matches.filter(matches["outcome"] != "ignored")
    predicted = counted.filter((counted["side"] == "prediction") & at_least(counted, scores))
    for place, each in enumerate(scores.per_class):
        assert each.true_positives + each.false_negatives == each.boxes == confusion[place].sum()
        assert each.true_positives + each.false_positives == confusion[:, place].sum()
    assert confusion[:, :-1].sum() == predicted.height
    assert scores.boxes == counted.filter(counted["side"] == "truth").height
    for band in (scores.map, scores.map_50_95):
        assert 0 <= band.low <= band.value <= band.high <= 1


def at_least(matches, scores):
    return matches["score"].fill_null(-1) >= np.float32(scores.threshold)


def test_a_perfect_model_scores_one_without_noise():
    truth = dataset([box(), box("hat", at=(30, 0))], [box("no_helmet_head")])
    first = [box(score=0.75), box("hat", at=(30, 0), score=0.75)]
    found = dataset(first, [box("no_helmet_head", score=0.5)])
    scores, _ = judge(truth, found, labels=LABELS)
    assert scores.map == scores.map_50_95 == Band(1, 1, 1)
    assert scores.threshold == 0.5
    assert scores.evaluator.startswith("hotcoco 1.3")


def test_nothing_predicted_scores_zero():
    scores, matches = judge(dataset([box()], []), dataset([], []), labels=LABELS)
    assert scores.map == scores.map_50_95 == Band(0, 0, 0)
    assert scores.per_class[0].ap50 == Band(0, 0, 0)
    assert scores.per_class[0].false_negatives == 1
    assert scores.threshold == 0.5
    assert matches["outcome"].to_list() == ["fn"]


def test_without_any_truth_the_score_is_zero_and_no_class_has_one():
    scores, _ = judge(dataset([], []), dataset([box(score=0.9)], []), labels=LABELS)
    assert scores.map == Band(0, 0, 0)
    assert scores.boxes == 0
    assert [each.ap50 for each in scores.per_class] == [None, None, None]


def test_a_dataset_without_images_scores_zero():
    scores, matches = judge(table([]), table([]), labels=LABELS)
    assert (scores.images, scores.map, matches.height) == (0, Band(0, 0, 0), 0)


def test_the_threshold_is_where_f1_is_best():
    truth = dataset([box(), box(at=(50, 0)), box(at=(0, 50))])
    found = dataset(
        [
            box(score=0.75),
            box(at=(50, 0), score=0.5),
            box(at=(90, 90), score=0.25),
            box(at=(95, 90), score=0.25),
            box(at=(0, 50), score=0.25),
        ]
    )
    scores, _ = judge(truth, found, labels=LABELS)
    assert scores.threshold == 0.5
    first = scores.per_class[0]
    assert (first.true_positives, first.false_positives, first.false_negatives) == (2, 0, 1)
    assert scores.confusion[0] == (2, 0, 0, 1)


def test_the_order_of_rows_does_not_matter_and_the_seed_decides_the_band():
    truth = dataset(*[[box(at=(place, 0))] for place in range(12)])
    found = dataset(*[[box(at=(2 * place, 0), score=0.5)] for place in range(12)])
    scores, matches = judge(truth, found, labels=LABELS, seed=1)
    again, same = judge(truth.reverse(), found, labels=LABELS, seed=1)
    other, _ = judge(truth, found, labels=LABELS, seed=2)
    assert scores == again
    assert matches.equals(same)
    assert scores.map.value == other.map.value
    assert scores.map != other.map
    assert scores.map.low < scores.map.value < scores.map.high


def test_scores_survive_their_json():
    scores, _ = judge(dataset([box()]), dataset([box(score=0.5)]), labels=LABELS)
    metrics = {"testing": scores}
    assert round_metrics.validate_json(round_metrics.dump_json(metrics)) == metrics
