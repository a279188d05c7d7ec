"""The seed with which a split comes closest to the shares that are wanted, class by class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from ymir.data.lots import Lots

_SEEDS = 256  # that are tried
_EMPTY = 100.0  # how bad a part without any image is

Counts = npt.NDArray[np.float64]
Lottery = Callable[[pl.Series, int], Lots]  # names and a seed -> what each draws


@dataclass(frozen=True)
class Draw:
    """A seed, and how many images each part gets with it."""

    seed: int
    images: Mapping[str, int]


def draw(
    images: pl.DataFrame, names: pl.Series, lottery: Lottery, parts: Mapping[str, float]
) -> Draw:
    """Try seeds, as `ymir.data.ops.split` uses them; the first of the best wins.

    `images` has the column `labels`; those of one name share a lot, so no part divides them.
    """
    counts, distinct = _counts(images, names)
    order = sorted(parts)
    wanted = np.array([parts[name] for name in order])
    ends = np.cumsum(wanted)[:-1]
    best, least, sizes = 0, np.inf, np.zeros(len(order))
    for seed in range(_SEEDS):
        place = np.searchsorted(ends, lottery(distinct, seed) / 2.0**64, side="right")
        found = np.stack([counts[place == at].sum(axis=0) for at in range(len(order))])
        if (off := _distance(found, wanted)) < least:
            best, least, sizes = seed, off, found[:, 0]
    found_of = dict(zip(order, map(int, sizes), strict=True))
    return Draw(best, {name: found_of[name] for name in parts})


def _distance(found: Counts, wanted: Counts) -> float:
    """How far the parts are from their shares of the images and of each class's boxes."""
    shares = found / found.sum(axis=0)
    empty = float((found[:, 0] == 0).sum())
    return float(np.abs(shares - wanted[:, None]).max(axis=0).mean()) + _EMPTY * empty


def _counts(images: pl.DataFrame, names: pl.Series) -> tuple[Counts, pl.Series]:
    """Per name its images, then its boxes of each class; and the names."""
    rows = images.select("labels").with_columns(names.alias("name"))
    sizes = rows.group_by("name", maintain_order=True).len("images")
    boxes = rows.explode("labels").drop_nulls().group_by("name", "labels").len("boxes")
    classes = boxes["labels"].unique().sort()
    columns = [sizes["images"]]
    for each in classes:
        own = boxes.filter(pl.col("labels") == each).select("name", "boxes")
        columns.append(sizes.join(own, on="name", how="left", maintain_order="left")["boxes"])
    counts = np.stack([each.fill_null(0).to_numpy() for each in columns], axis=1)
    return counts.astype(np.float64), sizes["name"]
