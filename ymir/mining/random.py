"""Pick images by lot. The lot of an image never changes, however the pool grows."""

from hashlib import sha256

import polars as pl

from ymir.contracts.mining import Aim
from ymir.picking.order import by_score
from ymir.spec.base import Spec

NEEDS = ORDERS_BY = ()
order = by_score

_BYTES = 6  # what a float holds exactly


class Settings(Spec):
    """Takes no parameters; the seed is the project's."""


def score(pool: pl.DataFrame, aim: Aim) -> pl.DataFrame:
    """A number in 0..1 that only the image and the seed decide."""
    lots = [_lot(image, aim.seed) for image in pool["image"]]
    return pool.select("image", score=pl.Series(lots, dtype=pl.Float64), why=pl.lit("by lot"))


def _lot(image: str, seed: int) -> float:
    digest = sha256(f"{seed}:{image}".encode()).digest()
    return int.from_bytes(digest[:_BYTES]) / 256.0**_BYTES
