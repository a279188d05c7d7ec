"""The detector's own judgement: average precision at IoU 0.5, 101 points, as COCO counts it."""

from collections.abc import Sequence

import numpy as np
from ymir_kit.pytorch import Objects

from tinydet.detect import Detections

LEAST_OVERLAP = 0.5
RECALLS = np.linspace(0, 1, 101)


def mean_average_precision(
    found: Sequence[Detections], objects: Objects, class_count: int
) -> float:
    """Return the mean over the classes that occur, in 0..1."""
    boxes, labels, present = (
        part.numpy() for part in (objects.boxes, objects.labels, objects.present)
    )
    averages = []
    for label in range(class_count):
        wanted = [
            boxes[image][present[image] & (labels[image] == label)] for image in range(len(found))
        ]
        if any(len(rows) for rows in wanted):
            averages.append(_average_precision(found, wanted, label))
    return float(np.mean(averages)) if averages else 0.0


def _average_precision(
    found: Sequence[Detections], wanted: Sequence[np.ndarray], label: int
) -> float:
    """Return the average precision of one class."""
    scores, hits = [np.zeros(0, np.float32)], [np.zeros(0, bool)]
    for detections, boxes in zip(found, wanted, strict=True):
        mine = detections.labels == label
        scores.append(detections.scores[mine])
        hits.append(_match(detections.boxes[mine], boxes))
    order = np.argsort(-np.concatenate(scores), kind="stable")
    true_positives = np.cumsum(np.concatenate(hits)[order])
    if not len(true_positives):
        return 0.0
    recall = true_positives / sum(map(len, wanted))
    precision = true_positives / np.arange(1, len(true_positives) + 1)
    envelope = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
    return float(envelope[np.searchsorted(recall, RECALLS, side="left")].mean())


def _match(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return for each detection, best first, whether it is the first to hit an object."""
    hits = np.zeros(len(found), bool)
    is_taken = np.zeros(len(wanted), bool)
    for number, box in enumerate(found):
        overlaps = np.where(is_taken, -1.0, _overlap(box, wanted))
        if len(overlaps) and overlaps.max() >= LEAST_OVERLAP:
            hits[number] = True
            is_taken[overlaps.argmax()] = True
    return hits


def _overlap(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the intersection over union of a box (4,) with others (M, 4)."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.clip(sides, 0, None).prod(1)
    return shared / ((box[2:] - box[:2]).prod() + (others[:, 2:] - others[:, :2]).prod(1) - shared)
