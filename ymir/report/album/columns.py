"""Columns of a table as a page's script reads them: short, and without what nobody sees."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

MOST_VALUES = 200  # of one tag or attribute

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


@dataclass(frozen=True)
class References:
    """Lists of keys and values, as places among the pairs that there are."""

    pairs: list[tuple[str, str]]
    places: list[list[int]]  # by list
    left_out: list[str]  # keys of which nearly every list has a value of its own


def references(lists: pl.Series, most: int = MOST_VALUES) -> References:
    """The pairs that there are, and each list's own; keys of more than `most` values are left out.

    Nobody chooses from so many, and they would fill the page.
    """
    rows = pl.DataFrame({"pairs": lists}).with_row_index("at")
    flat = rows.explode("pairs").drop_nulls("pairs").unnest("pairs").fill_null("")
    known = flat.select("key", "value").unique().sort("key", "value")
    crowded = known.group_by("key").len().filter(pl.col("len") > most)["key"].sort()
    told = known.filter(~pl.col("key").is_in(crowded.implode())).with_row_index("number")
    listed = flat.join(told, on=["key", "value"]).sort("at", "number").group_by("at").agg("number")
    places: list[list[int]] = [[] for _ in range(rows.height)]
    for at, own in listed.iter_rows():
        places[at] = own
    return References(list(told.select("key", "value").iter_rows()), places, crowded.to_list())
