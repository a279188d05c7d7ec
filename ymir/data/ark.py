"""YMIR's ark lines: boxes in whole pixels, as executors read them. Pure.

A line is `class, xmin, ymin, xmax, ymax, quality, angle`: the class counts from 0, `xmax` and
`ymax` are the last pixels inside, and a quality of -1 is none.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ymir.data.table import objects_of

CORNERS = ("left", "top", "right", "bottom")


def ark(
    images: pl.DataFrame, class_names: Sequence[str], *, is_short: bool = False
) -> pl.DataFrame:
    """Columns `image` and `text`: `class, xmin, ymin, xmax, ymax, quality, angle` per object.

    The short lines of YMIR 1.1 end with the box.
    """
    line = "{}, {}, {}, {}, {}\n" if is_short else "{}, {}, {}, {}, {}, -1.0, 0.0\n"
    boxes = whole_boxes(images, class_names).with_columns(text=pl.format(line, "index", *CORNERS))
    return text_per_image(images, boxes).select("image", "text")


def whole_boxes(
    images: pl.DataFrame, class_names: Sequence[str], *, with_crowds: bool = False
) -> pl.DataFrame:
    """Objects of the given classes in whole pixels inside the image, the last pixel included.

    Crowd regions are left out where a layout has no word for them: one is not one object.
    """
    indices = {name: index for index, name in enumerate(class_names)}
    is_wanted = pl.lit(with_crowds) | ~pl.col("crowd")
    found = objects_of(images).filter(pl.col("label").is_in(list(indices)) & is_wanted)
    sized = found.join(images.select("image", "width", "height"), on="image", maintain_order="left")
    wide, high = pl.col("width") - 1, pl.col("height") - 1
    left, top, right, bottom = (
        pl.sum_horizontal(pl.col(each).cast(pl.Float64) for each in parts).round().cast(pl.Int64)
        for parts in (("x",), ("y",), ("x", "w"), ("y", "h"))
    )
    first = sized.with_columns(
        left=pl.min_horizontal(pl.max_horizontal(left, 0), wide),
        top=pl.min_horizontal(pl.max_horizontal(top, 0), high),
        index=pl.col("label").replace_strict(indices, return_dtype=pl.Int64),
    )
    return first.with_columns(
        right=pl.max_horizontal(pl.min_horizontal(right - 1, wide), "left"),
        bottom=pl.max_horizontal(pl.min_horizontal(bottom - 1, high), "top"),
    )


def text_per_image(images: pl.DataFrame, boxes: pl.DataFrame) -> pl.DataFrame:
    """The images in their order, with the text of all their boxes."""
    joined = boxes.group_by("image", maintain_order=True).agg(pl.col("text").str.join(""))
    return images.join(joined, on="image", how="left", maintain_order="left").with_columns(
        pl.col("text").fill_null("")
    )
