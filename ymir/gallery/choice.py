"""Which images a gallery shows where there are too many."""

import polars as pl


def evenly(images: pl.DataFrame, most: int | None) -> pl.DataFrame:
    """At most so many rows, at even distances in the order of the file names; all for None."""
    ordered = images.sort("file", "image")
    if most is None or images.height <= most:
        return ordered
    at = pl.int_range(most, dtype=pl.Int64, eager=True) * images.height // most
    return ordered[at]


def differing_first(images: pl.DataFrame, differing: pl.Series, most: int | None) -> pl.DataFrame:
    """At most so many rows: those that differ, and, of the rest, some at even distances."""
    if most is None or images.height <= most:
        return evenly(images, most)
    is_different = pl.col("image").is_in(differing.implode())
    different = evenly(images.filter(is_different), most)
    rest = evenly(images.filter(~is_different), most - different.height)
    return pl.concat([different, rest]).sort("file", "image")
