"""Which prediction should learn which object: task-aligned assignment (TOOD, Feng et al., 2021)."""

from dataclasses import dataclass

import torch
from ymir_kit.pytorch import Objects

from tinydet.network import STRIDE, centres

CANDIDATES = 9  # predictions that may learn one object
SCORE_POWER = 0.5  # alpha of the alignment score**alpha * iou**beta
OVERLAP_POWER = 4.0  # beta
SMALLEST_REACH = 0.8 * STRIDE  # pixels; tiny objects still own the nearest centres
TINY = 1e-9


@dataclass(frozen=True)
class Goals:
    """What each of A predictions of N images should say."""

    scores: torch.Tensor  # (N, A, C) in 0..1, zero for background
    boxes: torch.Tensor  # (N, A, 4) pixels
    weights: torch.Tensor  # (N, A) in 0..1, zero for background


@dataclass(frozen=True)
class _Pairs:
    """Every object (M) against every prediction (A) of N images, all (N, M, A)."""

    possible: torch.Tensor  # the centre lies in the object
    overlap: torch.Tensor  # intersection over union
    alignment: torch.Tensor  # how well score and box fit together


@torch.no_grad()
def assign(
    logits: torch.Tensor, boxes: torch.Tensor, objects: Objects, grid: tuple[int, int]
) -> Goals:
    """Give each object the predictions that already fit it best; `grid` is rows, columns."""
    pairs = _compare(logits, boxes, objects, grid)
    chosen = _choose(pairs)
    alignment = pairs.alignment * chosen
    best_overlap = (pairs.overlap * chosen).amax(-1, keepdim=True).clamp(min=0.05)
    scaled = alignment / (alignment.amax(-1, keepdim=True) + 1e-12) * best_overlap
    weights, owners = scaled.max(1)
    weights = weights * chosen.any(1)
    labels = objects.labels.gather(1, owners)
    scores = torch.zeros_like(logits).scatter_(2, labels[..., None], weights[..., None])
    wanted = objects.boxes.gather(1, owners[..., None].expand(*owners.shape, 4))
    return Goals(scores, wanted, weights)


def intersection_over_union(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return the overlap (..., M, A) of boxes (..., M, 4) with boxes (..., A, 4)."""
    upper_left = torch.maximum(one[..., :, None, :2], other[..., None, :, :2])
    lower_right = torch.minimum(one[..., :, None, 2:], other[..., None, :, 2:])
    shared = (lower_right - upper_left).clamp(min=0).prod(-1)
    return shared / (_area(one)[..., :, None] + _area(other)[..., None, :] - shared + 1e-6)


def _compare(
    logits: torch.Tensor, boxes: torch.Tensor, objects: Objects, grid: tuple[int, int]
) -> _Pairs:
    """Measure how well each prediction fits each object."""
    x, y = centres(*grid, logits.device)
    middle = (objects.boxes[..., :2] + objects.boxes[..., 2:]) / 2
    half = ((objects.boxes[..., 2:] - objects.boxes[..., :2]) / 2).clamp(min=SMALLEST_REACH)
    across = (x.repeat(grid[0]) - middle[..., :1]).abs() / half[..., :1]
    down = (y.repeat_interleave(grid[1]) - middle[..., 1:]).abs() / half[..., 1:]
    possible = (torch.maximum(across, down) < 1) & objects.present[..., None]
    overlap = intersection_over_union(objects.boxes, boxes) * possible
    scores = logits.sigmoid().transpose(1, 2)
    own = objects.labels[..., None].expand(*objects.labels.shape, scores.shape[-1])
    fit = scores.gather(1, own) ** SCORE_POWER * overlap**OVERLAP_POWER
    # Early on no box overlaps: then the centre nearest to the middle wins.
    nearness = TINY * (2 - across - down).clamp(min=0)
    return _Pairs(possible, overlap, (fit + nearness) * possible)


def _choose(pairs: _Pairs) -> torch.Tensor:
    """Return (N, M, A) bool: an object's best candidates, each prediction owned at most once."""
    count = min(CANDIDATES, pairs.alignment.shape[-1])
    least = pairs.alignment.topk(count, -1).values[..., -1:]
    candidate = pairs.possible & (pairs.alignment >= least) & (pairs.alignment > 0)
    claim = torch.where(candidate, pairs.overlap + 1e-6, torch.zeros_like(pairs.overlap))
    owner = claim.argmax(1, keepdim=True)
    numbers = torch.arange(claim.shape[1], device=claim.device)[:, None]
    return candidate & (owner == numbers)


def _area(boxes: torch.Tensor) -> torch.Tensor:
    return (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(-1)
