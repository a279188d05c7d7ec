"""Pick images that hold the box the model is least sure of.

The entropy of a box being what it is called, by its score p: largest at 0.5 (Settles: "Active
Learning Literature Survey", 2009; for detectors Roy, Unmesh, Namboodiri: "Deep Active Learning for
Object Detection", BMVC 2018). A detection has one score, not one per class, so this is the entropy
of p and 1 - p.

The sum over boxes would be worse than chance, since it favours crowded scenes over hard ones; the
worst box is what makes an image worth labelling.
"""

import polars as pl

from ymir.contracts.mining import Aim
from ymir.picking.doubt import CALLED, Aggregating, P, bits, boxes_of, by_boxes
from ymir.picking.order import by_score

NEEDS = ("predictions",)
ORDERS_BY = ()
Settings = Aggregating
order = by_score


def score(pool: pl.DataFrame, aim: Aim) -> pl.DataFrame:
    """The largest binary entropy of a box's score, in bits; 0 for an image without a box."""
    return by_boxes(pool, boxes_of(pool).with_columns(doubt=bits(P), why=CALLED), aim)
