"""Leaks: training images from which a model could know what it is judged on."""

from collections.abc import Collection

import polars as pl

from ymir.data.near import near_between

# One row per image, kind and set: the first, or the nearest, held-out image that it leaks from.
LEAKS = pl.Schema(
    {
        "kind": pl.String,  # `same`, `near` or `group`
        "set": pl.String,  # where the other image is: `testing` or `validation`
        "image": pl.String,
        "file": pl.String,
        "other": pl.String,
        "other_file": pl.String,
        "distance": pl.Int64,  # bits in which the hashes differ; null unless `near`
        "group": pl.String,  # the tag that both carry, as `camera: 7`; null unless `group`
    }
)


def same(images: pl.DataFrame, held_out: pl.DataFrame) -> pl.DataFrame:
    """The images that are held out, too, byte for byte."""
    others = held_out.select("image", other="image", other_file="file")
    found = images.select("image", "file").join(others, on="image", maintain_order="left")
    return _leaks(found.sort("file", maintain_order=True), "same")


def near(
    images: pl.DataFrame,
    hashes: pl.Series,
    held_out: pl.DataFrame,
    held_out_hashes: pl.Series,
    *,
    distance: int,
) -> pl.DataFrame:
    """The images that look like one that is held out, but are not the same; the nearest first.

    A picture that says nothing has no hash, and looks like no other.
    """
    says = hashes.is_not_null() & ~images["image"].is_in(held_out["image"].implode())
    ours, theirs = images.filter(says), held_out.filter(held_out_hashes.is_not_null())
    rows, nearest, bits = near_between(
        hashes.filter(says).to_numpy(), held_out_hashes.drop_nulls().to_numpy(), distance=distance
    )
    found = ours.select("image", "file")[rows].with_columns(
        theirs.select(other="image", other_file="file")[nearest],
        distance=pl.Series(bits, dtype=pl.Int64),
    )
    return _leaks(found.sort("distance", "file", maintain_order=True), "near")


def group(images: pl.DataFrame, held_out: pl.DataFrame, *, by: Collection[str]) -> pl.DataFrame:
    """The images that share the value of a tag in `by` with one that is held out."""
    others = _tags(held_out, by).select("group", other="image", other_file="file")
    shared = _tags(images, by).join(
        others.unique("group", keep="first", maintain_order=True),
        on="group",
        maintain_order="left",
    )
    once = shared.unique("image", keep="first", maintain_order=True)
    return _leaks(once.sort("group", "file", maintain_order=True), "group")


def _tags(images: pl.DataFrame, by: Collection[str]) -> pl.DataFrame:
    """A row for each of the wanted tags of each image."""
    tagged = images.select("image", "file", "tags").explode("tags").unnest("tags")
    wanted = tagged.filter(pl.col("key").is_in(list(by)))
    return wanted.select("image", "file", group=pl.format("{}: {}", "key", "value"))


def _leaks(found: pl.DataFrame, kind: str) -> pl.DataFrame:
    absent = [pl.lit(None, LEAKS[name]).alias(name) for name in LEAKS if name not in found.columns]
    return found.with_columns(absent).with_columns(kind=pl.lit(kind)).select(LEAKS.names())
