"""Whether two answers about the same images are the same boxes, within a stated tolerance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from ymir.metrics.boxes import Bools, Floats

_LEAST_PARTNER = 0.5  # boxes that overlap less (IoU) are not about the same object


@dataclass(frozen=True)
class Tolerance:
    """What may differ between two runs of one model."""

    iou: float  # partners overlap at least so much
    pixels: float  # or no edge of theirs is further apart than this: small boxes, whole pixels
    score: float  # nor are their scores
    share: float  # of the boxes need such a partner
    ap: float  # so much may AP at IoU 0.5 differ
    least: float = 0.1  # boxes below this score need no partner

    def __str__(self) -> str:
        return (
            f"{self.share:.0%} of the boxes from score {self.least:g} agree: IoU ≥ {self.iou:g} or "
            f"edges within {self.pixels:g} pixels, scores within {self.score:g}; "
            f"AP50 within {self.ap:g}"
        )


@dataclass(frozen=True)
class Agreement:
    """How far two answers agree; the largest differences are those between partners."""

    boxes: int  # that need a partner, of both answers
    alone: int  # of these, those without a partner within the tolerance
    iou: float = 1.0  # the smallest
    score: float = 0.0  # the largest difference
    example: str | None = None  # the surest box that has none

    def holds(self, tolerance: Tolerance) -> bool:
        """Whether enough boxes agree."""
        return self.alone <= self.boxes * (1 - tolerance.share)


@dataclass(frozen=True)
class _Boxes:
    """The boxes of one label in one image, the surest first."""

    corners: Floats
    score: Floats
    met: Bools = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))


def agreement(first: pl.DataFrame, second: pl.DataFrame, tolerance: Tolerance) -> Agreement:
    """Compare two tables of predictions on the same images."""
    boxes, alone, iou, score = 0, 0, 1.0, 0.0
    surest: tuple[float, str] = (0.0, "")
    for image, label, left, right in _groups(first, second):
        pairs = _partners(left, right)
        overlap, apart, differ = _differences(left, right, pairs)
        fine = (overlap >= tolerance.iou) | (apart <= tolerance.pixels)
        agreed = pairs[fine & (differ <= tolerance.score)]
        for side, at in ((left, agreed[:, 0]), (right, agreed[:, 1])):
            asked = side.score >= tolerance.least
            lonely = asked.copy()
            lonely[at] = False
            boxes, alone = boxes + int(asked.sum()), alone + int(lonely.sum())
            if lonely.any() and side.score[lonely].max() > surest[0]:
                surest = _surest(image, label, side, lonely)
        sure = (left.score[pairs[:, 0]] >= tolerance.least) if len(pairs) else np.zeros(0, np.bool_)
        iou = min(iou, float(overlap[sure].min(initial=1.0)))
        score = max(score, float(differ[sure].max(initial=0.0)))
    return Agreement(boxes, alone, iou, score, surest[1] or None)


def _groups(first: pl.DataFrame, second: pl.DataFrame) -> Iterator[tuple[str, str, _Boxes, _Boxes]]:
    """Image, label, and the boxes of both answers; each pair that either has."""
    sides = [_by_label(table) for table in (first, second)]
    nothing = _Boxes(np.zeros((0, 4)), np.zeros(0))
    for key in sorted({*sides[0], *sides[1]}):
        yield *key, sides[0].get(key, nothing), sides[1].get(key, nothing)


def _by_label(images: pl.DataFrame) -> Mapping[tuple[str, str], _Boxes]:
    rows = images.select("image", "objects").explode("objects").drop_nulls("objects")
    boxes = rows.unnest("objects").sort("image", "label", "score", descending=[False, False, True])
    found: dict[tuple[str, str], _Boxes] = {}
    for (image, label), part in boxes.group_by("image", "label", maintain_order=True):
        xywh = part.select(pl.col("x", "y", "w", "h").cast(pl.Float64)).to_numpy()
        corners = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
        found[str(image), str(label)] = _Boxes(corners, part["score"].cast(pl.Float64).to_numpy())
    return found


def _partners(left: _Boxes, right: _Boxes) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Pairs of places, each box at most once: those that overlap most find each other first."""
    overlap = _overlaps(left.corners, right.corners)
    near = np.argwhere(overlap >= _LEAST_PARTNER)
    values = overlap[near[:, 0], near[:, 1]]
    differ = np.abs(left.score[near[:, 0]] - right.score[near[:, 1]])
    pairs: list[tuple[int, int]] = []
    taken: tuple[set[int], set[int]] = (set(), set())
    for at in np.lexsort((differ, -values)):
        one, other = int(near[at, 0]), int(near[at, 1])
        if one not in taken[0] and other not in taken[1]:
            pairs.append((one, other))
            taken[0].add(one)
            taken[1].add(other)
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _differences(
    left: _Boxes, right: _Boxes, pairs: np.ndarray[Any, np.dtype[np.int64]]
) -> tuple[Floats, Floats, Floats]:
    """Of each pair: IoU, how far an edge is from the other's, the difference of the scores."""
    mine, theirs = left.corners[pairs[:, 0]], right.corners[pairs[:, 1]]
    overlap = _overlaps(left.corners, right.corners)[pairs[:, 0], pairs[:, 1]]
    apart = np.abs(mine - theirs).max(axis=1, initial=0.0)
    return overlap, apart, np.abs(left.score[pairs[:, 0]] - right.score[pairs[:, 1]])


def _overlaps(mine: Floats, theirs: Floats) -> Floats:
    """IoU of each box with each other one."""
    low = np.maximum(mine[:, None, :2], theirs[None, :, :2])
    high = np.minimum(mine[:, None, 2:], theirs[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    own = (mine[:, 2:] - mine[:, :2]).prod(axis=1)[:, None]
    other = (theirs[:, 2:] - theirs[:, :2]).prod(axis=1)[None, :]
    whole = np.maximum(own + other - shared, np.finfo(np.float64).tiny)
    share: Floats = shared / whole
    return share


def _surest(image: str, label: str, side: _Boxes, lonely: Bools) -> tuple[float, str]:
    at = int(np.flatnonzero(lonely)[0])
    x, y, right, bottom = side.corners[at]
    score = float(side.score[at])
    place = f"{x:.0f}, {y:.0f}, {right - x:.0f} x {bottom - y:.0f}"
    return score, f"`{label}` {score:.2f} at {place} in image {image}"
