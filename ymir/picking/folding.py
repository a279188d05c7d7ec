"""Images that look alike count once."""

import numpy as np
import numpy.typing as npt
import polars as pl

from ymir.data.near import leaders, near_between


def unlike(
    phash: pl.Series, *, distance: int, against: npt.NDArray[np.uint64] | None = None
) -> pl.Series:
    """Which rows look like none of `against`, and like no earlier one that looks like none, either.

    Two look alike whose hashes differ in at most `distance` bits; a null is like nothing. The
    answer for a row depends on the rows before it alone.
    """
    given = np.flatnonzero(phash.is_not_null().to_numpy())
    hashes = phash.drop_nulls().to_numpy()
    is_new = np.ones(len(hashes), bool)
    if against is not None and len(against):
        is_new[near_between(hashes, against, distance=distance).rows] = False
    free = np.flatnonzero(is_new)
    is_first = np.zeros(len(hashes), bool)
    is_first[free[leaders(hashes[free], distance=distance)]] = True
    answer = np.ones(len(phash), bool)
    answer[given] = is_first
    return pl.Series("is_new", answer)
