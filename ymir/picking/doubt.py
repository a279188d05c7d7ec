"""From doubts about boxes to a doubt about an image: what strategies by predictions share."""

from typing import Literal

import polars as pl
from pydantic import Field

from ymir.contracts.mining import Aim
from ymir.data.table import objects_of
from ymir.spec.base import Spec

P = pl.col("score").cast(pl.Float64)
CALLED = pl.format("a {} at {}", "label", P.round(2))


class Aggregating(Spec):
    """How the doubts about boxes become one about their image."""

    aggregate: Literal["max", "mean", "sum"] = Field(
        default="max",
        description="Of the doubts about an image's boxes: the largest, the mean or the sum. The "
        "sum favours crowded scenes over hard ones, and has been worse than chance.",
    )


def bits(p: pl.Expr) -> pl.Expr:
    """The entropy, in bits, of something that is so with the probability `p`, and else not."""
    return (p * p.log(2) + (1 - p) * (1 - p).log(2)).fill_nan(0).abs()  # 0 * log 0 is NaN


def boxes_of(pool: pl.DataFrame) -> pl.DataFrame:
    """One row per box that a model found: `image`, `label`, `score` and the rectangle."""
    return objects_of(pool).select("image", "label", "score", "x", "y", "w", "h")


def by_boxes(pool: pl.DataFrame, boxes: pl.DataFrame, aim: Aim) -> pl.DataFrame:
    """`image`, `score` and `why`, from `boxes` with `image`, `label`, `score`, `doubt` and `why`.

    The score is the largest doubt, their mean or their sum, as `aggregate` says (Brust, Kaeding,
    Denzler: "Active Learning for Deep Object Detection", VISAPP 2019, compare the three); 0 for an
    image without a box. The box of the largest doubt is why.
    """
    ordered = boxes.sort("doubt", "score", "label", descending=True)
    images = ordered.group_by("image", maintain_order=True).agg("doubt", pl.col("why").first())
    # a list is added up by itself: in a shard as in the whole pool, to the last digit
    doubts = pl.col("doubt").list
    total = {"max": doubts.max(), "mean": doubts.mean(), "sum": doubts.sum()}
    chosen = total[str(aim.settings.get("aggregate", "max"))]
    return pool.join(images, on="image", how="left", maintain_order="left").select(
        "image", score=chosen.fill_null(0.0), why=pl.col("why").fill_null("nothing found")
    )
