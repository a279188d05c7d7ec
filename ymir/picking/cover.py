"""How far images are from others, and orders in which each is far from those before it."""

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
    features: Features, far: Floats, *, weight: Floats | None = None, first: int
) -> npt.NDArray[np.int64]:
    """All rows: next comes the one that is farthest from those before it, times its weight.

    `far` is how far each is from what is there already. Of equals the first row comes first. Only
    the `first` rows are ordered so; the others follow by how far they are then.
    """
    rows = _whole(features)
    left = far.copy()
    by = np.ones(len(rows)) if weight is None else weight
    is_known = rows.any(axis=1)
    order: list[int] = []
    for _ in range(min(first, len(rows))):
        worth = np.where(left < 0, -1.0, left * by)
        row = int(worth.argmax())
        order.append(row)
        near = np.where(is_known, _apart(_alike(rows @ rows[row])), np.inf)
        np.minimum(left, near, out=left)
        left[row] = -1.0
    rest = np.flatnonzero(left >= 0)
    rest = rest[np.argsort(-(left * by)[rest], kind="stable")]
    return np.concatenate([np.array(order, np.int64), rest])


def _whole(features: Features) -> Features:
    return np.asarray(np.rint(features * _LEVELS), np.float32)


def _alike(products: Features) -> Floats:
    return products.astype(np.float64) / _LEVELS**2


def _apart(alike: Floats) -> Floats:
    """The length of the straight line between two ends of rows of length 1."""
    return np.asarray(np.sqrt(np.clip(2 - 2 * alike, 0, 2)), np.float64)
