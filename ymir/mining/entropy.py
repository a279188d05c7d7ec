"""Pick images that hold the box the model is least sure of.

The sum over boxes would be worse than chance, since it favours crowded scenes over hard ones; the
worst box is what makes an image worth labelling.
"""

import polars as pl

from ymir.contracts.mining import Aim
from ymir.data.table import objects_of
from ymir.picking.order import by_score
from ymir.spec.base import Spec

NEEDS = ("predictions",)
ORDERS_BY = ()
order = by_score


class Settings(Spec):
    """Takes no parameters."""


def score(pool: pl.DataFrame, aim: Aim) -> pl.DataFrame:
    """The largest binary entropy of a box's score, in bits; 0 for an image without a box."""
    p = pl.col("score").cast(pl.Float64)
    bits = (p * p.log(2) + (1 - p) * (1 - p).log(2)).fill_nan(0).abs()  # 0 * log 0 is NaN
    why = pl.format("a {} at {}", "label", p.round(2))
    doubts = objects_of(pool).select("image", "label", "score", bits=bits, why=why)
    worst = doubts.sort("bits", "label", "score", descending=True).unique("image", keep="first")
    return pool.join(worst, on="image", how="left", maintain_order="left").select(
        "image", score=pl.col("bits").fill_null(0), why=pl.col("why").fill_null("nothing found")
    )
