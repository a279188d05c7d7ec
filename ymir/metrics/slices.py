"""What a model is worth on a part of the testing set, by the judge's own rules.

A part is images, and which boxes on them count. COCO's rule for its sizes (`areaRng`) holds for
every part: a true box that does not count is ignored, and so is what finds it; so is a prediction
that finds nothing and could not be of the part, e.g. by its size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ymir.metrics.bootstrap import average_precision, band, over_labels, resampled
from ymir.metrics.boxes import Bools, Boxes, Ints, Sides, subset
from ymir.metrics.matching import Pairs, among_best, matched, pairs
from ymir.metrics.recorded import Recorded, recorded
from ymir.metrics.scores import Band

# Square pixels of a box, from and to, both included, as COCO has them.
SIZES = {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}


@dataclass(frozen=True)
class Part:
    """What counts, by image, by true box, and by prediction that finds nothing."""

    images: Bools
    truth: Bools
    predictions: Bools


@dataclass(frozen=True)
class PartScores:
    """One model on one part."""

    images: int
    boxes: int
    with_boxes: int  # images that hold a box which counts
    ap50: Band | None  # the mean over classes; None where no box counts
    recall: float | None  # at the threshold


@dataclass(frozen=True)
class Scene:
    """A model as its record has it, ready to be scored on parts."""

    record: Recorded
    best: Bools  # by prediction: whether COCO looks at it at all
    near: Pairs  # what could be matched at IoU 0.5
    seed: int
    resamples: int

    @property
    def sides(self) -> Sides:
        """Truth and predictions."""
        return self.record.sides


def scene(
    images: pl.Series,
    matches: pl.DataFrame,
    *,
    labels: tuple[str, ...],
    seed: int = 0,
    resamples: int = 100,
) -> Scene:
    """Read a round's table of matches (see `MATCHES`) on all `images` of the testing set."""
    one = recorded(images, matches, labels=labels)
    both, best, near = one.sides, among_best(one.sides), pairs(one.sides, at_least=0.5)
    alike = both.truth.label[near.truth] == both.predictions.label[near.prediction]
    return Scene(one, best, near.where(alike & best[near.prediction]), seed, resamples)


def whole(of: Scene) -> Part:
    """Everything counts."""
    both = of.sides
    marks = (np.ones(size, dtype=np.bool_) for size in (len(both.truth), len(both.predictions)))
    return Part(np.ones(both.images, dtype=np.bool_), *marks)


def sized(of: Scene, size: str) -> Part:
    """The boxes of one of `SIZES`, on all images."""
    low, high = SIZES[size]
    areas = [side.xywh[:, 2] * side.xywh[:, 3] for side in (of.sides.truth, of.sides.predictions)]
    fits = [(low <= area) & (area <= high) for area in areas]
    return Part(np.ones(of.sides.images, dtype=np.bool_), *fits)


def score(of: Scene, part: Part, *, threshold: float) -> PartScores:
    """AP at IoU 0.5 with its noise band, and the recall at `threshold`."""
    both, correct, ignored = _judged(of, part)
    counts = ~both.truth.crowd
    boxes, images = int(counts.sum()), int(part.images.sum())
    if not boxes:
        return PartScores(images, 0, 0, None, None)
    once = np.ones((1, images), dtype=np.int64)  # the figure itself comes first
    draws = np.concatenate([once, resampled(images, seed=of.seed, resamples=of.resamples)])
    outcome = Recorded(both, correct[None, :], ignored[None, :])
    samples = over_labels(average_precision(both, outcome, draws))
    hits = int((correct & (both.predictions.score >= threshold)).sum())
    return PartScores(
        images=images,
        boxes=boxes,
        with_boxes=len(np.unique(both.truth.image[counts])),
        ap50=band(float(samples[0]), samples[1:]),
        recall=hits / boxes,
    )


def _judged(of: Scene, part: Part) -> tuple[Sides, Bools, Bools]:
    """The part alone, truth that does not count as a crowd; what is correct, and what ignored."""
    both = of.sides
    inside = part.images[both.truth.image], part.images[both.predictions.image]
    not_counted = both.truth.crowd | ~part.truth
    correct, ignored = of.record.correct[0], of.record.ignored[0]
    if not (part.truth | ~inside[0]).all() or not (part.predictions | ~inside[1]).all():
        near = of.near.where(inside[1][of.near.prediction])
        match = matched(both, near, ignored=not_counted)
        taken = match >= 0
        lost = np.append(not_counted, [False])[match]  # -1 takes nothing that is lost
        ignored = np.where(taken, lost, ~part.predictions) | ~of.best
        correct = taken & ~ignored
    alone = Sides(
        images=int(part.images.sum()),
        labels=both.labels,
        truth=_renumbered(replace(both.truth, crowd=not_counted), inside[0], part.images),
        predictions=_renumbered(both.predictions, inside[1], part.images),
    )
    return alone, correct[inside[1]], ignored[inside[1]]


def _renumbered(boxes: Boxes, kept: Bools, images: Bools) -> Boxes:
    places: Ints = np.cumsum(images) - 1
    fewer = subset(boxes, kept)
    return replace(fewer, image=places[fewer.image])
