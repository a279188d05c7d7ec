"""What a mining strategy must do: say how useful each image of the pool would be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pydantic import JsonValue

from ymir.plugins import Registry
from ymir.spec.base import Spec

if TYPE_CHECKING:  # checking specs needs no tables, and must start fast
    import polars as pl


@runtime_checkable
class Strategy(Protocol):
    """Scores images; the loop takes the best. Pure: a table in, a table out."""

    Settings: type[Spec]  # what may stand under `with`
    needs_predictions: bool

    def score(
        self, pool: pl.DataFrame, settings: Mapping[str, JsonValue], *, seed: int
    ) -> pl.DataFrame:
        """Columns `image`, `score` (higher is more useful, never NaN) and `why`, one row per image.

        Where the strategy needs predictions, the objects of `pool` are the model's, with scores;
        otherwise the table carries no objects: the pool's truth is never shown to a strategy.
        """


strategies = Registry("mining", Strategy)
