"""Which box goes with which: pairs that overlap, and COCO's greedy choice among them.

The evaluator does this for the figures. It is here once more, in the same way, for questions that
the evaluator answers with counts alone: which boxes stand behind a cell, what a part is worth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ymir.metrics.boxes import Bools, Floats, Ints, Sides
from ymir.metrics.evaluator import MOST

_BLOCK = 1_000_000  # pairs whose overlap is computed at a time


@dataclass(frozen=True)
class Pairs:
    """Predictions and truth that overlap in an image, whatever their labels, by prediction."""

    prediction: Ints  # row
    truth: Ints  # row
    iou: Floats  # with a crowd: the share of the prediction that it covers

    def where(self, wanted: Bools) -> Pairs:
        """Only these."""
        return Pairs(self.prediction[wanted], self.truth[wanted], self.iou[wanted])


def pairs(both: Sides, *, at_least: float) -> Pairs:
    """All pairs with at least this IoU."""
    found = [each.where(each.iou >= at_least) for each in _overlaps(both)]
    return Pairs(
        np.concatenate([each.prediction for each in found]),
        np.concatenate([each.truth for each in found]),
        np.concatenate([each.iou for each in found]),
    )


def matched(both: Sides, candidates: Pairs, *, ignored: Bools) -> Ints:
    """By prediction, the row of the truth that it takes, or -1.

    The surest prediction chooses first: of the free truth that counts the one it overlaps most, of
    equals the last; if there is none, of the truth that is `ignored`. A crowd is never taken up.
    """
    order = _order(both, candidates, ignored)
    prediction, truth = candidates.prediction[order], candidates.truth[order]
    match = np.full(len(both.predictions), -1, dtype=np.int64)
    crowd = both.truth.crowd
    alone = (np.bincount(prediction, minlength=1)[prediction] == 1) & (
        np.bincount(truth, minlength=1)[truth] == 1
    )
    match[prediction[alone]] = truth[alone]
    taken: set[int] = set()
    rivals = zip(prediction[~alone].tolist(), truth[~alone].tolist(), strict=True)
    for one, other in rivals:
        if match[one] < 0 and other not in taken:
            match[one] = other
            if not crowd[other]:
                taken.add(other)
    return match


def among_best(both: Sides) -> Bools:
    """By prediction, whether it is among the `MOST` best of its label in its image."""
    side = both.predictions
    order = np.lexsort((-side.score, side.label, side.image))
    group = side.image[order] * len(both.labels) + side.label[order]
    starts = np.flatnonzero(np.append([True], group[1:] != group[:-1])) if len(group) else group
    rank = np.arange(len(group)) - np.repeat(starts, np.diff(np.append(starts, len(group))))
    result = np.zeros(len(group), dtype=np.bool_)
    result[order] = rank < MOST
    return result


def _order(both: Sides, candidates: Pairs, ignored: Bools) -> Ints:
    truth, prediction = candidates.truth, candidates.prediction
    return np.lexsort(
        (
            -truth,
            -both.truth.label[truth],
            -candidates.iou,
            ignored[truth],
            prediction,
            both.predictions.label[prediction],
            -both.predictions.score[prediction],
        )
    )


def _overlaps(both: Sides) -> Iterator[Pairs]:
    """The overlap of every prediction with every truth of its image, some at a time."""
    per_image = np.bincount(both.truth.image, minlength=both.images)
    first = np.cumsum(per_image) - per_image  # rows are ordered by image
    count = per_image[both.predictions.image]
    ends = np.cumsum(count)
    cuts = np.searchsorted(ends, np.arange(_BLOCK, ends[-1] if len(ends) else 0, _BLOCK))
    for rows in np.split(np.arange(len(both.predictions)), np.unique(cuts)):
        prediction = np.repeat(rows, count[rows])
        within = np.arange(len(prediction)) - np.repeat(
            np.cumsum(count[rows]) - count[rows], count[rows]
        )
        truth = first[both.predictions.image[prediction]] + within
        yield Pairs(prediction, truth, _iou(both, prediction, truth))


def _iou(both: Sides, prediction: Ints, truth: Ints) -> Floats:
    mine, theirs = both.predictions.xywh[prediction], both.truth.xywh[truth]
    corner = np.minimum(mine[:, :2] + mine[:, 2:], theirs[:, :2] + theirs[:, 2:])
    shared = np.clip(corner - np.maximum(mine[:, :2], theirs[:, :2]), 0, None).prod(axis=1)
    own, other = mine[:, 2:].prod(axis=1), theirs[:, 2:].prod(axis=1)
    whole = np.where(both.truth.crowd[truth], own, own + other - shared)
    return np.asarray(shared / np.maximum(whole, np.finfo(np.float64).tiny))
