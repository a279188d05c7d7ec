"""Put datasets together; an image stays one row."""

from typing import Literal

import polars as pl

from ymir.data.table import SCHEMA, by_image, fingerprints, is_distinct
from ymir.errors import DataError


def merge(
    *datasets: pl.DataFrame, on_conflict: Literal["first", "last", "stop"] = "stop"
) -> pl.DataFrame:
    """Every image of every dataset once, in the order of their digests.

    Two datasets that label an image alike, in whatever order, agree. Where they do not, the first
    or the last one wins with its whole row, or that is an error.
    """
    rows = pl.concat([SCHEMA.to_frame(), *datasets])
    image = rows["image"]
    if is_distinct(image):
        return by_image(rows)
    is_kept = image.is_last_distinct() if on_conflict == "last" else image.is_first_distinct()
    if on_conflict == "stop":
        _refuse(_clashing(rows, image.filter(~is_kept)))
    return by_image(rows.filter(is_kept))


def conflicts(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of images that occur more than once and are not labelled alike."""
    image = rows["image"]
    return _clashing(rows, image.filter(~image.is_first_distinct()))


def _clashing(rows: pl.DataFrame, again: pl.Series) -> pl.DataFrame:
    """The rows of those images that are labelled differently; `again` are all that are repeated."""
    repeated = rows.filter(pl.col("image").is_in(again.implode()))
    said = repeated.select("image", fingerprints(repeated)).unique()["image"]
    clashing = said.filter(said.is_duplicated())
    return by_image(repeated.filter(pl.col("image").is_in(clashing.implode())))


def _refuse(found: pl.DataFrame) -> None:
    if found.height:
        first = " and ".join(f"`{file}`" for file in found["file"].head(2))
        raise DataError(
            f"{found['image'].n_unique()} images are labelled differently, e.g. {first}",
            hint="say which dataset wins: `on_conflict: first` or `last`",
        )
