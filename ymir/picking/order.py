"""Orders that strategies share."""

import polars as pl

from ymir.contracts.mining import Aim


def by_score(scored: pl.DataFrame, aim: Aim) -> pl.DataFrame:
    """The highest score first; of equals by image."""
    return scored.sort("score", "image", descending=[True, False])
