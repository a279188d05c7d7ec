from functools import partial

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.metrics.scenes import LABELS, box, dataset, name, pycocotools, scenes
from ymir.metrics.judge import judge
from ymir.metrics.slices import SIZES, Part, scene, score, sized, whole


def judged(truth, found, resamples=2):
    scores, matches = judge(truth, found, labels=LABELS, resamples=resamples)
    return scores, scene(truth["image"], matches, labels=LABELS, resamples=resamples)


def enlarged(images, factor):
    """Boxes of all of COCO's sizes instead of small ones alone."""
    fields = [pl.element().struct.field(each) * factor for each in "xywh"]
    grown = pl.element().struct.with_fields(*fields)
    return images.with_columns(pl.col("objects").list.eval(grown))


def mean(values):
    known = values[values > -1]
    return known.mean() if known.size else None


@settings(max_examples=80, deadline=None)
@given(scenes())
def test_the_whole_set_scores_as_the_judge_says(scene):
    scores, of = judged(*scene, resamples=30)
    result = score(of, whole(of), threshold=scores.threshold)
    hits = sum(each.true_positives for each in scores.per_class)
    assert (result.images, result.boxes) == (scores.images, scores.boxes)
    assert result.ap50 == (scores.map if scores.boxes else None)
    assert result.recall == (hits / scores.boxes if scores.boxes else None)


@settings(max_examples=80, deadline=None)
@given(scenes(), st.sampled_from([1, 8, 12, 16]))
def test_sizes_score_as_pycocotools_says(scene, factor):
    truth, found = (enlarged(side, factor) for side in scene)
    precision = pycocotools(truth, found).eval["precision"][0, :, :, :, -1]
    scores, of = judged(truth, found)
    for place, size in enumerate(SIZES, 1):  # pycocotools has `all` first
        result = score(of, sized(of, size), threshold=scores.threshold)
        expected = mean(precision[:, :, place])
        value = result.ap50.value if result.ap50 else None
        assert value == (None if expected is None else pytest.approx(expected, abs=1e-6))


@settings(max_examples=60, deadline=None)
@given(scenes(), st.integers(1, 63))
def test_some_images_score_as_if_there_were_no_others(scene, chosen):
    truth, found = scene
    kept = np.array([bool(chosen >> each & 1) for each in range(truth.height)])
    alone = [side.sort("image").filter(pl.Series(kept)) for side in (truth, found)]
    expected, _ = judge(*alone, labels=LABELS, resamples=2)
    _, of = judged(truth, found)
    everything = whole(of)
    part = Part(kept, everything.truth, everything.predictions)
    result = score(of, part, threshold=0.5)
    assert (result.images, result.boxes) == (expected.images, expected.boxes)
    value = result.ap50.value if result.ap50 else 0
    assert value == pytest.approx(expected.map.value, abs=1e-9)


def test_truth_that_does_not_count_is_neither_missed_nor_its_finder_wrong():
    truth = dataset([box(), box(at=(50, 0))], [box(at=(9, 9))])
    found = dataset([box(score=0.9), box(at=(50, 0), score=0.8)], [])
    _, of = judged(truth, found)
    parts = partial(Part, np.array([True, True]), predictions=np.array([True, True]))
    first = score(of, parts(truth=np.array([False, True, False])), threshold=0.5)
    assert (first.boxes, first.with_boxes, first.images) == (1, 1, 2)
    assert (first.ap50.value, first.recall) == (1, 1)
    last = score(of, parts(truth=np.array([False, False, True])), threshold=0.5)
    assert (last.ap50.value, last.recall) == (0, 0)


def test_a_prediction_that_could_not_be_of_the_part_is_not_wrong_there():
    truth = dataset([box(size=(10, 10)), box(at=(100, 0), size=(200, 200))])
    found = dataset([box(at=(50, 50), size=(200, 200), score=0.9), box(size=(10, 10), score=0.5)])
    scores, of = judged(truth, found)
    assert score(of, sized(of, "small"), threshold=0.5).ap50.value == 1
    assert score(of, sized(of, "large"), threshold=0.5).ap50.value == 0
    assert score(of, sized(of, "medium"), threshold=0.5).ap50 is None
    assert scores.map.value < 1


def test_a_part_without_images_or_truth_has_no_figure():
    _, of = judged(dataset([box()]), dataset([box(score=0.5)]))
    everything = whole(of)
    nothing = Part(np.array([False]), everything.truth, everything.predictions)
    result = score(of, nothing, threshold=0.5)
    assert (result.images, result.boxes, result.ap50, result.recall) == (0, 0, None, None)
    _, empty = judged(dataset([]), dataset([box(score=0.5)]))
    assert score(empty, sized(empty, "small"), threshold=0.5).ap50 is None


def test_the_record_of_images_without_any_box_counts_them():
    truth, found = dataset([box()], [], []), dataset([box(score=0.5)], [], [])
    _, of = judged(truth, found)
    assert score(of, whole(of), threshold=0.5).images == 3
    assert of.sides.truth.rows["image"].to_list() == [name(0)]
