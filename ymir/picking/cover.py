"""How far images are from others, and orders in which each is far from those before it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

Features = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

_LEVELS = 2048  # of a coordinate: products of whole numbers, whose sums a float holds exactly
_PIECE = 4_000_000  # distances that are held at a time


def features_of(rows: pl.DataFrame) -> Features:
    """The column `feature` as an array of one row per image."""
    return rows["feature"].to_numpy()


def distances(features: Features, known: Features | None) -> Floats:
    """How far each row is from the nearest of `known`, 0 to the root of 2: nothing in common.

    Where none are known, every row is as far as can be. A row of zeros is of an image that nothing
    is known of, and is near. The figure does not depend on which other rows there are.
    """
    wanted = _whole(features)
    best = np.full(len(wanted), -1.0)
    if known is not None and len(known):
        against = _whole(known).T
        step = max(1, _PIECE // len(known))
        for at in range(0, len(wanted), step):
            best[at : at + step] = _alike(wanted[at : at + step] @ against).max(axis=1)
    return np.where(wanted.any(axis=1), _apart(best), 0.0)


def farthest_first(
    features: Features, far: Floats, *, weights: Floats, turns: Sequence[int]
) -> npt.NDArray[np.int64]:
    """All rows in an order: next comes the one that is farthest from those before it, weighted.

    `far` is how far each row is from what was there before. In each turn the distance counts times
    a column of `weights`, shape (rows, columns): that which `turns` names; where it leaves nothing
    above 0, the distance alone. Of equals, the first row comes first. Rows that have no turn follow
    by how far they are then, times the largest of their weights.
    """
    rows, left = _whole(features), far.copy()
    is_known, is_left = rows.any(axis=1), np.ones(len(rows), bool)
    order: list[int] = []
    for column in turns[: len(rows)]:
        worth = left * weights[:, column]
        row = int(np.where(is_left, worth if worth[is_left].max() > 0 else left, -1.0).argmax())
        order.append(row)
        is_left[row] = False
        near = np.where(is_known, _apart(_alike(rows @ rows[row])), np.inf)
        np.minimum(left, near, out=left)
    rest = np.flatnonzero(is_left)
    worth = (left * weights.max(axis=1))[rest]
    return np.concatenate([np.array(order, np.int64), rest[np.argsort(-worth, kind="stable")]])


def _whole(features: Features) -> Features:
    return np.asarray(np.rint(features * _LEVELS), np.float32)


def _alike(products: Features) -> Floats:
    return products.astype(np.float64) / _LEVELS**2


def _apart(alike: Floats) -> Floats:
    """The length of the straight line between two ends of rows of length 1."""
    return np.asarray(np.sqrt(np.clip(2 - 2 * alike, 0, 2)), np.float64)
