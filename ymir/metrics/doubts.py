"""Labels that a confident model contradicts: most likely it is the label that is wrong.

In the spirit of ObjectLab (Tkachenko, Thyagarajan and Mueller 2023: overlooked, swapped and badly
located boxes, by the model's confidence), with the limits of TIDE (Bolya et al. 2020): from IoU 0.5
on a box is there, below 0.1 it is elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from ymir.metrics.boxes import Bools, Floats, Ints, Sides
from ymir.metrics.matching import Pairs, pairs
from ymir.metrics.recorded import Recorded, recorded

THERE, ELSEWHERE = 0.5, 0.1  # IoU
PRECISION = 0.9  # of the predictions of a class from its confident score on

DOUBTS = pl.Schema(
    {
        "kind": pl.String(),  # `missing`, `wrong class` or `badly placed`
        "image": pl.String(),
        "truth": pl.Int64(),  # place of the doubted box among the image's objects; null: missing
        "label": pl.String(),  # its label
        "prediction": pl.Int64(),  # place of the box that says otherwise
        "said": pl.String(),  # its label
        "score": pl.Float32(),
        "iou": pl.Float64(),  # of the two
        "x": pl.Float32(),  # the prediction, in pixels
        "y": pl.Float32(),
        "w": pl.Float32(),
        "h": pl.Float32(),
    }
)


def doubts(matches: pl.DataFrame, *, labels: Sequence[str], threshold: float) -> pl.DataFrame:
    """Suspicious labels, the surest first, each once: see `DOUBTS`.

    Of `matches` (see `MATCHES`), a prediction of a class counts as confident from `threshold` on,
    and where the predictions of this class are right in at least `PRECISION` of cases. It finds
    nothing, and: overlaps no truth (`missing`); lies on a truth of another class that nothing
    found (`wrong class`); or overlaps one of its own class, too little, that nothing found
    (`badly placed`).
    """
    one = recorded(matches["image"].unique(), matches, labels=labels)
    both = one.sides
    sure = _sure(one, threshold) & ~one.correct[0] & ~one.ignored[0]
    near = pairs(both, at_least=ELSEWHERE)
    near = near.where(sure[near.prediction])
    lost = ~both.truth.crowd & ~(both.truth.rows["finder"].fill_null(-1) >= threshold).to_numpy()
    alike = both.truth.label[near.truth] == both.predictions.label[near.prediction]
    swapped = near.where(lost[near.truth] & ~alike & (near.iou >= THERE))
    shifted = near.where(lost[near.truth] & alike & (near.iou < THERE))
    alone = sure.copy()
    alone[near.prediction] = False
    found = [
        _table(both, "missing", _once(both, np.flatnonzero(alone))),
        *(
            _table(both, kind, each.prediction, each)
            for kind, each in (("wrong class", swapped), ("badly placed", shifted))
        ),
    ]
    surest = pl.concat(found).sort(
        "score", "image", "prediction", "iou", descending=[True, False, False, True]
    )
    return _each_once(surest)


def by_image(found: pl.DataFrame) -> pl.DataFrame:
    """The surest of an image's doubts: its `score`, and `why` the image is looked at again.

    The surest image comes first.
    """
    score = pl.col("score").cast(pl.Float64)
    why = (
        pl.when(pl.col("kind") == "missing")
        .then(pl.format("{} missing", "said"))
        .when(pl.col("kind") == "wrong class")
        .then(pl.format("{} looks like {}", "label", "said"))
        .otherwise(pl.format("{} badly placed", "label"))
    )
    surest = found.sort("score", "image", descending=[True, False], maintain_order=True)
    return surest.unique("image", keep="first", maintain_order=True).select(
        "image", score=score, why=pl.format("suspicious label: {}, {}", why, score.round(2))
    )


def confident_from(score: Floats, correct: Bools) -> float | None:
    """The lowest score from which on at least `PRECISION` of the predictions are right."""
    order = np.argsort(-score, kind="stable")
    ordered, hits = score[order], np.cumsum(correct[order])
    is_last = np.append(ordered[1:] != ordered[:-1], [True]) if len(order) else hits > 0
    good = is_last & (hits >= PRECISION * np.arange(1, len(order) + 1))
    return float(ordered[good][-1]) if good.any() else None


def _sure(one: Recorded, threshold: float) -> Bools:
    found, counted = one.sides.predictions, ~one.ignored[0]
    result = np.zeros(len(found), dtype=np.bool_)
    for label in range(len(one.sides.labels)):
        mine = counted & (found.label == label)
        least = confident_from(found.score[mine], one.correct[0][mine])
        if least is not None:
            result |= mine & (found.score >= max(threshold, least))
    return result


def _once(both: Sides, rows: Ints) -> Ints:
    """Of predictions that overlap each other, only the surest: they see one missing box."""
    boxes = both.predictions
    kept: dict[int, list[int]] = {}
    for row in rows[np.argsort(-boxes.score[rows], kind="stable")].tolist():
        others = kept.setdefault(int(boxes.image[row]), [])
        if all(_iou(boxes.xywh[row], boxes.xywh[other]) < THERE for other in others):
            others.append(row)
    return np.array(sorted(row for each in kept.values() for row in each), dtype=np.int64)


def _iou(one: Floats, other: Floats) -> float:
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[:2] + one[2:], other[:2] + other[2:])
    shared = float(np.clip(high - low, 0, None).prod())
    return shared / max(float(one[2:].prod() + other[2:].prod()) - shared, 1e-9)


def _table(both: Sides, kind: str, rows: Ints, near: Pairs | None = None) -> pl.DataFrame:
    said = both.predictions.rows[rows].select(
        "image", "score", *"xywh", prediction="index", said="label"
    )
    held: dict[str, pl.Series | pl.Expr] = {"kind": pl.lit(kind)}
    if near is None:
        held |= {name: pl.lit(None, dtype=DOUBTS[name]) for name in ("truth", "label", "iou")}
    else:
        truth = both.truth.rows[near.truth]
        held |= {"truth": truth["index"], "label": truth["label"], "iou": pl.Series(near.iou)}
    return said.with_columns(**held).select(list(DOUBTS)).cast(DOUBTS)


def _each_once(surest: pl.DataFrame) -> pl.DataFrame:
    """One doubt per prediction and per true box: the surest of each."""
    kept = surest.unique(["image", "prediction"], keep="first", maintain_order=True)
    seen = kept.with_columns(place=pl.coalesce("truth", -1 - pl.col("prediction")))
    return seen.unique(["image", "place"], keep="first", maintain_order=True).drop("place")
