"""Which images a model gets wrong, and how that differs between two models."""

from __future__ import annotations

import polars as pl


def errors(images: pl.Series, matches: pl.DataFrame, *, threshold: float) -> pl.DataFrame:
    """How many errors each of `images` has, as `image` and `errors`, in their order.

    Of `matches` (see `MATCHES`), with the predictions from `threshold` on: a prediction that finds
    nothing is an error, and so is a true box that is not found. What is ignored is none.
    """
    counted = pl.col("score") >= threshold
    invented = (pl.col("side") == "prediction") & (pl.col("outcome") == "fp") & counted
    found = (pl.col("outcome") == "tp") & counted
    missed = (pl.col("side") == "truth") & (pl.col("outcome") != "ignored") & ~found
    wrong = matches.filter(invented | missed.fill_null(value=True)).group_by("image").len("errors")
    count = pl.col("errors").fill_null(0).cast(pl.Int64)
    return (
        images.rename("image")
        .to_frame()
        .join(wrong, on="image", how="left", maintain_order="left")
        .with_columns(count)
    )


def compared(now: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Images whose number of errors differs, as `image`, `errors`, `errors_before`.

    The largest differences come first. Both are what `errors` says of the same images.
    """
    both = now.join(before.rename({"errors": "errors_before"}), on="image")
    change = pl.col("errors") - pl.col("errors_before")
    return (
        both.with_columns(size=change.abs())
        .filter(pl.col("size") > 0)
        .sort("size", "image", descending=[True, False])
        .drop("size")
    )
