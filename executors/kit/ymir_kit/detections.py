"""What a detector found in an image, on its way to the platform."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ymir_kit.outputs import Box


@dataclass(frozen=True)
class Detections:
    """K objects found in one image, best first; boxes are left, top, right, bottom in pixels."""

    boxes: np.ndarray  # (K, 4) float32
    scores: np.ndarray  # (K,) float32
    labels: np.ndarray  # (K,) int64
    class_scores: np.ndarray  # (K, C) float32, what else each prediction could be


@dataclass(frozen=True)
class Look:
    """What the detector saw in one candidate; the boxes are in pixels of the network's square."""

    image: str
    found: Detections
    scale: float  # pixels of the square for one pixel of the image
    width: int  # of the image, in pixels
    height: int


def whole_boxes(look: Look, class_names: Sequence[str]) -> list[Box]:
    """Return the objects found in one image, in whole pixels inside of it."""
    found = look.found
    limits = (look.width, look.height, look.width, look.height)
    edges = (found.boxes / look.scale).clip(0, limits).round().astype(int)
    boxes = []
    rows = zip(edges.tolist(), found.scores.tolist(), found.labels.tolist(), strict=True)
    for (left, top, right, bottom), score, label in rows:
        if right > left and bottom > top:
            size = (right - left, bottom - top)
            boxes.append(Box(class_names[label], round(score, 6), left, top, *size))
    return boxes
