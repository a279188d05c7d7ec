"""What a gallery shows, in columns: small as text, and quick to filter in a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl

from ymir.data.diff import Diff, boxes_of, diff
from ymir.gallery.choice import differing_first, evenly

# What became of a box: its place in this list is what the page reads. `same` also stands for every
# box of a gallery that compares nothing.
BOX_CHANGES = ("same", "added", "removed", "moved", "relabelled", "edited")
# What became of an image: bits.
IMAGE_CHANGES = {"boxes": 1, "added": 2, "removed": 4, "tags": 8}
NEW, OLD, BOTH = 1, 2, 3  # the versions that hold a box: bits

_PLACE = ("x", "y", "w", "h")
_BOX = ("image", "label", *_PLACE, "score", "crowd", "mask", "attributes")
_MOST_TEXT = 30_000_000  # letters of polygons; a browser would choke on more


@dataclass(frozen=True)
class Content:
    """The images of a gallery and their boxes.

    `images` is a dataset table with a column `change`; `boxes` has a row per box, in the order of
    the images: `row` of its image, label, place, score, crowd, mask, attributes, `side`, `change`.
    """

    versions: tuple[str, ...]  # the one that is shown, then the one it is compared with
    total: int  # images that there are
    images: pl.DataFrame
    boxes: pl.DataFrame


def content(name: str, images: pl.DataFrame, *, most: int | None = None) -> Content:
    """A version by itself."""
    shown = evenly(images, most).with_columns(change=pl.lit(0, pl.Int64))
    boxes = boxes_of(shown).with_columns(side=pl.lit(NEW), change=pl.lit("same"))
    return Content((name,), images.height, shown, _in_order(boxes, shown))


def compared(
    name: str, images: pl.DataFrame, other: str, before: pl.DataFrame, *, most: int | None = None
) -> Content:
    """A version beside another: the images of both, and each box with what became of it."""
    found = diff(before, images)
    removed = before.filter(pl.col("image").is_in(found.removed["image"].implode()))
    every = pl.concat([images, removed]).with_columns(change=_image_change(found))
    shown = differing_first(every, every.filter(pl.col("change") > 0)["image"], most)
    is_shown = pl.col("image").is_in(shown["image"].implode())
    boxes = _with_changes(before.filter(is_shown), images.filter(is_shown), found)
    return Content((name, other), every.height, shown, _in_order(boxes, shown))


def as_data(found: Content) -> dict[str, Any]:
    """The columns that the page reads; texts that repeat stand once, and are referred to."""
    images, boxes = found.images, found.boxes
    classes = boxes["label"].unique().sort()
    marks = _References(images["tags"])
    notes = _References(boxes["attributes"])
    sizes = boxes.group_by("row").len()
    counts = images.select(row=pl.int_range(pl.len(), dtype=pl.UInt32)).join(
        sizes, on="row", how="left", maintain_order="left"
    )["len"]
    number = pl.DataFrame({"label": classes, "number": range(classes.len())})
    labels = boxes.join(number, on="label", how="left", maintain_order="left")["number"]
    return {
        "versions": found.versions,
        "total": found.total,
        "classes": classes.to_list(),
        "tags": marks.pairs,
        "attributes": notes.pairs,
        "images": {
            **{name: images[name].to_list() for name in ("image", "file", "width", "height")},
            "format": images["format"].to_list(),
            "tags": marks.numbers,
            "change": images["change"].to_list(),
        },
        "boxes": {
            "count": counts.fill_null(0).to_list(),
            "label": labels.to_list(),
            **{side: _short(boxes[side]) for side in _PLACE},
            "score": _said(boxes["score"].cast(pl.Float64).round(3).to_list(), None),
            "crowd": _said(boxes["crowd"].fill_null(value=False).cast(pl.UInt8).to_list(), 0),
            "attributes": _said(notes.numbers, []),
            "polygons": _polygons(boxes["mask"]),
            "side": _said(boxes["side"].to_list(), NEW),
            "change": _said([BOX_CHANGES.index(each) for each in boxes["change"].to_list()], 0),
        },
    }


def _image_change(found: Diff) -> pl.Expr:
    parts = {
        "boxes": found.boxes["image"],
        "added": found.added["image"],
        "removed": found.removed["image"],
        "tags": found.retagged["image"],
    }
    bits = (
        pl.col("image").is_in(images.unique().implode()).cast(pl.Int64) * IMAGE_CHANGES[name]
        for name, images in parts.items()
    )
    return pl.sum_horizontal(*bits)


def _with_changes(old: pl.DataFrame, new: pl.DataFrame, found: Diff) -> pl.DataFrame:
    """An equal box once, a changed one as it is and as it was."""
    changed = found.boxes.select("image", "change", "at", "was_at")
    is_added = pl.col("image").is_in(found.added["image"].implode())
    is_removed = pl.col("image").is_in(found.removed["image"].implode())
    now = boxes_of(new).join(changed, on=["image", "at"], how="left", maintain_order="left")
    was = boxes_of(old).join(
        changed, left_on=["image", "at"], right_on=["image", "was_at"], how="left"
    )
    came = pl.when(is_added).then(pl.lit("added")).otherwise(pl.col("change").fill_null("same"))
    went = pl.when(is_removed).then(pl.lit("removed")).otherwise("change")
    return pl.concat(
        [
            was.with_columns(change=went).drop_nulls("change").select(*_BOX, "change", side=OLD),
            now.with_columns(change=came).select(
                *_BOX,
                "change",
                side=pl.when(pl.col("change") == "same").then(BOTH).otherwise(NEW),
            ),
        ]
    )


def _in_order(boxes: pl.DataFrame, images: pl.DataFrame) -> pl.DataFrame:
    rows = images.select("image").with_row_index("row")
    return boxes.join(rows, on="image").sort("row", maintain_order=True)


class _References:
    """Lists of key and value, as numbers that refer to the pairs that there are."""

    def __init__(self, lists: pl.Series) -> None:
        rows = pl.DataFrame({"pairs": lists}).with_row_index("at")
        flat = rows.explode("pairs").drop_nulls("pairs").unnest("pairs")
        known = flat.select("key", "value").unique().sort("key", "value").with_row_index("number")
        numbered = flat.join(known, on=["key", "value"], maintain_order="left")
        listed = numbered.group_by("at").agg("number")
        self.pairs: list[Sequence[str]] = [
            list(each) for each in known.select("key", "value").rows()
        ]
        self.numbers: list[list[int]] = [
            each or []
            for each in rows.join(listed, on="at", how="left", maintain_order="left")[
                "number"
            ].to_list()
        ]


def _polygons(masks: pl.Series) -> list[Any] | None:
    """The polygons around each object; masks of another kind are not drawn."""
    is_drawn = masks.str.starts_with("[").fill_null(value=False)
    if not is_drawn.any() or int(masks.filter(is_drawn).str.len_bytes().sum()) > _MOST_TEXT:
        return None
    shown = pl.select(pl.when(is_drawn).then(masks)).to_series()
    return [_rings(mask) if mask else [] for mask in shown]


def _rings(mask: str) -> list[list[float]]:
    """The polygons of a mask; none where it is none, or is broken: a page can do without."""
    try:
        return [[round(float(each), 1) for each in ring] for ring in orjson.loads(mask)]
    except (ValueError, TypeError):
        return []


def _short(values: pl.Series) -> list[float | int]:
    """Tenths of a pixel are enough to draw, and half the text."""
    return [
        int(each) if each == int(each) else each
        for each in values.cast(pl.Float64).round(1).to_list()
    ]


def _said(values: list[Any], nothing: object) -> list[Any] | None:
    """None for a column that says nothing of any box."""
    return values if any(each != nothing for each in values) else None
