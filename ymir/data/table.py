"""The one table type: a row is an image with its objects, so no operation can orphan a box."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from ymir.errors import DataError

TAG = pl.Struct({"key": pl.String, "value": pl.String})

# A box is x, y (left, top) and w, h, in pixels from the image's upper left corner; x + w is the
# right edge, not the last pixel. Truth has no score; a prediction has one in 0..1.
OBJECT = pl.Struct(
    {
        "label": pl.String,
        "x": pl.Float32,
        "y": pl.Float32,
        "w": pl.Float32,
        "h": pl.Float32,
        "score": pl.Float32,
        "crowd": pl.Boolean,
        "mask": pl.String,  # COCO segmentation (polygons or RLE) as JSON text
        "attributes": pl.List(TAG),
    }
)

_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "image": pl.String,  # md5 of the file's bytes, 32 hex digits: the image's identity
    "file": pl.String,  # the file's name where it came from, for people
    "width": pl.Int32,
    "height": pl.Int32,
    "bytes": pl.Int64,
    "format": pl.String,  # `jpg` or `png`
    "tags": pl.List(TAG),
    "objects": pl.List(OBJECT),
}

SCHEMA = pl.Schema(_COLUMNS)

_BLANK: Mapping[str, Any] = {
    "file": "",
    "width": 0,
    "height": 0,
    "bytes": 0,
    "format": "jpg",
    "tags": [],
    "objects": [],
}
_BARE: Mapping[str, Any] = {"score": None, "crowd": False, "mask": None, "attributes": []}


def table(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Build a table from plain rows; what a row or an object leaves out gets its empty value."""
    full = [
        {**_BLANK, **row, "objects": [{**_BARE, **each} for each in row.get("objects", ())]}
        for row in rows
    ]
    return pl.DataFrame(full, schema=SCHEMA)


def check(images: pl.DataFrame) -> pl.DataFrame:
    """Return `images` unchanged, or say how they break the schema."""
    if images.schema != SCHEMA:
        wrong = [name for name in SCHEMA if images.schema.get(name) != SCHEMA[name]]
        raise DataError(f"these columns are not what a dataset has: {', '.join(wrong) or 'extra'}")
    if not is_distinct(images["image"]):
        raise DataError("the same image appears twice", hint="merge datasets with `merge`")
    return images


def is_distinct(image: pl.Series) -> bool:
    """Whether no image is there twice."""
    # equal texts have equal hashes, and numbers are quicker to count than texts
    return image.hash().n_unique() == image.len() or image.n_unique() == image.len()


def leads(image: pl.Series) -> pl.Series:
    """The first 64 bits of each digest, as a number; 0 for what is no digest."""
    digits = image.str.slice(0, 16)
    return digits.str.to_integer(base=16, dtype=pl.UInt64, strict=False).fill_null(0)


def by_image(images: pl.DataFrame) -> pl.DataFrame:
    """The same rows in the order of their digests."""
    if images["image"].is_sorted():
        return images
    return gathered(images, in_order(images["image"]))


def gathered(images: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """These rows, in this order."""
    # in one piece first: nested columns in several are many times slower to gather
    return images.rechunk()[rows]


def in_order(image: pl.Series) -> pl.Series:
    """Where the images stand, in the order of their digests; those that are equal as they come."""
    by_lead = pl.arg_sort_by("lead", maintain_order=True)
    order = leads(image).to_frame("lead").select(by_lead).to_series()
    if image.gather(order).is_sorted():  # numbers sort faster than texts, and nearly always do
        return order
    return image.to_frame("image").select(pl.arg_sort_by("image", maintain_order=True)).to_series()


def fingerprints(images: pl.DataFrame) -> pl.Series:
    """Per image a number that is equal where its objects are, in whatever order they stand.

    Numbers of one call can be compared with each other; those of two calls cannot.
    """
    hashes = images.select(pl.col("objects").list.eval(pl.element().hash().sort())).to_series()
    return hashes.hash().alias("fingerprint")


def tag_of(images: pl.DataFrame, key: str) -> pl.Series:
    """Per image the value of the tag called `key`, the first if there are several, or null."""
    tag = pl.element().struct
    values = pl.element().filter(tag.field("key") == key).struct.field("value")
    return images.select(pl.col("tags").list.eval(values).list.first()).to_series()


def objects_of(images: pl.DataFrame) -> pl.DataFrame:
    """One row per object: `image`, then the object's fields."""
    return (
        images.select("image", "objects").explode("objects").drop_nulls("objects").unnest("objects")
    )


def counts(images: pl.DataFrame) -> dict[str, Any]:
    """What a version's record says of it: images, boxes, boxes per class, images without any."""
    labels = images.select(pl.col("objects").explode().struct.field("label")).drop_nulls()
    per_class = labels.group_by("label").len().sort("label")
    return {
        "images": images.height,
        "boxes": labels.height,
        "unlabelled": int((images["objects"].list.len() == 0).sum()),
        "per_class": dict(per_class.iter_rows()),
    }


def predictions(images: pl.DataFrame) -> int:
    """How many of the objects are predictions: they have a score, and truth has none."""
    scores = images.select(pl.col("objects").explode().struct.field("score"))
    return int(scores["score"].is_not_null().sum())
