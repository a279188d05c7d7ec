"""What a mining strategy must do: say how useful each image would be, then in which order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from pydantic import JsonValue

from ymir.plugins import Registry
from ymir.spec.base import Spec

if TYPE_CHECKING:  # checking specs needs no tables, and must start fast
    import numpy as np
    import numpy.typing as npt
    import polars as pl

Ingredient = Literal["predictions", "features"]


@dataclass(frozen=True, eq=False)
class Aim:
    """What a strategy is told besides the images.

    `shortfall` says of each class how far its AP is below the floor that the goal sets, in 0..1; 0
    where it is reached, and nothing of a class that was not judged. `known` are the features of the
    images that are labelled already, shape (images, dimensions), rows of length 1. `labelled` says
    how many boxes of each class those have.
    """

    topk: int
    seed: int = 0
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    shortfall: Mapping[str, float] = field(default_factory=dict)
    known: npt.NDArray[np.float32] | None = None
    labelled: Mapping[str, int] = field(default_factory=dict)


@runtime_checkable
class Strategy(Protocol):
    """Scores images one by one, then orders the best of them. Pure: a table in, a table out."""

    Settings: type[Spec]  # what may stand under `with`
    NEEDS: Collection[Ingredient]  # for `score`
    ORDERS_BY: Collection[Ingredient]  # for `order`

    def score(self, pool: pl.DataFrame, aim: Aim) -> pl.DataFrame:
        """Columns `image`, `score` (higher is more useful, never NaN) and `why`, one row per image.

        With "predictions", the objects of `pool` are the model's, with scores; otherwise it has
        none: the pool's truth is never shown to a strategy. With "features", the column `feature`
        is an array of 32-bit floats of length 1. More columns may follow, for `order` to read.

        What an image gets depends on that image and the aim alone: a pool may come in shards.
        """

    def order(self, scored: pl.DataFrame, aim: Aim) -> pl.DataFrame:
        """The same rows, the first to be labelled first; of equals by `image`.

        They are the best of the whole pool by `score`, many times `aim.topk` of them, near
        duplicates folded, with the columns that `score` gave and, where asked for, `feature` and
        `objects`. From this order, images are taken that no limit leaves out.
        """


strategies = Registry("mining", Strategy)
