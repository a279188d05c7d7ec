"""How wrong the predictions are: quality focal loss for scores, GIoU for boxes."""

import torch
from torch.nn import functional

from tinydet.assign import Goals

SCORE_WEIGHT = 3.0
BOX_WEIGHT = 2.0
FOCUS = 1.5  # power of the quality focal loss: easy background counts little


def detection_loss(logits: torch.Tensor, boxes: torch.Tensor, goals: Goals) -> torch.Tensor:
    """Return one number for logits (N, A, C) and boxes (N, A, 4), per unit of assigned weight."""
    assigned = goals.weights.sum().clamp(min=1.0)
    scores = quality_focal_loss(logits, goals.scores).sum() / assigned
    overlap = generalised_iou(boxes, goals.boxes)
    places = ((1 - overlap) * goals.weights).sum() / assigned
    return SCORE_WEIGHT * scores + BOX_WEIGHT * places


def quality_focal_loss(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return cross entropy times distance**FOCUS for soft targets (Li et al., 2020)."""
    entropy = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    return entropy * (wanted - logits.detach().sigmoid()).abs() ** FOCUS


def generalised_iou(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return the GIoU in -1..1 of paired boxes (..., 4) (Rezatofighi et al., 2019)."""
    inner = _area(
        torch.maximum(one[..., :2], other[..., :2]), torch.minimum(one[..., 2:], other[..., 2:])
    )
    hull = _area(
        torch.minimum(one[..., :2], other[..., :2]), torch.maximum(one[..., 2:], other[..., 2:])
    )
    union = _area(one[..., :2], one[..., 2:]) + _area(other[..., :2], other[..., 2:]) - inner
    return inner / union - (hull - union) / hull


def _area(upper_left: torch.Tensor, lower_right: torch.Tensor) -> torch.Tensor:
    """Return the area of boxes given by corners (..., 2), zero when they are turned over."""
    return (lower_right - upper_left).clamp(min=0).prod(-1)
