"""The pinned evaluator: COCO's rules for boxes, counted by hotcoco.

COCO's rules, for what data rarely shows: predictions are taken by falling score; equal scores in
the order of image name, then of the image's objects. A prediction takes the free truth of its
label it overlaps most, if by the IoU asked for. One that only a crowd covers is ignored, and so is
whatever lies beyond the `MOST` best of its label in its image. A label without truth has no AP.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import hotcoco
import numpy as np

from ymir.metrics.boxes import Bools, Boxes, Floats, Ints, Sides, subset

NAME = f"hotcoco {hotcoco.__version__}"
MOST = 100  # predictions per image and label
_BLOCK = 1000  # images whose matches are read at a time: they come as Python objects


@dataclass(frozen=True)
class Evaluation:
    """What the evaluator counted; the first IoU is 0.5, the others rise by 0.05 to 0.95."""

    precision: Floats  # by IoU, recall 0, .01 … 1, label; -1 for a label without truth
    score: Floats  # by recall and label at IoU 0.5: the score that reaches this recall
    correct: Bools  # by IoU and prediction
    ignored: Bools  # by IoU and prediction
    match: Ints  # by prediction at IoU 0.5: the row of the truth it takes, or -1


def evaluate(both: Sides) -> Evaluation:
    """Match and count at every IoU."""
    engine = _engine(both.images, both.labels, both.truth, both.predictions)
    engine.evaluate()
    engine.accumulate()
    totals = engine.eval or {}
    precision = np.asarray(totals["precision"])[:, :, :, 0, 0]
    score = np.asarray(totals["scores"])[0, :, :, 0, 0]
    correct = np.zeros((len(precision), len(both.predictions)), dtype=np.bool_)
    ignored = np.ones_like(correct)  # whatever is not reported lies beyond MOST
    match = np.full(len(both.predictions), -1, dtype=np.int64)
    for found in _matched(engine, both.images):
        place = np.asarray(found["dtIds"]) - 1
        ignored[:, place] = found["dtIgnore"]
        correct[:, place] = found["dtMatched"]
        match[place] = np.asarray(found["dtMatches"][0]) - 1
    return Evaluation(precision, score, correct & ~ignored, ignored, match)


def confusion(both: Sides, *, counted: Bools) -> Ints:
    """Truth by predicted label, background last, among all labels at IoU 0.5.

    Only the predictions marked in `counted` take part, and no crowd.
    """
    truth, predictions = subset(both.truth, ~both.truth.crowd), subset(both.predictions, counted)
    engine = _engine(both.images, both.labels, truth, predictions)
    table = engine.confusion_matrix(iou_thr=0.5, max_det=max(1, len(predictions)))
    return np.asarray(table["matrix"]).astype(np.int64)


def overlap(truth: Boxes, predictions: Boxes, match: Ints) -> Floats:
    """IoU of each prediction with the truth it took; NaN for the others."""
    taken = match >= 0
    mine, theirs = predictions.xywh[taken], truth.xywh[match[taken]]
    corner = np.minimum(mine[:, :2] + mine[:, 2:], theirs[:, :2] + theirs[:, 2:])
    shared = np.clip(corner - np.maximum(mine[:, :2], theirs[:, :2]), 0, None).prod(axis=1)
    own = mine[:, 2:].prod(axis=1)
    whole = own + np.where(truth.crowd[match[taken]], 0, theirs[:, 2:].prod(axis=1) - shared)
    result = np.full(len(match), np.nan)
    result[taken] = shared / np.maximum(whole, np.finfo(np.float64).tiny)
    return result


def _engine(
    images: int, labels: tuple[str, ...], truth: Boxes, predictions: Boxes
) -> hotcoco.COCOeval:
    wanted = hotcoco.COCO.from_arrays(
        [{"id": each + 1, "width": 0, "height": 0} for each in range(images)],
        [{"id": each + 1, "name": label} for each, label in enumerate(labels)],
        truth.image + 1,
        truth.label + 1,
        truth.xywh,
        iscrowd=truth.crowd,
    )
    columns = (predictions.image + 1, predictions.xywh, predictions.score, predictions.label + 1)
    found = wanted.load_res(np.column_stack(columns).astype(np.float64))
    engine = hotcoco.COCOeval(wanted, found, "bbox")
    engine.params.area_rng, engine.params.area_rng_lbl = [[0.0, 1e10]], ["all"]
    engine.params.max_dets = [MOST]
    return engine


def _matched(engine: hotcoco.COCOeval, images: int) -> Iterator[dict[str, list[list[int]]]]:
    for start in range(0, images, _BLOCK):
        engine.params.img_ids = list(range(start + 1, min(start + _BLOCK, images) + 1))
        engine.evaluate()
        yield from (each for each in engine.eval_imgs if each and each["dtIds"])
