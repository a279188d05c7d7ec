"""Boxes of rare classes count more."""

from collections.abc import Mapping

import polars as pl

_LEAST, _MOST = 0.5, 4.0  # times the mean; beyond, a class counts no less and no more


def rarity(labelled: Mapping[str, int]) -> pl.Expr:
    """What a box of the class in the column `label` counts, by how many of it are labelled.

    The square root of how much rarer the class is than the mean one, as Gupta, Dollar, Girshick
    repeat images: "LVIS: A Dataset for Large Vocabulary Instance Segmentation", CVPR 2019. It stays
    between 0.7 and 2: a class that is hardly labelled counts twice, one that is everywhere 0.7
    times. Where nothing is known of any class, all count 1.
    """
    if not labelled:
        return pl.lit(1.0)
    mean = sum(labelled.values()) / len(labelled)
    parts = {label: (mean + 1) / (count + 1) for label, count in labelled.items()}
    weights = {label: min(max(part, _LEAST), _MOST) ** 0.5 for label, part in parts.items()}
    return pl.col("label").replace_strict(weights, default=_MOST**0.5, return_dtype=pl.Float64)
