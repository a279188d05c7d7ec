"""Keep one of several pictures that look alike."""

from typing import Literal

import numpy as np
import polars as pl

from ymir.data.near import leaders


def dedupe(
    images: pl.DataFrame,
    hashes: pl.Series,
    *,
    distance: int,
    keep: Literal["first", "labelled"] = "first",
) -> pl.DataFrame:
    """Drop every image whose hash differs in at most `distance` bits from that of one that is kept.

    `hashes` has one per row, null where the picture says nothing: such an image stays. Earlier rows
    go before later ones; with `labelled`, those with a box go before those without. What is left is
    never near to each other, and whatever is dropped is near to something that is left.
    """
    rows = hashes.is_not_null().arg_true().to_numpy()
    if keep == "labelled":
        has_boxes = images["objects"].list.len().to_numpy()[rows] > 0
        rows = np.concatenate([rows[has_boxes], rows[~has_boxes]])
    ordered = hashes.drop_nulls() if keep == "first" else hashes.gather(rows)
    is_kept = np.ones(images.height, dtype=bool)
    is_kept[rows] = False
    is_kept[rows[leaders(ordered.to_numpy(), distance=distance)]] = True
    return images.filter(pl.Series(is_kept))
