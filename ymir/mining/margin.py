"""Pick images with a box that might as well be something else.

How close the two likeliest readings of a box are: one minus the margin between them (Scheffer,
Decomain, Wrobel: "Active Hidden Markov Models for Information Extraction", IDA 2001; for detectors
Brust, Kaeding, Denzler: "Active Learning for Deep Object Detection", VISAPP 2019). A detection has
one score, not one per class, so the readings of a place are gathered from its boxes: the class of
the box; the surest box of another class that overlaps it with an IoU of 0.5 or more; and that
nothing is there, as likely as the surer of both is wrong.

So a hat at 0.9 on a head at 0.85 is doubted, though entropy finds both boxes sure. Where no box of
another class lies on a box, the order is that of `entropy`; a detector that drops overlapping boxes
whatever their classes leaves no others.
"""

import polars as pl

from ymir.contracts.mining import Aim
from ymir.picking.doubt import Aggregating, P, boxes_of, by_boxes
from ymir.picking.order import by_score

NEEDS = ("predictions",)
ORDERS_BY = ()
Settings = Aggregating
order = by_score

_THERE = 0.5  # IoU of boxes that are about the same thing
_RIVALS = 30  # the surest boxes of an image that may be another box's other reading
_PIECE = 1_000  # images whose pairs of boxes are held at a time


def score(pool: pl.DataFrame, aim: Aim) -> pl.DataFrame:
    """One minus the smallest margin of an image's boxes; 0 for an image without a box."""
    pieces = [_doubts(piece) for piece in pool.iter_slices(_PIECE)]
    return by_boxes(pool, pl.concat(pieces) if pieces else _doubts(pool), aim)


def _doubts(pool: pl.DataFrame) -> pl.DataFrame:
    """Per box `doubt` and `why`, from its rival, if it has one."""
    boxes = boxes_of(pool).with_row_index("box")
    read = boxes.join(_rivals(boxes), on="box", how="left", maintain_order="left")
    other = pl.col("other_score").fill_null(0.0)
    nothing = 1 - pl.max_horizontal(P, other)
    surest = pl.max_horizontal(P, other, nothing)
    least = pl.min_horizontal(P, other, nothing)
    second = P + other + nothing - surest - least
    is_rivalled = (pl.col("other").is_not_null()) & (other >= nothing)
    both = pl.format("a {} at {} or a {} at {}", "label", P.round(2), "other", other.round(2))
    alone = pl.format("a {} at {}", "label", P.round(2))
    why = pl.when(is_rivalled).then(both).otherwise(alone)
    return read.select("image", "label", "score", doubt=1 - (surest - second), why=why)


def _rivals(boxes: pl.DataFrame) -> pl.DataFrame:
    """`box`, and `other` and `other_score`: the surest box of another class on it."""
    ordered = boxes.sort(
        "image", "score", "label", "x", "y", descending=[False, True, *[False] * 3]
    )
    surest = ordered.group_by("image", maintain_order=True).head(_RIVALS)
    pairs = boxes.join(surest, on="image", suffix="_other", maintain_order="left_right").filter(
        pl.col("label") != pl.col("label_other")
    )
    found = pairs.filter(_iou() >= _THERE).unique("box", keep="first", maintain_order=True)
    other_score = pl.col("score_other").cast(pl.Float64)
    return found.select("box", other="label_other", other_score=other_score)


def _iou() -> pl.Expr:
    def side(low: str, size: str) -> pl.Expr:
        ends = [pl.col(low + each) + pl.col(size + each) for each in ("", "_other")]
        shared = pl.min_horizontal(*ends) - pl.max_horizontal(low, f"{low}_other")
        return shared.clip(0, None)

    shared = side("x", "w") * side("y", "h")
    areas = pl.col("w") * pl.col("h") + pl.col("w_other") * pl.col("h_other")
    return (shared / (areas - shared)).fill_nan(0.0)
