import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.metrics.scenes import LABELS, dataset, scenes
from ymir.metrics.bootstrap import average_precision, band, resampled
from ymir.metrics.boxes import sides
from ymir.metrics.evaluator import evaluate
from ymir.metrics.scores import Band


def precisions(scene, draws):
    both = sides(*scene, labels=LABELS)
    return average_precision(both, evaluate(both), np.asarray(draws))


def evaluator_says(scene):
    found = evaluate(sides(*scene, labels=LABELS)).precision.mean(axis=1).T
    return np.where(found < 0, np.nan, found)


@settings(max_examples=80, deadline=None)
@given(scenes())
def test_with_every_image_once_it_is_the_evaluators_figure(scene):
    once = np.ones((1, scene[0].height), dtype=int)
    np.testing.assert_allclose(precisions(scene, once)[0], evaluator_says(scene), atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(scenes(), st.integers(0, 100))
def test_counting_an_image_twice_is_having_it_twice(scene, seed):
    draws = resampled(scene[0].height, seed=seed, resamples=1)
    copies = np.repeat(np.arange(scene[0].height), draws[0])
    again = [
        dataset(*[images["objects"][int(each)].to_list() for each in copies]) for images in scene
    ]
    # Equal scores of different images are ordered by name, which copies do not keep apart.
    scores = [each["score"] for each in scene[1].explode("objects").drop_nulls()["objects"]]
    if len(set(scores)) == len(scores):
        np.testing.assert_allclose(precisions(scene, draws)[0], evaluator_says(again), atol=1e-9)


def test_resamples_draw_as_many_images_as_there_are_and_follow_the_seed():
    draws = resampled(50, seed=3, resamples=20)
    assert draws.sum(axis=1).tolist() == [50] * 20
    assert (draws == resampled(50, seed=3, resamples=20)).all()
    assert (draws != resampled(50, seed=4, resamples=20)).any()


def test_the_band_mirrors_the_samples_and_holds_its_value():
    samples = np.linspace(0.5, 0.7, 1001)
    around = band(0.55, samples)
    assert (around.low, around.high) == pytest.approx((0.405, 0.595))
    assert band(0.9, np.linspace(0.9, 0.98, 11)).high == 0.9
    assert band(0.99, np.linspace(0.8, 0.9, 11)).high == 1.0


def test_without_samples_the_band_has_no_width():
    assert band(0.4, np.array([np.nan])) == Band(0.4, 0.4, 0.4)
