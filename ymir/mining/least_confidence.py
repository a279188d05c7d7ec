"""Pick images with the box that the model claims with the least confidence.

One minus the probability of what the model says is there (Lewis and Gale: "A Sequential Algorithm
for Training Text Classifiers", SIGIR 1994; Settles: "Active Learning Literature Survey", 2009). A
detector says that a box is there from some score on, `claimed`; what it finds below that, it does
not claim. So this looks for weak claims, where `entropy` asks for boxes that are as likely there as
not: 0.31 counts more than 0.5 here, and 0.29 not at all.
"""

import polars as pl
from pydantic import Field

from ymir.contracts.mining import Aim
from ymir.picking.doubt import CALLED, Aggregating, P, boxes_of, by_boxes
from ymir.picking.order import by_score
from ymir.spec.base import Share

NEEDS = ("predictions",)
ORDERS_BY = ()
order = by_score

_CLAIMED = 0.3


class Settings(Aggregating):
    """From which score on a box is claimed to be there."""

    claimed: Share = Field(
        default=_CLAIMED, description="The score from which on the model claims a box."
    )


def score(pool: pl.DataFrame, aim: Aim) -> pl.DataFrame:
    """One minus the score of the weakest claim; 0 for an image in which nothing is claimed."""
    claimed = Settings.model_validate(dict(aim.settings)).claimed
    claims = boxes_of(pool).filter(pl.col("score").cast(pl.Float64) >= claimed)
    return by_boxes(pool, claims.with_columns(doubt=1 - P, why=CALLED), aim)
