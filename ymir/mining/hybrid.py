"""Pick images that the model doubts and that are unlike what is labelled: both count, multiplied.

Each next image is the one with the largest product of its doubt and its distance to the nearest
image that is labelled or picked. The doubt is the largest entropy of a box (see `entropy`), times
up to 2 where its class is rare among the labelled boxes (see `ymir.picking.rarity`); the distance
is that of descriptors (see `ymir.media.features`). It is the greedy k-centre of `coreset`, weighted
by uncertainty, as Yang et al. have it for detectors: "Plug and Play Active Learning for Object
Detection", CVPR 2024 (uncertainty first, then diversity), and Wu et al.: "Entropy-based Active
Learning for Object Detection with Progressive Diversity Constraint", CVPR 2022.

Where the model doubts nothing any more, the distance decides.

Of a large pool, only the best by doubt are put in order. No distance is above 1.42, so no image
that is left out has a product above 1.42 times the least doubt among them. As long as the next
image has more, the order is that of the whole pool, exactly; after that, this is all it may miss.
"""

import polars as pl

from ymir.contracts.mining import Aim
from ymir.picking.cover import distances, farthest_first, features_of
from ymir.picking.doubt import CALLED, Aggregating, P, bits, boxes_of, by_boxes
from ymir.picking.rarity import rarity

NEEDS = ("predictions",)
ORDERS_BY = ("features",)
Settings = Aggregating

_AHEAD = 2  # times the batch: limits leave some images out


def score(pool: pl.DataFrame, aim: Aim) -> pl.DataFrame:
    """The largest binary entropy of a box's score, in bits, times what its class counts."""
    doubt = bits(P) * rarity(aim.labelled)
    return by_boxes(pool, boxes_of(pool).with_columns(doubt=doubt, why=CALLED), aim)


def order(scored: pl.DataFrame, aim: Aim) -> pl.DataFrame:
    """The largest product of doubt and distance first; of equals by image."""
    rows = scored.sort("image")
    features = features_of(rows)
    far = distances(features, aim.known)
    doubt = rows["score"].to_numpy()[:, None]
    return rows[farthest_first(features, far, weights=doubt, turns=[0] * (_AHEAD * aim.topk))]
