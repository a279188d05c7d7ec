"""What of a model's findings is worth showing to people who label."""

from __future__ import annotations

import polars as pl


def worth_showing(suggested: pl.DataFrame, score: float) -> pl.DataFrame:
    """The images with the findings of at least this `score`; deleting a hundred takes too long."""
    is_sure = pl.element().struct.field("score").fill_null(1.0) >= score
    return suggested.with_columns(pl.col("objects").list.eval(pl.element().filter(is_sure)))
