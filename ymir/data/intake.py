"""Turn what an import found into a dataset, and account for every image and every box."""

from collections.abc import Mapping, Sequence
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

Unknown = Literal["stop", "ignore", "add"]
Holds = Literal["labels", "predictions"]

_SCORED = "these are predictions; say `holds: predictions`"
_UNSCORED = "these are no predictions; say `holds: labels`"

_NOTHING = pl.DataFrame(
    schema={"file": pl.String, "reason": pl.String, "boxes": pl.UInt32, "kind": pl.String}
)


@dataclass(frozen=True)
class Part:
    """Some of an import, checked: what can be used, what was rejected, and what there was.

    `rows` is a dataset that may hold an image twice; `annotation` says what was read for each row
    (null: nothing), `cut` how many of its boxes were cut to fit.
    """

    rows: pl.DataFrame
    rejected: pl.DataFrame
    images: int
    boxes: int


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
    found: pl.DataFrame,
    boxes: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    unknown: Unknown,
    holds: Holds = "labels",
) -> Intake:
    """All of an import at once."""
    return together([checked(found, boxes, labels=labels, unknown=unknown, holds=holds)])


def checked(
    found: pl.DataFrame,
    boxes: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    unknown: Unknown,
    holds: Holds = "labels",
) -> Part:
    """Name the boxes, cut them to their images, and reject what cannot be used.

    `unknown` labels are rejected, or kept as they are written. A box that has a score is rejected
    where the source `holds` labels, and one without a score in 0..1 where it holds predictions.
    """
    images = _with_sizes_compared(found.with_row_index("row"))
    sized = _with_images(_named(boxes, labels, unknown), images)
    if _is_sound(images, sized) and _are_all(holds, sized["score"]):
        whole = sized.with_columns(is_cut=pl.lit(False))
        return Part(_assembled(images, whole), _NOTHING, images.height, boxes.height)
    judged = _judged(sized, holds)
    usable = judged.filter(pl.col("is_usable"))
    rejected = pl.concat([_bad_images(images, judged), _bad_boxes(judged, images, unknown)])
    return Part(
        rows=_assembled(images, usable),
        rejected=rejected.sort("row", maintain_order=True).drop("row"),
        images=found.height,
        boxes=boxes.height,
    )


def joined(parts: Sequence[Part]) -> Part:
    """Several parts as one, in the order of their files."""
    if len(parts) == 1:
        return parts[0]
    return Part(
        _by_file(pl.concat([part.rows for part in parts])),
        _by_file(pl.concat([part.rejected for part in parts])),
        sum(part.images for part in parts),
        sum(part.boxes for part in parts),
    )


def together(parts: Sequence[Part]) -> Intake:
    """Fold the copies of one image, and balance the hand-over.

    Copies that say the same are one image, as is one that nothing is said of; where they say
    different things, all are rejected.
    """
    whole = joined(parts)
    rows, none = whole.rows, whole.rows.head(0)
    is_simple = bool(rows["image"].is_unique().all())
    kept, merged, clashing = (rows, none, none) if is_simple else _folded(rows)
    rejected = _by_file(pl.concat([whole.rejected, _bad_copies(clashing)]))
    balance = {
        "images": {
            "in": whole.images,
            "kept": kept.height,
            "merged": merged.height,
            "rejected": rejected.filter(pl.col("kind").is_in(["image", "copy"])).height,
        },
        "boxes": {
            "in": whole.boxes,
            "kept": _box_count(kept),
            "merged": _box_count(merged),
            "rejected": int(rejected["boxes"].sum()),
            "cut": int(rows["cut"].sum()),
        },
    }
    return Intake(kept.drop("annotation", "cut"), rejected, _balanced(balance))


def _by_file(rows: pl.DataFrame) -> pl.DataFrame:
    return rows if rows["file"].is_sorted() else rows.sort("file", maintain_order=True)


def _folded(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The rows to keep (annotated ones first), those that say the same, and those that clash."""
    numbered = rows.with_row_index("at")
    first = (
        numbered.select("at", "image", annotated=pl.col("annotation").is_not_null())
        .sort("annotated", descending=True, maintain_order=True)
        .unique("image", keep="first")
    )
    clashing = conflicts(rows.filter(pl.col("annotation").is_not_null()))["image"].unique()
    marked = numbered.select(
        is_first=pl.col("at").is_in(first["at"].implode()),
        is_clashing=pl.col("image").is_in(clashing.implode()),
    )
    is_first, is_clashing = marked["is_first"], marked["is_clashing"]
    return (
        rows.filter(is_first & ~is_clashing),
        rows.filter(~is_first & ~is_clashing),
        rows.filter(is_clashing),
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
    differs = (images["declared_width"] != images["width"]) | (
        images["declared_height"] != images["height"]
    )
    if not differs.any():
        return images
    text = pl.format(
        "`{}` says {}x{} pixels, but the image has {}x{}",
        pl.col("annotation").fill_null(""),
        *("declared_width", "declared_height", "width", "height"),
    )
    return images.with_columns(
        pl.when(pl.col("problem").is_null() & differs)
        .then(text)
        .otherwise("problem")
        .alias("problem")
    )


def _named(boxes: pl.DataFrame, labels: Mapping[str, str], unknown: Unknown) -> pl.DataFrame:
    """Give each box the primary name of its label; `is_known` says whether it has one."""
    texts = boxes["label"].unique()
    written = texts.str.strip_chars().str.to_lowercase()
    name = written.replace_strict(dict(labels), default=None, return_dtype=pl.String)
    if unknown == "add":
        name = name.zip_with(name.is_not_null(), written)
    is_known = name.is_not_null()
    label = boxes["label"]
    return boxes.with_columns(
        label.is_in(texts.filter(is_known).implode()).alias("is_known"),
        label.replace(texts, name.zip_with(is_known, written)),
    )


def _with_images(boxes: pl.DataFrame, images: pl.DataFrame) -> pl.DataFrame:
    """Put the size of its image beside each box, and whether the image can be used."""
    row = boxes["row"]
    return boxes.with_columns(
        images["width"].gather(row).cast(pl.Float64),
        images["height"].gather(row).cast(pl.Float64),
        images["problem"].is_null().gather(row).alias("is_in_image"),
    )


def _is_sound(images: pl.DataFrame, boxes: pl.DataFrame) -> bool:
    """Whether there is nothing to reject and nothing to cut: the usual case, quickly known."""
    x, y, w, h, width, height = (boxes[name] for name in ("x", "y", "w", "h", "width", "height"))
    return images["problem"].null_count() == images.height and all(
        each.all()
        for each in (
            boxes["is_known"],
            x >= 0,
            y >= 0,
            w > 0,
            h > 0,
            x + w <= width,
            y + h <= height,
        )
    )


def _are_all(holds: Holds, scores: pl.Series) -> bool:
    """Whether these are the scores of what the source holds."""
    if holds == "labels":
        return scores.null_count() == len(scores)
    return not scores.null_count() and bool(scores.is_between(0, 1).all())


def _judged(boxes: pl.DataFrame, holds: Holds) -> pl.DataFrame:
    """Cut each box to its image; `fault` says why one cannot be used."""
    x, y, w, h, width, height = (pl.col(name) for name in ("x", "y", "w", "h", "width", "height"))
    left, top = x.clip(0, width), y.clip(0, height)
    right, bottom = (x + w).clip(0, width), (y + h).clip(0, height)
    out = pl.max_horizontal(-x, -y, x + w - width, y + h - height)
    score = pl.col("score")
    is_scored = score.is_not_null() if holds == "labels" else score.is_between(0, 1)
    fault = (
        pl.when(is_scored.fill_null(value=False) == (holds == "labels")).then(pl.lit("score"))
        .when(~pl.col("is_known")).then(pl.lit("label"))
        .when(~(x + y + w + h).is_finite()).then(pl.lit("number"))
        .when((w <= 0) | (h <= 0)).then(pl.lit("inverted"))
        .when((out > TOLERANCE) | (right <= left) | (bottom <= top)).then(pl.lit("outside"))
    )  # fmt: skip
    faulty = boxes.with_columns(fault=fault)
    is_fine = pl.col("fault").is_null()
    return faulty.with_columns(
        pl.when(is_fine).then(left).otherwise(x).alias("x"),
        pl.when(is_fine).then(top).otherwise(y).alias("y"),
        pl.when(is_fine).then(right - left).otherwise(w).alias("w"),
        pl.when(is_fine).then(bottom - top).otherwise(h).alias("h"),
        is_cut=out > 0,
        is_usable=is_fine & pl.col("is_in_image"),
    )


def _assembled(images: pl.DataFrame, boxes: pl.DataFrame) -> pl.DataFrame:
    """Nest the boxes in the rows of their images."""
    objects = boxes.group_by("row").agg(
        pl.struct(pl.col(field.name).cast(field.dtype) for field in OBJECT.fields).alias("objects"),
        pl.col("is_cut").sum().alias("cut"),
    )
    usable = images.filter(pl.col("problem").is_null())
    return usable.join(objects, on="row", how="left", maintain_order="left").select(
        *(name for name in SCHEMA.names() if name != "objects"),
        pl.col("objects").fill_null([]),
        "annotation",
        pl.col("cut").fill_null(0),
    )


def _bad_images(images: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
    counted = judged.group_by("row").len("boxes")
    bad = images.filter(pl.col("problem").is_not_null()).join(counted, on="row", how="left")
    return bad.select(
        "row", "file", reason="problem", boxes=pl.col("boxes").fill_null(0), kind=pl.lit("image")
    )


def _bad_boxes(judged: pl.DataFrame, images: pl.DataFrame, unknown: Unknown) -> pl.DataFrame:
    bad = judged.filter(pl.col("is_in_image") & pl.col("fault").is_not_null())
    box = pl.format("x {}, y {}, w {}, h {}", "x", "y", "w", "h")
    size = pl.format("{}x{}", pl.col("width").cast(pl.Int64), pl.col("height").cast(pl.Int64))
    fault, label, score = pl.col("fault"), pl.col("label"), pl.col("score")
    scored = pl.format("a box of `{}` has a score: {}", label, pl.lit(_SCORED))
    unscored = pl.format("a box of `{}` has no score: {}", label, pl.lit(_UNSCORED))
    reason = (
        pl.when((fault == "score") & score.is_null()).then(unscored)
        .when((fault == "score") & score.is_between(0, 1)).then(scored)
        .when(fault == "score")
        .then(pl.format("a box of `{}` has the score {}, which is not in 0 to 1", label, score))
        .when(fault == "label").then(pl.format("label `{}` is not in `Labels`", label))
        .when(fault == "number").then(pl.format("a box of `{}` is not finite ({})", label, box))
        .when(fault == "inverted")
        .then(pl.format("a box of `{}` is inverted or empty ({})", label, box))
        .otherwise(pl.format("a box of `{}` ({}) lies outside the image of {}", label, box, size))
    )  # fmt: skip
    unnamed = pl.lit("ignored" if unknown == "ignore" else "label")
    return (
        bad.with_columns(
            reason=reason, kind=pl.when(fault == "label").then(unnamed).otherwise(pl.lit("box"))
        )
        .group_by("row", "reason", "kind", maintain_order=True)
        .len("boxes")
        .join(images.select("row", "file"), on="row", maintain_order="left")
        .select("row", "file", "reason", "boxes", "kind")
    )


def _bad_copies(clashing: pl.DataFrame) -> pl.DataFrame:
    both = pl.format("`{}` and `{}`", pl.col("file").first(), pl.col("file").last())
    return clashing.select(
        "file",
        reason=pl.format("{} are the same image, labelled differently", both.over("image")),
        boxes=pl.col("objects").list.len(),
        kind=pl.lit("copy"),
    )


def _box_count(images: pl.DataFrame) -> int:
    return int(images["objects"].list.len().sum())
