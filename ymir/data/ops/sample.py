"""Pick images at random, the same ones every time."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from ymir.data.lots import lots
from ymir.data.table import gathered, in_order, tag_of
from ymir.errors import DataError


def sample(
    images: pl.DataFrame, *, count: int | None = None, share: float | None = None, seed: int
) -> pl.DataFrame:
    """Pick `count` images, or a `share` of them: those that draw the lowest lots.

    So images that are added to a dataset disturb an earlier pick as little as possible, and a
    smaller pick is part of a larger one.
    """
    drawn, size = _drawn(images, seed), _size(images, count, share)
    if 0 < size < images.height:
        last = np.partition(drawn["lot"].to_numpy(), size - 1)[size - 1]
        drawn = drawn.filter(pl.col("lot") <= last)
    # two images may draw one lot, so what is left may still be one too many
    order = drawn.sort("lot", "image") if drawn.height > size else drawn
    return _picked(images, order, count, share)


def sample_per_class(
    images: pl.DataFrame, *, count: int | None = None, share: float | None = None, seed: int
) -> pl.DataFrame:
    """Pick as many images of each class as of any other, until there are no more of it.

    An image with several classes stands for the rarest of them, one without a box for none: it is
    never picked.
    """
    turn = _in_turn(_drawn(images, seed).with_columns(group=_rarest(images)))
    return _picked(images, turn.sort("place", "group"), count, share)


def sample_per_tag(
    images: pl.DataFrame,
    *,
    tag: str,
    count: int | None = None,
    share: float | None = None,
    seed: int,
) -> pl.DataFrame:
    """Pick as many images of each value of a tag as of any other, until there are no more of it.

    Those without the tag are left out.
    """
    turn = _in_turn(_drawn(images, seed).with_columns(group=tag_of(images, tag)))
    return _picked(images, turn.sort("place", "group"), count, share)


def sample_in_ratio(
    images: pl.DataFrame,
    *,
    ratio: Mapping[str, float],
    count: int | None = None,
    share: float | None = None,
    seed: int,
) -> pl.DataFrame:
    """Pick images of the classes in `ratio` so that there are so many of one for each of another.

    An image stands for the rarest of these classes on it, or is never picked. The ratio holds:
    where a class has too few images for it, fewer are picked of the others, too.
    """
    rarest = _rarest(images, tuple(ratio))
    found = {name: int((rarest == name).sum()) for name in ratio}
    if absent := [name for name, images_of_it in found.items() if not images_of_it]:
        raise DataError(
            f"no image stands for `{absent[0]}`: there is none, or each has a rarer class, too",
            hint="leave the class out of `ratio`",
        )
    turn = _in_turn(_drawn(images, seed).with_columns(group=rarest))
    weight = pl.col("group").replace_strict(dict(ratio), return_dtype=pl.Float64)
    far = min(found[name] / weight_of_it for name, weight_of_it in ratio.items())
    order = turn.with_columns(place=(pl.col("place") + 1) / weight).filter(pl.col("place") <= far)
    return _picked(images, order.sort("place", "group"), count, share)


def _drawn(images: pl.DataFrame, seed: int) -> pl.DataFrame:
    """For each image its row and its lot."""
    drawn = images.select("image").with_row_index("row")
    return drawn.with_columns(lot=pl.Series(lots(images["image"], seed=seed)))


def _in_turn(drawn: pl.DataFrame) -> pl.DataFrame:
    """The place of each image among those of its group; without those that have no group."""
    ordered = drawn.drop_nulls("group").sort("group", "lot", "image")
    return ordered.with_columns(place=pl.int_range(pl.len()).over("group"))


def _rarest(images: pl.DataFrame, labels: tuple[str, ...] | None = None) -> pl.Series:
    """Of the classes on each image the one that fewest images have; null where there is none."""
    label = pl.element().struct.field("label")
    on_each = images.select(pl.col("objects").list.eval(label.unique()).alias("label"))
    counted = on_each["label"].explode().drop_nulls().value_counts()
    if labels is not None:
        counted = counted.filter(pl.col("label").is_in(labels))
    rarity = counted.sort("count", "label")["label"]
    places = pl.Series(range(rarity.len()), dtype=pl.UInt32)
    known = pl.element().replace_strict(rarity, places, default=None, return_dtype=pl.UInt32)
    first = on_each.select(pl.col("label").list.eval(known).list.min()).to_series()
    return first.replace_strict(places, rarity, default=None, return_dtype=pl.String)


def _picked(
    images: pl.DataFrame, order: pl.DataFrame, count: int | None, share: float | None
) -> pl.DataFrame:
    """The first of `order`, sorted by their digests."""
    size = _size(images, count, share)
    rows = order["row"].head(size)
    return gathered(images, rows.gather(in_order(images["image"].gather(rows))))


def _size(images: pl.DataFrame, count: int | None, share: float | None) -> int:
    return count if count is not None else round((share or 0) * images.height)
