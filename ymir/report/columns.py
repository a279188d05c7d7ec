"""Columns of a table as a page's script reads them: short, and without what nobody sees."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

_FINE = 1000  # parts of a score that are told apart


def counts(rows: pl.Series, images: int) -> list[int]:
    """How many boxes each image has; `rows` names the image of each box."""
    found: list[int] = np.bincount(rows.to_numpy(), minlength=images).tolist()
    return found


def tenths(values: pl.Series) -> list[float | int]:
    """Tenths of a pixel are enough to draw, and half the text; what is no number is 0."""
    tens = values.cast(pl.Float64).fill_null(0).to_numpy() * 10
    tens = np.rint(np.where(np.isfinite(tens), tens, 0)).astype(np.int64)
    return [each // 10 if each % 10 == 0 else each / 10 for each in tens.tolist()]


def thousandths(scores: pl.Series, threshold: float) -> list[float]:
    """Scores cut, never rounded up, so that none crosses a whole thousandth, such as a bin's edge.

    Those in the threshold's own thousandth stay as they are: none crosses the threshold either.
    """
    exact = scores.cast(pl.Float64).fill_null(0).to_numpy()
    fine = np.floor(exact * _FINE)
    near = fine == math.floor(threshold * _FINE)
    cut: list[float] = np.where(near, exact, fine / _FINE).tolist()
    return cut


def references(lists: pl.Series) -> tuple[list[tuple[str, str]], list[list[int]]]:
    """The pairs of key and value that there are, and per list the places of its own among them."""
    rows = pl.DataFrame({"pairs": lists}).with_row_index("at")
    flat = rows.explode("pairs").drop_nulls("pairs").unnest("pairs")
    known = flat.select("key", "value").unique().sort("key", "value").with_row_index("number")
    numbered = flat.join(known, on=["key", "value"], how="left", maintain_order="left")
    listed = numbered.group_by("at", maintain_order=True).agg("number")
    numbers: list[list[int]] = [[] for _ in range(rows.height)]
    for at, places in listed.iter_rows():
        numbers[at] = places
    return [(key, value) for key, value in known.select("key", "value").iter_rows()], numbers
