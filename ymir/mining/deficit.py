"""Pick images for the classes that the goal still lacks, each by how much it lacks.

Every class has turns in proportion to how far its AP is below its floor (by Webster's method, so
each beginning of the batch is in proportion, too). In its turn, the next image is the one with the
largest product of the doubt about a box of this class and the distance to what is labelled or
picked, as in `hybrid`. A class of which the model doubts no box has the image that is farthest from
all others in its turn: it is not found where one knows to look. Where every floor is reached, or
none is known, this is `hybrid`.

Quotas per class after Yang et al.: "Plug and Play Active Learning for Object Detection", CVPR 2024,
and Brust et al.: "Active Learning for Deep Object Detection", VISAPP 2019, who weigh classes by
their difficulty or rarity; here the goal says what is lacking.
"""

import numpy as np
import polars as pl

from ymir.contracts.mining import Aim
from ymir.picking.cover import Floats, distances, farthest_first, features_of
from ymir.picking.doubt import CALLED, P, bits, boxes_of, by_boxes
from ymir.picking.rarity import rarity
from ymir.spec.base import Spec

NEEDS = ("predictions",)
ORDERS_BY = ("predictions", "features")

_AHEAD = 2  # times the batch: limits leave some images out
_BASE = 0.1  # of the doubt about a class that lacks nothing, beside 1 of the one that lacks most


class Settings(Spec):
    """Takes no parameters."""


def score(pool: pl.DataFrame, aim: Aim) -> pl.DataFrame:
    """The largest doubt about a box, less where its class lacks less."""
    boxes = boxes_of(pool)
    lacking = _lacking(aim)
    if lacking:
        most = max(lacking.values())
        shares = {label: max(_BASE, short / most) for label, short in lacking.items()}
        share = pl.col("label").replace_strict(shares, default=_BASE, return_dtype=pl.Float64)
    else:
        share = rarity(aim.labelled)
    return by_boxes(pool, boxes.with_columns(doubt=bits(P) * share, why=CALLED), aim)


def order(scored: pl.DataFrame, aim: Aim) -> pl.DataFrame:
    """Each class in its turn; of equals by image."""
    rows = scored.sort("image")
    features = features_of(rows)
    lacking = _lacking(aim)
    doubts = _doubts(rows, list(lacking)) if lacking else rows["score"].to_numpy()[:, None]
    turns = _turns(list(lacking.values()) or [1.0], _AHEAD * aim.topk)
    far = distances(features, aim.known)
    return rows[farthest_first(features, far, weights=doubts, turns=turns)]


def _lacking(aim: Aim) -> dict[str, float]:
    """The classes below their floors, by name."""
    return {label: short for label, short in sorted(aim.shortfall.items()) if short > 0}


def _doubts(rows: pl.DataFrame, labels: list[str]) -> Floats:
    """By image and class, the largest entropy of a box of that class."""
    boxes = boxes_of(rows).select("image", "label", doubt=bits(P))
    largest = boxes.group_by("image", "label").agg(pl.col("doubt").max())
    columns = [
        rows.join(largest.filter(label=label), on="image", how="left", maintain_order="left")
        .get_column("doubt")
        .fill_null(0.0)
        for label in labels
    ]
    return np.stack([column.to_numpy() for column in columns], axis=1)


def _turns(shares: list[float], count: int) -> list[int]:
    """Which class has its turn when: the next is the one that is farthest behind its share."""
    had = np.zeros(len(shares))
    turns: list[int] = []
    for _ in range(count):
        turns.append(int((np.array(shares) / (2 * had + 1)).argmax()))
        had[turns[-1]] += 1
    return turns
