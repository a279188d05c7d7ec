"""How far a figure would move on other images of the same kind: a bootstrap over images.

A resample draws as many images as there are, with replacement, so it is a whole number per image:
how often it was drawn. AP of a resample is AP with every box counted that often; with every image
counted once it is the evaluator's AP.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ymir.metrics.boxes import Bools, Floats, Ints, Sides
from ymir.metrics.scores import Band

_RECALLS = np.linspace(0, 1, 101)
_CELLS = 250_000  # resamples times predictions held in memory at a time


class Outcomes(Protocol):
    """What became of each prediction: an `Evaluation`, or what a record says of one."""

    @property
    def correct(self) -> Bools:
        """By IoU and prediction: whether it found a truth."""

    @property
    def ignored(self) -> Bools:
        """By IoU and prediction: whether it counts for nothing."""


def resampled(images: int, *, seed: int, resamples: int) -> Ints:
    """How often each image is drawn, by resample and image."""
    if not images:
        return np.zeros((resamples, 0), dtype=np.int64)
    shares = np.full(images, 1 / images)
    return np.random.default_rng(seed).multinomial(images, shares, size=resamples)


def average_precision(both: Sides, found: Outcomes, draws: Ints) -> Floats:
    """AP by resample, label and IoU; NaN where a resample holds no truth of a label."""
    result = np.full((len(draws), len(both.labels), len(found.correct)), np.nan)
    for label in range(len(both.labels)):
        wanted = (both.truth.label == label) & ~both.truth.crowd
        positives = draws @ np.bincount(both.truth.image[wanted], minlength=both.images)
        mine = np.flatnonzero(both.predictions.label == label)
        mine = mine[np.argsort(-both.predictions.score[mine], kind="stable")]
        at = both.predictions.image[mine]
        step = max(1, _CELLS // max(1, len(mine)))
        for start in range(0, len(draws), step):
            part = slice(start, start + step)
            drawn = draws[part][:, at]
            result[part, label] = _by_iou(
                drawn, positives[part], found.correct[:, mine], found.ignored[:, mine]
            )
    return result


def over_labels(samples: Floats) -> Floats:
    """The mean over labels (and IoUs) by resample, without the labels that it holds no truth of."""
    known = ~np.isnan(samples)
    count = known.sum(axis=(1, 2))
    total = np.where(known, samples, 0).sum(axis=(1, 2))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def band(value: float, samples: Floats) -> Band:
    """The interval that holds the figure of endless such images in 95 % of cases.

    It mirrors the resamples at `value` (the "basic" interval): AP comes out too high on few images,
    and in resamples once more by as much, so that their own middle 95 % would lie too high twice.
    """
    known = samples[~np.isnan(samples)]
    if not len(known):
        return Band(exact(value), exact(value), exact(value))
    low, high = (2 * value - np.quantile(known, (0.975, 0.025))).tolist()
    return Band(exact(value), exact(max(0, min(value, low))), exact(min(1, max(value, high))))


def exact(figure: float) -> float:
    """`figure` without the last digits, so that a perfect model scores 1 and not 1 - 1e-16."""
    return round(float(figure), 9)


def _by_iou(drawn: Ints, positives: Ints, correct: Bools, ignored: Bools) -> Floats:
    columns = [
        _interpolated(drawn * ~ignored[each], positives, correct[each])
        for each in range(len(correct))
    ]
    return np.where(positives[:, None] > 0, np.column_stack(columns), np.nan)


def _interpolated(counted: Ints, positives: Ints, correct: Bools) -> Floats:
    """COCO's AP by resample, from the predictions in order of score.

    Only correct predictions matter: precision peaks at them, and recall moves only there.
    """
    hits = np.cumsum(counted[:, correct], axis=1)
    if not hits.shape[1]:
        return np.zeros(len(counted))
    seen = np.cumsum(counted, axis=1)[:, correct]
    precision = hits / np.maximum(seen, 1)
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    first = _first_at_least(hits, _hits_needed(positives))
    reached = np.pad(best, ((0, 0), (0, 1)))  # a recall that is never reached has precision 0
    return np.asarray(np.take_along_axis(reached, first, axis=1).mean(axis=1))


def _hits_needed(positives: Ints) -> Ints:
    """The fewest hits whose recall is at least each recall point, as floats compare."""
    wanted = np.maximum(positives, 1)[:, None]
    needed = np.ceil(_RECALLS * wanted)
    needed -= (needed - 1) / wanted >= _RECALLS
    needed += needed / wanted < _RECALLS
    return needed.astype(np.int64)


def _first_at_least(hits: Ints, needed: Ints) -> Ints:
    """By row, the first place in rising `hits` that is at least each of `needed`."""
    rows, places = hits.shape
    apart = max(int(hits.max()), int(needed.max())) + 1
    offset = np.arange(rows)[:, None] * apart
    found = np.searchsorted((hits + offset).ravel(), (needed + offset).ravel())
    first = found.reshape(needed.shape) - np.arange(rows)[:, None] * places
    return np.asarray(first, dtype=np.int64)
