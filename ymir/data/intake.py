"""Turn what an import found into a dataset, and account for every image and every box."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from ymir.data.ops.merge import conflicts
from ymir.data.table import OBJECT, SCHEMA, TAG
from ymir.errors import DataError

TOLERANCE = 1.0  # pixels that a box may stand out of its image; it is cut to fit

# One row per image that was found: `problem` is null where it can be used.
_FOUND: dict[str, pl.DataType | type[pl.DataType]] = {
    "file": pl.String,
    "annotation": pl.String,  # null: nothing says what is on the image
    "declared_width": pl.Int32,
    "declared_height": pl.Int32,
    "problem": pl.String,
    "image": pl.String,
    "width": pl.Int32,
    "height": pl.Int32,
    "bytes": pl.Int64,
    "format": pl.String,
    "tags": pl.List(TAG),
}

FOUND = pl.Schema(_FOUND)

# One row per box that was found; `row` is the row of its image.
_BOXES: dict[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.UInt32,
    "label": pl.String,
    "x": pl.Float64,
    "y": pl.Float64,
    "w": pl.Float64,
    "h": pl.Float64,
    "score": pl.Float64,
    "crowd": pl.Boolean,
    "mask": pl.String,
    "attributes": pl.List(TAG),
}

BOXES = pl.Schema(_BOXES)

_OF_IMAGE = ("file", "annotation", "problem", "width", "height")

Unknown = Literal["stop", "ignore", "add"]


@dataclass(frozen=True)
class Intake:
    """A dataset, and what became of everything that was found.

    `rejected` has a row per rejection: `file`, `reason`, `boxes` (how many went with it) and
    `kind`: `image`, `box`, `copy`, `label`, or `ignored` for labels that the spec lets drop.
    """

    images: pl.DataFrame
    rejected: pl.DataFrame
    balance: Mapping[str, Mapping[str, int]]


def take_in(
    found: pl.DataFrame, boxes: pl.DataFrame, *, labels: Mapping[str, str], unknown: Unknown
) -> Intake:
    """Check, name and cut the boxes, fold copies of one image, and balance the hand-over.

    Copies of one image that say the same are one image, as is one that nothing is said of; where
    they say different things, all are rejected. `unknown` labels are rejected, or kept as written.
    """
    images = _with_sizes_compared(found.with_row_index("row"))
    named = _named(boxes, labels, unknown)
    judged = _judged(named.join(images.select("row", *_OF_IMAGE), on="row", maintain_order="left"))
    usable = judged.filter(pl.col("problem").is_null() & pl.col("fault").is_null())
    rows = _assembled(images.filter(pl.col("problem").is_null()), usable)
    clashing = _clashing(rows)
    alike = rows.join(clashing, on="image", how="anti", maintain_order="left")
    kept = alike.sort(pl.col("annotation").is_null(), maintain_order=True).unique(
        "image", keep="first", maintain_order=True
    )
    rejected = pl.concat(
        [_bad_images(images, boxes), _bad_boxes(judged, unknown), _bad_copies(rows, clashing)]
    )
    balance = {
        "images": {
            "in": found.height,
            "kept": kept.height,
            "merged": alike.height - kept.height,
            "rejected": rejected.filter(pl.col("kind").is_in(["image", "copy"])).height,
        },
        "boxes": {
            "in": boxes.height,
            "kept": _box_count(kept),
            "merged": _box_count(alike) - _box_count(kept),
            "rejected": int(rejected["boxes"].sum()),
            "cut": int(usable["is_cut"].sum()),
        },
    }
    return Intake(
        kept.select(SCHEMA.names()).sort("image"),
        rejected.sort("row", maintain_order=True).drop("row"),
        _balanced(balance),
    )


def _balanced(balance: Mapping[str, Mapping[str, int]]) -> Mapping[str, Mapping[str, int]]:
    for what, items in balance.items():
        gap = items["in"] - items["kept"] - items["merged"] - items["rejected"]
        if gap:
            raise DataError(
                f"{gap} {what} of {items['in']} are unaccounted for",
                hint="this is a mistake in ymir: please report it",
            )
    return balance


def _with_sizes_compared(images: pl.DataFrame) -> pl.DataFrame:
    """Add a problem where the annotation speaks of an image of another size."""
    text = pl.format(
        "`{}` says {}x{} pixels, but the image has {}x{}",
        pl.col("annotation").fill_null(""),
        *("declared_width", "declared_height", "width", "height"),
    )
    differs = (pl.col("declared_width") != pl.col("width")) | (
        pl.col("declared_height") != pl.col("height")
    )
    return images.with_columns(
        pl.when(pl.col("problem").is_null() & differs)
        .then(text)
        .otherwise("problem")
        .alias("problem")
    )


def _named(boxes: pl.DataFrame, labels: Mapping[str, str], unknown: Unknown) -> pl.DataFrame:
    """Give each box the primary name of its label; `is_known` says whether it has one."""
    written = pl.col("label").str.strip_chars().str.to_lowercase()
    name = written.replace_strict(dict(labels), default=None, return_dtype=pl.String)
    if unknown == "add":
        name = pl.coalesce(name, written)
    return boxes.with_columns(
        name.is_not_null().alias("is_known"), pl.coalesce(name, written).alias("label")
    )


def _judged(boxes: pl.DataFrame) -> pl.DataFrame:
    """Cut each box to its image; `fault` says why one cannot be used."""
    x, y, w, h = (pl.col(name) for name in "xywh")
    width, height = pl.col("width").cast(pl.Float64), pl.col("height").cast(pl.Float64)
    left, top = x.clip(0, width), y.clip(0, height)
    right, bottom = (x + w).clip(0, width), (y + h).clip(0, height)
    out = pl.max_horizontal(-x, -y, x + w - width, y + h - height)
    fault = (
        pl.when(~pl.col("is_known")).then(pl.lit("label"))
        .when(~(x + y + w + h).is_finite()).then(pl.lit("number"))
        .when((w <= 0) | (h <= 0)).then(pl.lit("inverted"))
        .when((out > TOLERANCE) | (right <= left) | (bottom <= top)).then(pl.lit("outside"))
    )  # fmt: skip
    return boxes.with_columns(fault.alias("fault")).with_columns(
        pl.when(pl.col("fault").is_null()).then(cut).otherwise(plain).alias(name)
        for name, plain, cut in (
            ("x", x, left), ("y", y, top), ("w", w, right - left), ("h", h, bottom - top),
            ("is_cut", pl.lit(value=False), out > 0),
        )
    )  # fmt: skip


def _assembled(images: pl.DataFrame, boxes: pl.DataFrame) -> pl.DataFrame:
    """Nest the boxes in the rows of their images."""
    objects = boxes.group_by("row").agg(
        pl.struct(pl.col(field.name).cast(field.dtype) for field in OBJECT.fields).alias("objects")
    )
    return images.join(objects, on="row", how="left", maintain_order="left").with_columns(
        pl.col("objects").fill_null([])
    )


def _clashing(rows: pl.DataFrame) -> pl.DataFrame:
    """The images of which copies say different things, with the names of two of them."""
    return (
        conflicts(rows.filter(pl.col("annotation").is_not_null()))
        .group_by("image")
        .agg(
            pl.format("`{}` and `{}`", pl.col("file").first(), pl.col("file").last()).alias("files")
        )
    )


def _bad_images(images: pl.DataFrame, boxes: pl.DataFrame) -> pl.DataFrame:
    counted = boxes.group_by("row").len("boxes")
    bad = images.filter(pl.col("problem").is_not_null()).join(counted, on="row", how="left")
    return bad.select(
        "row", "file", reason="problem", boxes=pl.col("boxes").fill_null(0), kind=pl.lit("image")
    )


def _bad_boxes(judged: pl.DataFrame, unknown: Unknown) -> pl.DataFrame:
    bad = judged.filter(pl.col("problem").is_null() & pl.col("fault").is_not_null())
    box = pl.format("x {}, y {}, w {}, h {}", "x", "y", "w", "h")
    fault, label = pl.col("fault"), pl.col("label")
    size = pl.format("{}x{}", "width", "height")
    reason = (
        pl.when(fault == "label").then(pl.format("label `{}` is not in `Labels`", label))
        .when(fault == "number").then(pl.format("a box of `{}` is not finite ({})", label, box))
        .when(fault == "inverted")
        .then(pl.format("a box of `{}` is inverted or empty ({})", label, box))
        .otherwise(pl.format("a box of `{}` ({}) lies outside the image of {}", label, box, size))
    )  # fmt: skip
    kind = (
        pl.when(fault != "label")
        .then(pl.lit("box"))
        .otherwise(pl.lit("ignored" if unknown == "ignore" else "label"))
    )
    return (
        bad.with_columns(reason=reason, kind=kind)
        .group_by("row", "file", "reason", "kind", maintain_order=True)
        .len("boxes")
        .select("row", "file", "reason", "boxes", "kind")
    )


def _bad_copies(rows: pl.DataFrame, clashing: pl.DataFrame) -> pl.DataFrame:
    return rows.join(clashing, on="image", maintain_order="left").select(
        "row",
        "file",
        reason=pl.format("{} are the same image, labelled differently", "files"),
        boxes=pl.col("objects").list.len(),
        kind=pl.lit("copy"),
    )


def _box_count(images: pl.DataFrame) -> int:
    return int(images["objects"].list.len().sum())
