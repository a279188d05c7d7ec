"""What mining finds: mistakes of the model on mined images, beside those on images by lot.

A share of each batch is picked by lot (`control`). When people have labelled the batch, both shares
show how often the model that picked them was wrong: how much there was to learn. That is not mAP: a
mistake may be one that further training does not mend. But it is known after the first round, and
costs no second project.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from ymir.metrics.bootstrap import exact
from ymir.metrics.boxes import Ints, Sides, sides
from ymir.metrics.matching import Pairs, matched, pairs
from ymir.metrics.scores import Band
from ymir.picking.batch import CONTROL, MINED

ENOUGH = 10  # images by lot, before anything is said

Verdict = Literal["pays", "open", "loses"]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """Images of one origin, and how many mistakes the model made on one of them, on average."""

    images: int
    mistakes: Band


@dataclass(frozen=True)
class Yield:
    """What a mined image held and what one by lot, over the rounds that had both.

    `gap` is the difference of the two: above 0, mining found more. Each band is a 95 % interval.
    """

    mined: Share
    control: Share
    gap: Band

    @property
    def verdict(self) -> Verdict:
        """Whether mining finds more than chance, less, or whether that cannot be told yet."""
        if self.control.images < ENOUGH or self.mined.images < ENOUGH:
            return "open"
        if self.gap.low > 0:
            return "pays"
        return "loses" if self.gap.high < 0 else "open"


def mistakes(
    truth: pl.DataFrame, found: pl.DataFrame, *, labels: Sequence[str], threshold: float
) -> pl.DataFrame:
    """`image` and `mistakes`: how often the model was wrong on each image of `truth`.

    Both are tables of datasets (see `ymir.data.table`) with the same images; of `found`, boxes from
    the score `threshold` on count. A box of the truth that nothing overlaps with an IoU of 0.5 or
    more is a mistake; so is a found box that overlaps none; so is, once, a pair of different
    classes. Crowds, and what is found on them, do not count.
    """
    both = sides(truth, found, labels=labels)
    counted = both.predictions.score >= threshold
    near = pairs(both, at_least=0.5)
    near = near.where(counted[near.prediction])
    on_crowd = np.zeros(len(both.predictions), bool)
    on_crowd[near.prediction[both.truth.crowd[near.truth]]] = True
    near = near.where(~both.truth.crowd[near.truth])
    match, right = _matched(both, near)
    missed = ~both.truth.crowd
    missed[match[match >= 0]] = False
    wrong = counted & ~right & ~(on_crowd & (match < 0))
    count = np.bincount(both.truth.image[missed], minlength=both.images)
    count += np.bincount(both.predictions.image[wrong], minlength=both.images)
    return truth.select(pl.col("image").sort(), mistakes=pl.Series(count, dtype=pl.Int64))


def mining_yield(images: pl.DataFrame, *, seed: int = 0, resamples: int = 2000) -> Yield | None:
    """Compare the shares: `images` has `mistakes`, `origin` ("mined", "control", …) and `round`.

    An image by lot is compared with the mined ones of its own round, since the model was the same:
    so the mined images of a round count as much as its images by lot. None where no round has both.
    The interval is that of a bootstrap over the images of each round and origin (Efron and
    Tibshirani: "An Introduction to the Bootstrap", 1993).
    """
    chance = np.random.default_rng(seed)
    drawn: dict[str, list[Floats]] = {MINED: [], CONTROL: []}
    counts: list[tuple[int, int]] = []
    for _, rows in images.sort("round").group_by("round", maintain_order=True):
        parts = {origin: rows.filter(origin=origin)["mistakes"].to_numpy() for origin in drawn}
        if all(len(part) for part in parts.values()):
            counts.append((len(parts[MINED]), len(parts[CONTROL])))
            for origin, part in parts.items():
                drawn[origin].append(_means(part, chance, resamples))
    if not counts:
        return None
    many = np.array(counts)
    weight = many[:, 1] / many[:, 1].sum()
    mined, control = (weight @ np.stack(drawn[origin]) for origin in (MINED, CONTROL))
    in_all = many.sum(axis=0).tolist()
    return Yield(
        Share(in_all[0], _band(mined)), Share(in_all[1], _band(control)), _band(mined - control)
    )


def _matched(both: Sides, near: Pairs) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """By prediction the truth it goes with, or -1, and whether that is of its class.

    Boxes of one class find each other first; what is left may pair with another class.
    """
    alike = both.truth.label[near.truth] == both.predictions.label[near.prediction]
    match = matched(both, near.where(alike), ignored=both.truth.crowd)
    right = match >= 0
    is_free = np.ones(len(both.truth), bool)
    is_free[match[right]] = False
    rest = near.where(is_free[near.truth] & ~right[near.prediction])
    other = matched(both, rest, ignored=both.truth.crowd)
    return np.where(right, match, other), right


def _means(values: Ints, chance: np.random.Generator, resamples: int) -> Floats:
    """The mean, then the means of resamples: drawn by value, since there are few of them."""
    distinct, count = np.unique(values, return_counts=True)
    draws = chance.multinomial(len(values), count / len(values), size=resamples)
    return np.concatenate([[values.mean()], draws @ distinct / len(values)])


def _band(means: Floats) -> Band:
    low, high = np.quantile(means[1:], (0.025, 0.975)).tolist()
    value = float(means[0])
    return Band(exact(value), exact(min(low, value)), exact(max(high, value)))
