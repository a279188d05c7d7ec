"""Which images tables name, whatever else stands in them."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from ymir.errors import StoreError
from ymir.media.tables import BROKEN

_IMAGE = "image"  # the column that holds digests, in every table that has images at all


def images_in(tables: Iterable[Path]) -> set[str]:
    """Every image that a row of one of the tables is about."""
    named = pl.Series(_IMAGE, [], dtype=pl.String)
    for path in tables:
        named = pl.concat([named, _column(path)]).unique()
    return set(named.drop_nulls())


def _column(path: Path) -> pl.Series:
    try:
        if pl.read_parquet_schema(path).get(_IMAGE) != pl.String:
            return pl.Series(_IMAGE, [], dtype=pl.String)
        return pl.read_parquet(path, columns=[_IMAGE])[_IMAGE].unique()
    except BROKEN as error:
        raise StoreError(
            f"the table `{path}` cannot be read: {error}", hint="`ymir fsck --fix` mends it"
        ) from error
