"""The boxes that a gallery draws over its images: tables of them, and the columns of an album."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ymir.metrics.confused import confused
from ymir.report.album.columns import counts, tenths, thousandths
from ymir.report.record import Judged
from ymir.report.shown.album import Found, Truth

NONE, UNCOUNTED = -1, -2  # of `Found.hit` and `Found.taken`

_PLACE = ("x", "y", "w", "h")
_FOUND = ("row", "index", "label", "score", *_PLACE, "outcome", "match", "is_counted", "taken")


def boxes_of(images: pl.DataFrame, labels: Sequence[str]) -> pl.DataFrame:
    """One row per object of the labels, in the order of the images, which have a column `row`.

    `index` is its place among the objects of its image; `place` that among those that are shown.
    """
    objects = (
        images.select("row", "objects")
        .with_columns(index=pl.int_ranges(pl.col("objects").list.len()))
        .explode("index", "objects")
        .drop_nulls("index")
        .unnest("objects")
    )
    numbered = _numbered(objects, labels)
    return numbered.with_columns(place=pl.int_range(pl.len()).over("row"))


def judged_boxes(judged: Judged, places: pl.DataFrame, labels: Sequence[str]) -> pl.DataFrame:
    """What a model found in the images of `places` (`image`, `row`), and what became of it."""
    predictions = judged.matches.filter(pl.col("side") == "prediction").join(places, on="image")
    taken = _confused(judged)
    rows = predictions.join(taken, on=["image", "index"], how="left").sort("row", "index")
    counted = rows.with_columns(pl.col("is_counted").fill_null(value=False))
    return _numbered(counted, labels).select(_FOUND)


def _confused(judged: Judged) -> pl.DataFrame:
    """The predictions that the confusion matrix counts, and the index of the truth of each."""
    names = [each.label for each in judged.scores.per_class]
    cells = confused(judged.matches, labels=names, threshold=judged.scores.threshold)
    counted = cells.drop_nulls("prediction")
    return counted.select("image", index="prediction", taken="truth", is_counted=pl.lit(value=True))


def guessed_boxes(images: pl.DataFrame, labels: Sequence[str], *, least: float) -> pl.DataFrame:
    """What a model guesses in images that nobody judged it on, scored `least` or more."""
    guesses = boxes_of(images, labels).filter(pl.col("score").fill_null(1.0) >= least)
    nothing = pl.lit(None, dtype=pl.Int64)
    return guesses.with_columns(
        outcome=pl.lit("ignored"), match=nothing, is_counted=pl.lit(value=False), taken=nothing
    ).select(_FOUND)


def surest(found: pl.DataFrame, most: int, threshold: float) -> tuple[pl.DataFrame, float | None]:
    """The `most` surest boxes, and the score up to which boxes are left out; None: none are.

    What the threshold lets through is never left out, and boxes of one score are treated alike.
    """
    if found.height <= most:
        return found, None
    line = found["score"].sort(descending=True)[most]
    kept = found.filter((pl.col("score") > line) | (pl.col("score") >= threshold))
    return kept, line if kept.height < found.height else None


def truth_columns(truth: pl.DataFrame, notes: Sequence[Sequence[int]], images: int) -> Truth:
    """The columns of the album."""
    return Truth(
        count=counts(truth["row"], images),
        label=truth["label"].to_list(),
        x=tenths(truth["x"]),
        y=tenths(truth["y"]),
        w=tenths(truth["w"]),
        h=tenths(truth["h"]),
        crowd=truth["crowd"].fill_null(value=False).cast(pl.Int64).to_list(),
        notes=notes,
    )


def found_columns(found: pl.DataFrame, truth: pl.DataFrame, threshold: float, images: int) -> Found:
    """The columns of the album."""
    return Found(
        count=counts(found["row"], images),
        label=found["label"].to_list(),
        score=thousandths(found["score"], threshold),
        x=tenths(found["x"]),
        y=tenths(found["y"]),
        w=tenths(found["w"]),
        h=tenths(found["h"]),
        hit=_hits(found, truth),
        taken=_taken(found, truth),
    )


def _places(found: pl.DataFrame, truth: pl.DataFrame, of: str) -> pl.Expr:
    """Where the truth that the column `of` names by its index is shown, in its image."""
    shown = truth.select("row", "place", pl.col("index").alias(of))
    both = found.select("row", of).join(shown, on=["row", of], how="left", maintain_order="left")
    return pl.lit(both["place"]).fill_null(NONE)


def _hits(found: pl.DataFrame, truth: pl.DataFrame) -> list[int]:
    outcome = pl.col("outcome")
    hit = pl.when(outcome == "tp").then(_places(found, truth, "match"))
    hits = hit.when(outcome == "ignored").then(UNCOUNTED).otherwise(NONE)
    return found.select(hit=hits)["hit"].to_list()


def _taken(found: pl.DataFrame, truth: pl.DataFrame) -> list[int]:
    taken = pl.when("is_counted").then(_places(found, truth, "taken")).otherwise(UNCOUNTED)
    return found.select(taken=taken)["taken"].to_list()


def _numbered(boxes: pl.DataFrame, labels: Sequence[str]) -> pl.DataFrame:
    """The boxes of these labels, each label as its place among them."""
    known = pl.Series(labels, dtype=pl.String)
    kept = boxes.filter(pl.col("label").is_in(known.implode()))
    number = pl.col("label").replace_strict(
        known, pl.int_range(len(labels), eager=True), return_dtype=pl.Int64
    )
    return kept.with_columns(number)
