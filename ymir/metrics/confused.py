"""Which boxes stand behind each cell of the confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from ymir.metrics.boxes import Boxes, Ints
from ymir.metrics.matching import matched, pairs
from ymir.metrics.recorded import recorded

# A row is a count of one cell; null stands for background: a truth that was missed, or a
# prediction of something that is not there.
CONFUSED = pl.Schema(
    {
        "image": pl.String(),
        "truth": pl.Int64(),  # place among the image's true objects, as in `MATCHES`
        "prediction": pl.Int64(),  # place among the image's predictions
        "label": pl.String(),  # of the truth: the row of the matrix
        "called": pl.String(),  # of the prediction: its column
    }
)


def confused(matches: pl.DataFrame, *, labels: Sequence[str], threshold: float) -> pl.DataFrame:
    """What the judge counted in `Scores.confusion`, box by box: see `CONFUSED`.

    `matches` is the round's table (see `MATCHES`) and `threshold` its `Scores.threshold`. As
    hotcoco has it: the surest prediction takes the free truth of any label that it overlaps most,
    from IoU 0.5 on; of equal scores the first label chooses first; crowds take no part.
    """
    one = recorded(matches["image"].unique(), matches, labels=labels)
    both = one.sides
    counted = ~one.ignored[0] & (both.predictions.score >= threshold)
    near = pairs(both, at_least=0.5)
    near = near.where(counted[near.prediction] & ~both.truth.crowd[near.truth])
    match = matched(both, near, ignored=both.truth.crowd)
    missed = ~both.truth.crowd
    missed[match[match >= 0]] = False
    found, lost = np.flatnonzero(counted), np.flatnonzero(missed)
    sure = _rows(both.truth, np.append(match[found], lost), index="truth", label="label")
    said = _rows(
        both.predictions,
        np.append(found, np.full(len(lost), -1)),
        index="prediction",
        label="called",
    )
    both_sides = pl.concat([sure.rename({"image": "at"}), said], how="horizontal")
    image = pl.coalesce("image", "at").alias("image")
    return both_sides.select(image, *list(CONFUSED)[1:]).sort(
        "image", "truth", "prediction", nulls_last=True
    )


def _rows(boxes: Boxes, rows: Ints, *, index: str, label: str) -> pl.DataFrame:
    """These boxes; null for -1."""
    wanted = pl.Series(rows, dtype=pl.Int64).replace(-1, None)
    picked = boxes.rows.select("image", pl.col("index").alias(index), pl.col("label").alias(label))
    return picked.select(pl.all().gather(wanted))
