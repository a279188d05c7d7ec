"""Put datasets together; an image stays one row."""

from typing import Literal

import polars as pl

from ymir.data.table import SCHEMA, fingerprints
from ymir.errors import DataError


def merge(
    *datasets: pl.DataFrame, on_conflict: Literal["first", "last", "stop"] = "stop"
) -> pl.DataFrame:
    """Every image of every dataset once, in the order of their digests.

    Two datasets that label an image alike, in whatever order, agree. Where they do not, the first
    or the last one wins with its whole row, or that is an error.
    """
    rows = pl.concat([SCHEMA.to_frame(), *datasets])
    if on_conflict == "stop":
        _refuse_conflicts(rows)
    keep: Literal["first", "last"] = "last" if on_conflict == "last" else "first"
    return rows.unique("image", keep=keep, maintain_order=True).sort("image")


def conflicts(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of images that occur more than once and are not labelled alike."""
    repeated = rows.filter(pl.col("image").is_duplicated())
    return (
        repeated.with_columns(fingerprints(repeated))
        .filter(pl.col("fingerprint").n_unique().over("image") > 1)
        .drop("fingerprint")
        .sort("image", maintain_order=True)
    )


def _refuse_conflicts(rows: pl.DataFrame) -> None:
    found = conflicts(rows)
    if found.height:
        first = " and ".join(f"`{file}`" for file in found["file"].head(2))
        raise DataError(
            f"{found['image'].n_unique()} images are labelled differently, e.g. {first}",
            hint="say which dataset wins: `on_conflict: first` or `last`",
        )
