"""Whether two models differ: a paired bootstrap over the images that both were judged on.

Both models are scored on the same draws of images (Efron and Tibshirani, An Introduction to the
Bootstrap, 1993; Koehn 2004 did so for translations): what makes a draw hard makes it hard for both,
so the difference is known better than either figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ymir.metrics.bootstrap import average_precision, exact, over_labels, resampled
from ymir.metrics.boxes import Floats
from ymir.metrics.recorded import recorded
from ymir.metrics.scores import Band


@dataclass(frozen=True)
class Gap:
    """How far the second model's AP at IoU 0.5 is above the first's, with its 95 % interval."""

    change: Band
    wins: float  # share of draws in which the second is better; a draw of equals counts half

    @property
    def is_real(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.change.low > 0 or self.change.high < 0


@dataclass(frozen=True)
class Paired:
    """Two models side by side: the mean over classes, and each class that has truth."""

    overall: Gap
    per_class: Mapping[str, Gap]


def paired(
    truth: pl.DataFrame,
    first: pl.DataFrame,
    second: pl.DataFrame,
    *,
    labels: Sequence[str],
    seed: int = 0,
    resamples: int = 1000,
) -> Paired:
    """Compare two models by their tables of matches (see `MATCHES`) on all images of `truth`.

    `labels` are the classes that both know.
    """
    images = truth["image"]
    draws = resampled(images.len(), seed=seed, resamples=resamples)
    once = np.ones((1, images.len()), dtype=np.int64)  # the figures themselves come first
    counted = np.concatenate([once, draws])
    gained = _ap50(images, second, labels, counted) - _ap50(images, first, labels, counted)
    per_class = {
        label: _gap(gained[:, place])
        for place, label in enumerate(labels)
        if not np.isnan(gained[0, place])
    }
    return Paired(_gap(over_labels(gained[:, :, None])), per_class)


def _ap50(
    images: pl.Series, matches: pl.DataFrame, labels: Sequence[str], draws: np.ndarray
) -> Floats:
    """AP at IoU 0.5 by draw and label; NaN where a draw holds no truth of a label."""
    one = recorded(images, matches, labels=labels)
    return average_precision(one.sides, one, draws)[:, :, 0]


def _gap(gained: Floats) -> Gap:
    """The first is the figure itself, the others are its draws."""
    value, samples = float(np.nan_to_num(gained[0])), gained[1:][~np.isnan(gained[1:])]
    if not len(samples):
        return Gap(Band(exact(value), exact(value), exact(value)), 0.5)
    wins = float((samples > 0).mean() + (samples == 0).mean() / 2)
    low, high = (2 * value - np.quantile(samples, (0.975, 0.025))).tolist()  # as `bootstrap.band`
    return Gap(Band(exact(value), exact(min(value, low)), exact(max(value, high))), exact(wins))
