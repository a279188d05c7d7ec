"""Pick images that cover the pool: each the farthest from all that are labelled or picked.

The greedy k-centre of Sener and Savarese: "Active Learning for Convolutional Neural Networks: A
Core-Set Approach", ICLR 2018, on descriptors of the images (see `ymir.media.features`), so it asks
no model: no image is farther from a labelled or picked one than twice the least that is possible.

An image's score is how far it is from the nearest labelled one. Of a large pool, only the best by
that are put in order, and no other image is farther from a labelled one than the last of those. So
the whole pool is covered within twice the least that is possible or within that distance, whichever
is larger. It needs the descriptors of the whole pool, so every image is read once.
"""

import numpy as np
import polars as pl

from ymir.contracts.mining import Aim
from ymir.picking.cover import distances, farthest_first, features_of
from ymir.spec.base import Spec

NEEDS = ("features",)
ORDERS_BY = ("features",)

_AHEAD = 2  # times the batch: limits leave some images out


class Settings(Spec):
    """Takes no parameters."""


def score(pool: pl.DataFrame, aim: Aim) -> pl.DataFrame:
    """How far the image is from the nearest labelled one, 0 to the root of 2."""
    far = pl.Series("score", distances(features_of(pool), aim.known))
    why = pl.format("{} from what is labelled", far.round(2))
    return pool.select("image", score=far, why=why)


def order(scored: pl.DataFrame, aim: Aim) -> pl.DataFrame:
    """The farthest first, then each the farthest from those before it; of equals by image."""
    rows = scored.sort("image")
    far = rows["score"].to_numpy()
    alike = np.ones((rows.height, 1))
    turns = [0] * (_AHEAD * aim.topk)
    return rows[farthest_first(features_of(rows), far, weights=alike, turns=turns)]
