"""Keep images and boxes by what is on them."""

from collections.abc import Collection, Mapping

import polars as pl

Values = Mapping[str, Collection[str]]  # a key, and which of its values count


def filter_labels(images: pl.DataFrame, *, labels: Collection[str]) -> pl.DataFrame:
    """Drop every object whose label is not in `labels`; the image stays, as a negative."""
    return _with_boxes(images, _of("label").is_in(list(labels)))


def exclude_labels(images: pl.DataFrame, *, labels: Collection[str]) -> pl.DataFrame:
    """Drop every object whose label is in `labels`; the image stays."""
    return _with_boxes(images, ~_of("label").is_in(list(labels)))


def filter_attributes(images: pl.DataFrame, *, attributes: Values) -> pl.DataFrame:
    """Drop every object that lacks one of `attributes`; the image stays."""
    wanted = [_carries(_of("attributes"), key, values) for key, values in attributes.items()]
    return _with_boxes(images, pl.all_horizontal(wanted)) if wanted else images


def exclude_attributes(images: pl.DataFrame, *, attributes: Values) -> pl.DataFrame:
    """Drop every object that has one of `attributes`; the image stays."""
    unwanted = [_carries(_of("attributes"), key, values) for key, values in attributes.items()]
    return _with_boxes(images, ~pl.any_horizontal(unwanted)) if unwanted else images


def filter_areas(
    images: pl.DataFrame, *, at_least: float = 0, at_most: float = float("inf")
) -> pl.DataFrame:
    """Drop every object whose box covers fewer or more square pixels; the image stays."""
    return _with_boxes(images, _area().is_between(at_least, at_most))


def filter_shares(
    images: pl.DataFrame, *, at_least: float = 0, at_most: float = float("inf")
) -> pl.DataFrame:
    """Drop every object whose box covers a smaller or larger share of its image; that stays."""
    area = pl.col("width").cast(pl.Float64) * pl.col("height")
    shares = images.select(pl.col("objects").list.eval(_area()) / area)
    kept = shares.select(
        pl.col("objects").list.eval(pl.element().is_between(at_least, at_most).arg_true())
    )
    return images.with_columns(pl.col("objects").list.gather(kept.to_series()))


def filter_shapes(
    images: pl.DataFrame, *, min_side: float = 0, max_aspect: float = float("inf")
) -> pl.DataFrame:
    """Drop every object whose box is narrower, or longer for its width; the image stays."""
    short, long = pl.min_horizontal(_of("w"), _of("h")), pl.max_horizontal(_of("w"), _of("h"))
    fits = (short >= min_side) & ((long <= short * max_aspect) | (max_aspect == float("inf")))
    return _with_boxes(images, fits)


def filter_scores(images: pl.DataFrame, *, at_least: float) -> pl.DataFrame:
    """Drop every prediction with a lower score; truth, which has none, stays."""
    return _with_boxes(images, _of("score").is_null() | (_of("score") >= at_least))


def with_labels(images: pl.DataFrame, *, labels: Collection[str]) -> pl.DataFrame:
    """Keep the images that have an object of one of these classes, with all their objects."""
    return images.filter(_shows(labels))


def without_labels(images: pl.DataFrame, *, labels: Collection[str]) -> pl.DataFrame:
    """Keep the images that have no object of any of these classes."""
    return images.filter(~_shows(labels))


def filter_tags(images: pl.DataFrame, *, tags: Values) -> pl.DataFrame:
    """Keep the images that carry all of `tags`."""
    wanted = [_carries(pl.col("tags"), key, values) for key, values in tags.items()]
    return images.filter(wanted) if wanted else images


def exclude_tags(images: pl.DataFrame, *, tags: Values) -> pl.DataFrame:
    """Keep the images that carry none of `tags`."""
    unwanted = [_carries(pl.col("tags"), key, values) for key, values in tags.items()]
    return images.filter(~pl.any_horizontal(unwanted)) if unwanted else images


def filter_sizes(images: pl.DataFrame, *, min_side: int) -> pl.DataFrame:
    """Keep the images whose shorter side has at least so many pixels."""
    return images.filter(pl.min_horizontal("width", "height") >= min_side)


def drop_unlabelled(images: pl.DataFrame) -> pl.DataFrame:
    """Keep the images that have at least one object."""
    return images.filter(pl.col("objects").list.len() > 0)


def _of(field: str) -> pl.Expr:
    """A field of an object, or of whatever is listed."""
    return pl.element().struct.field(field)


def _area() -> pl.Expr:
    return _of("w").cast(pl.Float64) * _of("h")


def _carries(listed: pl.Expr, key: str, values: Collection[str]) -> pl.Expr:
    """Whether one of these pairs has the key and one of the values."""
    is_it = (_of("key") == key) & _of("value").is_in(list(values))
    return listed.list.eval(is_it).list.any().fill_null(value=False)


def _shows(labels: Collection[str]) -> pl.Expr:
    return pl.col("objects").list.eval(_of("label").is_in(list(labels))).list.any()


def _with_boxes(images: pl.DataFrame, wanted: pl.Expr) -> pl.DataFrame:
    return images.with_columns(pl.col("objects").list.eval(pl.element().filter(wanted)))
