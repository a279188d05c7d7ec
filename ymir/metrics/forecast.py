"""How many images a goal may need, by the rounds so far: a power law of the error.

The error of a learner falls with the images it learns from as `a · images ** -b` (Cortes et al.
1993, Learning curves; Hestness et al. 2017, Deep learning scaling is predictable, empirically).
The law is a line in logarithms, fitted by least squares. How far to trust it is told by fitting it
again to figures drawn from within their noise bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ymir.metrics.boxes import Floats
from ymir.metrics.scores import Band

_LEAST = 0.001  # a smaller error is not told from none
_SIGMAS = 1.96  # from the middle to the end of a 95 % interval
_TAILS = (0.1, 0.9)  # the interval that holds four of five draws


@dataclass(frozen=True)
class PowerLaw:
    """Error by images: `exp(log_a) * images ** -b`, for each of several fits."""

    log_a: Floats
    b: Floats

    def errors(self, images: Floats) -> Floats:
        """By fit and number of images, in 0..1."""
        curve = self.log_a[:, None] - self.b[:, None] * np.log(images)[None, :]
        return np.asarray(np.exp(np.minimum(curve, 0)))

    def images(self, error: float) -> Floats:
        """By fit, how many images bring the error down to this; infinite where none do."""
        if error <= 0:
            return np.full(len(self.b), np.inf)
        with np.errstate(over="ignore"):
            needed = np.exp((self.log_a - np.log(error)) / np.where(self.b > 0, self.b, 1))
        return np.where(self.b > 0, needed, np.inf)


@dataclass(frozen=True)
class Forecast:
    """What the law says, and the same for the low and high end of four of five draws."""

    needed: tuple[float, float, float]  # images at the goal: by the law, with luck, without
    values: Floats  # the figure by number of images asked for, then law, low, high


def power_law(images: Floats, errors: Floats) -> PowerLaw:
    """Fit the law to errors, by fit and point, at so many images, by point."""
    x = np.log(images)
    away = x - x.mean()
    y = np.log(np.maximum(errors, _LEAST))
    slope = (y * away).sum(axis=1) / (away**2).sum()
    return PowerLaw(log_a=y.mean(axis=1) - slope * x.mean(), b=-slope)


def forecast(
    images: Sequence[int],
    values: Sequence[Band],
    *,
    goal: float,
    asked: Sequence[float],
    seed: int = 0,
    draws: int = 500,
) -> Forecast | None:
    """Judge from `values` at so many training `images` what `asked` numbers of them may give.

    None where the law cannot be fitted: it takes two rounds with different numbers of images.
    """
    if len(set(images)) < 2 or min(images) < 1:
        return None
    middle = np.array([each.value for each in values])
    noise = np.array([each.half for each in values]) / _SIGMAS
    chance = np.random.default_rng(seed).standard_normal((draws, len(values)))
    drawn = np.vstack([middle, middle + chance * noise])  # the figures themselves come first
    law = power_law(np.array(images, dtype=np.float64), 1 - drawn)
    needed = law.images(1 - goal)
    low, high = np.quantile(needed[1:], _TAILS, method="nearest").tolist()
    guesses = 1 - law.errors(np.array(asked, dtype=np.float64))
    ends = np.quantile(guesses[1:], _TAILS, axis=0)
    around = np.vstack(
        [guesses[0], np.minimum(ends[0], guesses[0]), np.maximum(ends[1], guesses[0])]
    )
    first = float(needed[0])
    return Forecast((first, min(low, first), max(high, first)), around.T)
