"""Keep images and boxes by what is on them."""

from collections.abc import Collection, Mapping

import polars as pl


def filter_labels(images: pl.DataFrame, *, labels: Collection[str]) -> pl.DataFrame:
    """Drop every object whose label is not in `labels`; the image stays, as a negative."""
    return _select(images, pl.element().struct.field("label").is_in(list(labels)))


def exclude_labels(images: pl.DataFrame, *, labels: Collection[str]) -> pl.DataFrame:
    """Drop every object whose label is in `labels`; the image stays."""
    return _select(images, ~pl.element().struct.field("label").is_in(list(labels)))


def filter_tags(images: pl.DataFrame, *, tags: Mapping[str, str]) -> pl.DataFrame:
    """Keep the images that carry all of `tags`."""
    wanted = [
        pl.col("tags")
        .list.eval(
            (pl.element().struct.field("key") == key)
            & (pl.element().struct.field("value") == value)
        )
        .list.any()
        for key, value in tags.items()
    ]
    return images.filter(pl.all_horizontal(wanted)) if wanted else images


def drop_unlabelled(images: pl.DataFrame) -> pl.DataFrame:
    """Keep the images that have at least one object."""
    return images.filter(pl.col("objects").list.len() > 0)


def _select(images: pl.DataFrame, wanted: pl.Expr) -> pl.DataFrame:
    return images.with_columns(pl.col("objects").list.eval(pl.element().filter(wanted)))
