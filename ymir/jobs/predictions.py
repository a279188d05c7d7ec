"""What an inference found: `out/infer-result.json` as a dataset whose objects have scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ymir.data.table import OBJECT, SCHEMA, check
from ymir.jobs.detections import detections
from ymir.jobs.figures import FILE, Reading, Row
from ymir.jobs.outputs import read_json, wrong
from ymir.jobs.remarks import Notes, Remark
from ymir.jobs.segmentations import is_coco, segmentations

# How far a box may stick out of its image and still be called rounding.
OVERHANG_PIXELS, OVERHANG_SHARE = 2.0, 0.01

_FOUND = pl.Schema(
    {
        "image": pl.String,
        "label": pl.String,
        "score": pl.Float64,
        "x": pl.Float64,
        "y": pl.Float64,
        "w": pl.Float64,
        "h": pl.Float64,
        "mask": pl.String,
    }
)


@dataclass(frozen=True, eq=False)
class Found:
    """The images that were asked for, each with the objects found in it."""

    images: pl.DataFrame
    remarks: tuple[Remark, ...] = ()


def read_predictions(out: Path, images: pl.DataFrame, class_names: Sequence[str]) -> Found:
    """`images`, each with the objects that the executor found in it; or what is wrong."""
    sizes = {image: (wide, high) for image, wide, high in _sizes(images).iter_rows()}
    reading = Reading(sizes, class_names)
    rows = list(_rows(read_json(out, FILE), reading))
    found = pl.DataFrame(rows, schema=_FOUND, orient="row").join(
        _sizes(images), on="image", maintain_order="left"
    )
    notes = reading.notes
    usable = _inside(_scored(_finite(found, notes), notes), notes)
    is_known = pl.col("label").is_in(list(class_names))
    known = _left_out(usable, ~is_known, "class-unknown", notes)
    return Found(_put_together(images, known), notes.remarks)


def _sizes(images: pl.DataFrame) -> pl.DataFrame:
    return images.select("image", "width", "height")


def _rows(result: Mapping[str, Any], reading: Reading) -> Iterator[Row]:
    """The objects, in whichever form they are given."""
    answers = result.get("detection")
    if isinstance(answers, dict):
        return detections(answers, reading)
    if is_coco(result):
        return segmentations(result, reading)
    coco = "`images`, `categories` and `annotations`"
    raise wrong(FILE, f"`detection` must be a mapping of images to boxes, or {coco} lists")


def _finite(found: pl.DataFrame, notes: Notes) -> pl.DataFrame:
    numbers = pl.all_horizontal(pl.col(name).is_finite() for name in ("score", *"xywh"))
    return _left_out(found, ~numbers, "not-a-number", notes)


def _scored(found: pl.DataFrame, notes: Notes) -> pl.DataFrame:
    """Scores from 0 to 1: where one is larger, all are shares of the largest."""
    above = found.filter(pl.col("score") > 1)
    notes.add("score-above-1", _example(above), above.height)
    return found if above.is_empty() else found.with_columns(pl.col("score") / above["score"].max())


def _inside(found: pl.DataFrame, notes: Notes) -> pl.DataFrame:
    """The objects, cut at the border of their image."""
    x, y, w, h = (pl.col(name) for name in "xywh")
    wide, high = (pl.col(name).cast(pl.Float64) for name in ("width", "height"))
    sized = _left_out(found, (w <= 0) | (h <= 0), "box-without-area", notes)
    is_out = (x >= wide) | (y >= high) | (x + w <= 0) | (y + h <= 0)
    seen = _left_out(sized, is_out, "box-outside-image", notes)
    slack_x, slack_y = (
        pl.max_horizontal(side * OVERHANG_SHARE, OVERHANG_PIXELS) for side in (wide, high)
    )
    beyond = (x < -slack_x) | (y < -slack_y) | (x + w > wide + slack_x) | (y + h > high + slack_y)
    cut = seen.filter(beyond)
    notes.add("box-clipped", _example(cut), cut.height)
    left, top = x.clip(0, wide), y.clip(0, high)
    return seen.with_columns(
        x=left,
        y=top,
        w=(x + w).clip(0, wide) - left,
        h=(y + h).clip(0, high) - top,
    )


def _left_out(found: pl.DataFrame, is_bad: pl.Expr, rule: str, notes: Notes) -> pl.DataFrame:
    """What is not bad; the rest is noted."""
    bad = found.filter(is_bad)
    notes.add(rule, _example(bad), bad.height)
    return found if bad.is_empty() else found.filter(~is_bad)


def _example(found: pl.DataFrame) -> str:
    how = "{image}: {label:.40} {score:.3g} at {x:g}, {y:g}, {w:g}, {h:g} of {width}x{height}"
    return "" if found.is_empty() else how.format(**found.row(0, named=True))


def _put_together(images: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The images with these objects in place of their own, the surest first."""
    bare = {"crowd": pl.lit(value=False), "attributes": pl.lit([])}
    fields = [field.name for field in OBJECT.fields]
    objects = (
        found.with_columns(**bare)
        .sort("score", descending=True, maintain_order=True)
        .group_by("image", maintain_order=True)
        .agg(pl.struct(fields).cast(OBJECT).alias("objects"))
    )
    empty = pl.lit([], dtype=SCHEMA["objects"])
    return check(
        images.drop("objects")
        .join(objects, on="image", how="left", maintain_order="left")
        .with_columns(pl.col("objects").fill_null(empty))
        .select(list(SCHEMA))
    )
