"""Which images of an album people want to see: whose pictures travel inside the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ymir.report.shown.album import MINED, TESTING, TRAINING, Album

Rows: TypeAlias = list[int]
_Ints: TypeAlias = NDArray[np.int64]


def by_importance(album: Album) -> Rows:
    """Every row once: by turns the worst, the broken, the fixed, … and then all the others."""
    changed = {each.name: list(each.images) for each in album.groups if each.kind == "change"}
    worst = worst_first(album)
    among = np.asarray(album.images.set, dtype=np.int64)
    noted = np.array([bool(each) for each in album.images.note], dtype=np.bool_)
    is_leaking = (among == TRAINING) | ((among == TESTING) & noted)
    kinds = (
        worst,
        changed.get("broken", []),
        changed.get("fixed", []),
        list(album.doubts.row),
        np.flatnonzero(among == MINED).tolist(),
        np.flatnonzero(is_leaking).tolist(),
    )
    everything = range(len(album.images.id))
    return list(dict.fromkeys(chain(_by_turns(kinds), everything)))


def worst_first(album: Album) -> Rows:
    """The testing images with errors of the first candidate: the most errors, the surest first."""
    errors, sureness = errors_of(album)
    among = np.asarray(album.images.set, dtype=np.int64)
    rows = np.flatnonzero((among == TESTING) & (errors > 0))
    order = np.lexsort((rows, -sureness[rows], -errors[rows]))
    worst: Rows = rows[order].tolist()
    return worst


def errors_of(album: Album) -> tuple[_Ints, NDArray[np.float64]]:
    """Per image what the first candidate invented and missed, and the scores of the invented."""
    images = len(album.images.id)
    if not album.found:
        return np.zeros(images, dtype=np.int64), np.zeros(images)
    found, threshold = album.found[0], album.candidates[0].threshold
    row, hit, score = _row_of_each(found.count), np.asarray(found.hit, np.int64), found.score
    counted = np.asarray(score, np.float64) >= threshold
    invented = counted & (hit == -1)
    starts = np.concatenate([[0], np.cumsum(np.asarray(album.truth.count, np.int64))])
    is_missed = np.asarray(album.truth.crowd, np.int64) == 0
    hits = counted & (hit >= 0)
    is_missed[starts[row[hits]] + hit[hits]] = False
    missed = np.bincount(_row_of_each(album.truth.count)[is_missed], minlength=images)
    wrong = np.bincount(row[invented], minlength=images)
    sureness = np.bincount(row[invented], np.asarray(score, np.float64)[invented], images)
    return (wrong + missed).astype(np.int64), sureness.astype(np.float64)


def _row_of_each(count: Sequence[int]) -> _Ints:
    return np.repeat(np.arange(len(count)), np.asarray(count, np.int64))


def _by_turns(kinds: Sequence[Sequence[int]]) -> Iterator[int]:
    for turn in zip_longest(*kinds):
        yield from (row for row in turn if row is not None)
