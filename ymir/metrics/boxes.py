"""Two dataset tables side by side, as the flat arrays that an evaluator reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ymir.data.table import check
from ymir.errors import DataError

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Boxes:
    """The boxes of one side, ordered by image and by their place in it."""

    rows: pl.DataFrame  # `image`, `index` (place among the image's objects), the object's fields
    image: Ints  # place of the image among all, sorted by name
    label: Ints  # place of the label in the project's labels
    xywh: Floats
    score: Floats  # 0 in the truth
    crowd: Bools

    def __len__(self) -> int:
        return self.rows.height


@dataclass(frozen=True)
class Sides:
    """Truth and predictions on the same images, for the same labels."""

    images: int
    labels: tuple[str, ...]
    truth: Boxes
    predictions: Boxes


def sides(truth: pl.DataFrame, predictions: pl.DataFrame, *, labels: Sequence[str]) -> Sides:
    """Put both tables side by side; truth of other labels counts as background."""
    _check_same_images(check(truth), check(predictions))
    wanted, found = _objects(truth), _objects(predictions)
    _check_predictions(found, labels)
    wanted = wanted.filter(pl.col("label").is_in(list(labels)))
    return Sides(truth.height, tuple(labels), boxes_of(wanted, labels), boxes_of(found, labels))


def subset(boxes: Boxes, kept: Bools) -> Boxes:
    """Only the boxes that are marked."""
    return Boxes(
        rows=boxes.rows.filter(kept),
        image=boxes.image[kept],
        label=boxes.label[kept],
        xywh=boxes.xywh[kept],
        score=boxes.score[kept],
        crowd=boxes.crowd[kept],
    )


def _check_same_images(truth: pl.DataFrame, predictions: pl.DataFrame) -> None:
    for present, absent, what in (
        (truth, predictions, "have no predictions"),
        (predictions, truth, "have predictions but are not in the truth"),
    ):
        gap = present.join(absent, on="image", how="anti")["image"].sort()
        if gap.len():
            raise DataError(
                f"{gap.len()} images {what}, the first is `{gap[0]}`",
                hint="a model is judged on every image of a dataset, and on no other",
            )


def _check_predictions(found: pl.DataFrame, labels: Sequence[str]) -> None:
    strange = found.filter(~pl.col("label").is_in(list(labels)))["label"].unique().sort()
    if strange.len():
        raise DataError(f"predictions of unknown labels: {', '.join(strange)}")
    if not found["score"].is_between(0, 1).fill_null(value=False).all():
        raise DataError("every prediction needs a score in 0..1")


def _objects(images: pl.DataFrame) -> pl.DataFrame:
    return (
        images.select("image", "objects")
        .sort("image")
        .with_row_index("image_at")
        .with_columns(index=pl.int_ranges(pl.col("objects").list.len()))
        .explode("index", "objects")
        .drop_nulls("index")
        .unnest("objects")
    )


def boxes_of(rows: pl.DataFrame, labels: Sequence[str]) -> Boxes:
    """The arrays of these rows: an object's fields, `image`, its place `image_at`, and `index`."""
    at = {label: place for place, label in enumerate(labels)}
    label = rows["label"].replace_strict(at, return_dtype=pl.Int64)
    return Boxes(
        rows=rows.drop("image_at"),
        image=rows["image_at"].cast(pl.Int64).to_numpy(),
        label=label.to_numpy(),
        xywh=rows.select(pl.col("x", "y", "w", "h").cast(pl.Float64)).to_numpy(),
        score=rows["score"].cast(pl.Float64).fill_null(0).to_numpy(),
        crowd=rows["crowd"].fill_null(value=False).to_numpy(),
    )
