"""The detector's own judgement: COCO's average precision, counted by hotcoco."""

from collections.abc import Sequence
from dataclasses import dataclass

import hotcoco
import numpy as np
from ymir_kit.detections import Detections

MOST = 100  # detections of an image that count


@dataclass(frozen=True)
class Truth:
    """The objects that are known in an image; boxes are left, top, right, bottom in pixels."""

    boxes: np.ndarray  # (K, 4)
    labels: np.ndarray  # (K,)


@dataclass(frozen=True)
class Quality:
    """Average precision in 0..1: COCO's mean over overlaps of .50 to .95, and at .50 alone."""

    ap: float
    ap50: float


def quality(found: Sequence[Detections], truth: Sequence[Truth], classes: int) -> Quality:
    """Return how well what was found covers what is there; 0 when there is nothing."""
    wanted = _table([(each.boxes, each.labels, None) for each in truth])
    seen = _table([(each.boxes, each.labels, each.scores) for each in found])
    if not len(wanted) or not len(seen):
        return Quality(0.0, 0.0)
    ground = hotcoco.COCO.from_arrays(
        [{"id": number + 1, "width": 0, "height": 0} for number in range(len(truth))],
        [{"id": number + 1, "name": str(number)} for number in range(classes)],
        wanted[:, 0].astype(np.int64),
        wanted[:, 6].astype(np.int64),
        np.ascontiguousarray(wanted[:, 1:5]),
        iscrowd=np.zeros(len(wanted), bool),
    )
    engine = hotcoco.COCOeval(ground, ground.load_res(seen), "bbox")
    engine.params.area_rng, engine.params.area_rng_lbl = [[0.0, 1e10]], ["all"]
    engine.params.max_dets = [MOST]
    engine.evaluate()
    engine.accumulate()
    precision = np.asarray(engine.eval["precision"])[..., 0, -1]  # overlaps, recalls, classes
    return Quality(_mean(precision), _mean(precision[:1]))


def _table(images: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray | None]]) -> np.ndarray:
    """Return rows of image, left, top, width, height, score, class; images and classes from 1."""
    rows = []
    for number, (boxes, labels, scores) in enumerate(images, start=1):
        image = np.full(len(boxes), number)
        sides = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1)
        values = np.ones(len(boxes)) if scores is None else scores
        rows.append(np.column_stack([image, sides, values, labels + 1]))
    return np.concatenate(rows).astype(np.float64) if rows else np.zeros((0, 7))


def _mean(precision: np.ndarray) -> float:
    """Return the mean over what occurs; -1 marks what does not."""
    known = precision[precision > -1]
    return float(known.mean()) if known.size else 0.0
