"""How far images are from others, and orders in which each is far from those before it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Features = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

_LEVELS = 2048  # of a coordinate: products of whole numbers, whose sums a float holds exactly
_PIECE = 4_000_000  # distances that are held at a time
_AT_ONCE = 64  # rows whose distances are brought up to date together


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
    cover = _Cover(_whole(features), far.copy(), np.zeros(len(far), np.int64))
    is_left = np.ones(len(far), bool)
    order = np.zeros(min(len(turns), len(far)), np.int64)
    for place, column in enumerate(turns[: len(far)]):
        while True:
            worth = np.where(is_left, cover.far * weights[:, column], -1.0)
            row = int(worth.argmax())
            if worth[row] <= 0:
                worth = np.where(is_left, cover.far, -1.0)
                row = int(worth.argmax())
            if cover.seen[row] == place:
                break
            cover.look_at(_best(worth), order[:place])
        order[place] = row
        is_left[row] = False
    rest = np.flatnonzero(is_left)
    cover.look_at(rest, order)
    worth = (cover.far * weights.max(axis=1))[rest]
    return np.concatenate([order, rest[np.argsort(-worth, kind="stable")]])


@dataclass(frozen=True, eq=False)
class _Cover:
    """How far each row is from what was there, and from the first `seen` of those in order.

    Distances only fall. So a row that is best by an old distance is looked at again, and it is the
    best if it still is; most rows are never looked at (Minoux: "Accelerated Greedy Algorithms for
    Maximizing Submodular Set Functions", 1978).
    """

    rows: Features
    far: Floats
    seen: npt.NDArray[np.int64]

    def look_at(self, some: npt.NDArray[np.int64], order: npt.NDArray[np.int64]) -> None:
        """Bring the distances of some rows up to date."""
        for since in np.unique(self.seen[some]):
            stale = some[self.seen[some] == since]
            news = self.rows[order[since:]].T
            step = max(1, _PIECE // max(1, len(order) - int(since)))
            for at in range(0, len(stale), step):
                part = stale[at : at + step]
                if news.shape[1]:
                    near = _apart(_alike(self.rows[part] @ news).max(axis=1))
                    near[~self.rows[part].any(axis=1)] = np.inf
                    self.far[part] = np.minimum(self.far[part], near)
        self.seen[some] = len(order)


def _best(worth: Floats) -> npt.NDArray[np.int64]:
    """The rows that are worth most, so many as are looked at together."""
    if len(worth) <= _AT_ONCE:
        return np.flatnonzero(worth >= 0)
    return np.argpartition(-worth, _AT_ONCE)[:_AT_ONCE]


def _whole(features: Features) -> Features:
    return np.asarray(np.rint(features * _LEVELS), np.float32)


def _alike(products: Features) -> Floats:
    return products.astype(np.float64) / _LEVELS**2


def _apart(alike: Floats) -> Floats:
    """The length of the straight line between two ends of rows of length 1."""
    return np.asarray(np.sqrt(np.clip(2 - 2 * alike, 0, 2)), np.float64)
