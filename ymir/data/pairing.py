"""Which boxes of two answers are the same object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

SAME = 0.5  # boxes of one class that overlap so far are one object

Object: TypeAlias = Mapping[str, Any]  # as a row of a table holds it


def pairs(one: Sequence[Object], other: Sequence[Object]) -> list[tuple[int, int, float]]:
    """Boxes that are the same object, best first: places in `one` and `other`, and their overlap.

    Each box has at most one partner, of its own class. What is a crowd pairs with a crowd only.
    """
    if not one or not other:
        return []
    found = _overlaps(_corners(one), _corners(other))
    alike = _kinds(one)[:, None] == _kinds(other)[None, :]
    left, right = np.nonzero(alike & (found >= SAME))
    order = np.argsort(-found[left, right], kind="stable")
    taken: tuple[set[int], set[int]] = (set(), set())
    paired = []
    for first, second in zip(left[order].tolist(), right[order].tolist(), strict=True):
        if first not in taken[0] and second not in taken[1]:
            taken[0].add(first)
            taken[1].add(second)
            paired.append((first, second, float(found[first, second])))
    return paired


def _corners(objects: Sequence[Object]) -> NDArray[np.float64]:
    sides = np.array([[each[side] for side in "xywh"] for each in objects], np.float64)
    return np.hstack([sides[:, :2], sides[:, :2] + sides[:, 2:]])


def _kinds(objects: Sequence[Object]) -> NDArray[np.str_]:
    return np.array([f"{bool(each['crowd'])} {each['label']}" for each in objects])


def _overlaps(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of each box with each."""
    first, second = one[:, None], other[None, :]
    size = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(first[..., :2], second[..., :2])
    both = np.prod(np.maximum(size, 0.0), axis=-1)
    area = np.prod(one[:, 2:] - one[:, :2], axis=-1)[:, None]
    whole = area + np.prod(other[:, 2:] - other[:, :2], axis=-1)[None, :] - both
    return np.asarray(both / np.where(whole > 0, whole, 1.0), np.float64)
