"""Take out what other datasets hold."""

import polars as pl


def exclude(images: pl.DataFrame, *others: pl.DataFrame) -> pl.DataFrame:
    """Drop every image that is in one of `others`."""
    taken = pl.concat([images["image"].head(0), *(other["image"] for other in others)])
    # a mask, because joins carry all columns along, and nested ones are slow to carry
    return images.filter(~pl.col("image").is_in(taken.implode()))
