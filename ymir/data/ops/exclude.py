"""Take out what other datasets hold."""

import polars as pl


def exclude(images: pl.DataFrame, *others: pl.DataFrame) -> pl.DataFrame:
    """Drop every image that is in one of `others`."""
    for other in others:
        images = images.join(other, on="image", how="anti", maintain_order="left")
    return images
