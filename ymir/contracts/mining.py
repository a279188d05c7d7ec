"""What a mining strategy must do: say how useful each image of the pool would be."""

from typing import Protocol, runtime_checkable

import polars as pl

from ymir.plugins import Registry


@runtime_checkable
class Strategy(Protocol):
    """Scores images; the loop takes the best. Pure: a table in, a table out."""

    needs_predictions: bool

    def score(self, pool: pl.DataFrame, *, seed: int) -> pl.DataFrame:
        """Columns `image`, `score` (higher is more useful, never NaN) and `why`, one row per image.

        Where the strategy needs predictions, the objects of `pool` are the model's, with scores;
        otherwise the table carries no objects: the pool's truth is never shown to a strategy.
        """


strategies = Registry("mining", Strategy)
