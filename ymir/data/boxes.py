"""The objects of a table as columns of numbers, for what looks at millions of boxes at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

_MOST_NEIGHBOURS = 1_000  # boxes that one is compared with; more begin at one x in spam only
_FARTHEST = 2.0**19  # pixels; what begins beyond is an error of another kind

Numbers = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class BoxColumns:
    """One entry per box, image after image; `row` is the image's, `label` a place in `labels`."""

    labels: tuple[str, ...]
    row: Rows
    label: Rows
    x: Numbers
    y: Numbers
    w: Numbers
    h: Numbers
    crowd: Mask

    def __len__(self) -> int:
        return len(self.row)


def box_columns(images: pl.DataFrame) -> BoxColumns:
    """Every box of a table."""
    counts = images["objects"].list.len().fill_null(0).to_numpy()
    objects = images["objects"].filter(pl.Series(counts > 0)).explode()
    names = objects.struct.field("label").cast(pl.Categorical)
    labels = tuple(sorted(names.unique().drop_nulls().cast(pl.String)))
    label = names.cast(pl.String).cast(pl.Enum(labels)).to_physical()

    def numbers(field: str) -> Numbers:
        return objects.struct.field(field).cast(pl.Float64).fill_null(np.nan).to_numpy()

    return BoxColumns(
        labels=labels,
        row=np.repeat(np.arange(len(counts)), counts),
        label=label.cast(pl.Int64).to_numpy(),
        x=numbers("x"),
        y=numbers("y"),
        w=numbers("w"),
        h=numbers("h"),
        crowd=objects.struct.field("crowd").fill_null(value=False).to_numpy(),
    )


def overlap(boxes: BoxColumns, one: npt.NDArray[Any], other: npt.NDArray[Any]) -> Numbers:
    """Intersection over union of boxes, pair by pair; they must have an area."""
    x, y, w, h = boxes.x, boxes.y, boxes.w, boxes.h
    width = np.minimum(x[one] + w[one], x[other] + w[other]) - np.maximum(x[one], x[other])
    height = np.minimum(y[one] + h[one], y[other] + h[other]) - np.maximum(y[one], y[other])
    both = np.maximum(width, 0.0) * np.maximum(height, 0.0)
    return np.asarray(both / (w[one] * h[one] + w[other] * h[other] - both), np.float64)


def twins(boxes: BoxColumns, among: Mask, *, iou: float) -> tuple[Rows, Rows]:
    """For each box, one that covers the same pixels: of its own class, and of another; or -1.

    Only boxes in `among` are looked at. Of two boxes the one that begins further right has a twin.
    Boxes that overlap so much begin at nearly the same x: each is compared with those that do.
    """
    order = np.flatnonzero(among)
    x = np.clip(boxes.x[order], -_FARTHEST, _FARTHEST)
    order = order[np.argsort(boxes.row[order] * (4 * _FARTHEST) + x, kind="stable")]
    same, other = np.full(len(boxes), -1), np.full(len(boxes), -1)
    places = np.arange(len(order))
    for step in range(1, _MOST_NEIGHBOURS):
        places = places[places + step < len(order)]
        left, right = order[places], order[places + step]
        is_close = (boxes.row[left] == boxes.row[right]) & (
            boxes.x[right] - boxes.x[left] <= (1 - iou) * boxes.w[left]
        )
        places, left, right = places[is_close], left[is_close], right[is_close]
        if not len(places):
            break
        is_twin = overlap(boxes, left, right) > iou
        is_same = boxes.label[left] == boxes.label[right]
        for found, kind in ((same, is_twin & is_same), (other, is_twin & ~is_same)):
            found[right[kind]] = left[kind]
    return same, other
