"""What became of each box, at IoU 0.5: the table that a report draws from."""

from __future__ import annotations

import numpy as np
import polars as pl

from ymir.metrics.boxes import Sides
from ymir.metrics.evaluator import Evaluation, overlap

MATCHES = pl.Schema(
    {
        "image": pl.String(),
        "side": pl.String(),  # `truth` or `prediction`
        "index": pl.Int64(),  # the box's place among the objects of its image
        "label": pl.String(),
        "x": pl.Float32(),
        "y": pl.Float32(),
        "w": pl.Float32(),
        "h": pl.Float32(),
        "score": pl.Float32(),  # of a truth: that of the prediction that found it
        "outcome": pl.String(),  # `tp`, `fp`, `fn` or `ignored`, whatever the score
        "iou": pl.Float32(),  # with the box it is matched to
        "match": pl.Int64(),  # the `index` of that box, on the other side
    }
)


def matches(both: Sides, found: Evaluation) -> pl.DataFrame:
    """One row per box of the truth and of the predictions, by image."""
    predictions = _predictions(both, found)
    finders = predictions.filter(pl.col("outcome") == "tp").select(
        "image", "score", "iou", index="match", match="index"
    )
    truth = (
        both.truth.rows.drop("score")
        .join(finders, on=["image", "index"], how="left")
        .with_columns(
            side=pl.lit("truth"),
            outcome=pl.when(pl.Series(both.truth.crowd))
            .then(pl.lit("ignored"))
            .when(pl.col("match").is_null())
            .then(pl.lit("fn"))
            .otherwise(pl.lit("tp")),
        )
    )
    rows = pl.concat([truth.select(list(MATCHES)), predictions.select(list(MATCHES))])
    return rows.sort("image", "side", "index", descending=[False, True, False])


def _predictions(both: Sides, found: Evaluation) -> pl.DataFrame:
    iou = overlap(both.truth, both.predictions, found.match)
    outcome = np.where(found.ignored[0], "ignored", np.where(found.correct[0], "tp", "fp"))
    partner = pl.Series(found.match).replace(-1, None)
    return both.predictions.rows.with_columns(
        side=pl.lit("prediction"),
        outcome=pl.Series(outcome, dtype=pl.String),
        iou=pl.Series(iou, dtype=pl.Float32, nan_to_null=True),
        match=both.truth.rows["index"].gather(partner),
    )
