"""A model as its record has it: the judge's table of matches as arrays, at IoU 0.5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from ymir.errors import DataError
from ymir.metrics.boxes import Bools, Sides, boxes_of
from ymir.metrics.matches import MATCHES


@dataclass(frozen=True)
class Recorded:
    """What the judge recorded of one model; outcomes are by IoU, of which there is one: 0.5."""

    sides: Sides
    correct: Bools  # by IoU and prediction
    ignored: Bools  # by IoU and prediction


def recorded(images: pl.Series, matches: pl.DataFrame, *, labels: Sequence[str]) -> Recorded:
    """The boxes of `labels` on `images`, as `matches` (see `MATCHES`) tells them.

    An image without any box is in no row of `matches`, and counts nevertheless.
    """
    rows = _placed(images, matches).filter(pl.col("label").is_in(list(labels)))
    truth = rows.filter(pl.col("side") == "truth").with_columns(
        finder=pl.col("score"),  # the score of the prediction that found it, if any
        score=pl.lit(None, dtype=pl.Float32),
        crowd=pl.col("outcome") == "ignored",
    )
    found = rows.filter(pl.col("side") == "prediction").with_columns(crowd=pl.lit(value=False))
    both = Sides(images.len(), tuple(labels), boxes_of(truth, labels), boxes_of(found, labels))
    outcome = found["outcome"]
    return Recorded(
        both,
        correct=(outcome == "tp").to_numpy()[None, :],
        ignored=(outcome == "ignored").to_numpy()[None, :],
    )


def _placed(images: pl.Series, matches: pl.DataFrame) -> pl.DataFrame:
    """The rows with the place of their image among all, in the order that the judge takes them."""
    places = images.sort().to_frame("image").with_row_index("image_at")
    rows = matches.select(list(MATCHES)).join(places, on="image", how="left")
    if lost := rows["image_at"].null_count():
        raise DataError(
            f"{lost} boxes were judged on images that the testing set does not hold",
            hint="models are compared on the images that each of them was judged on",
        )
    return rows.sort("image_at", "index", maintain_order=True)
