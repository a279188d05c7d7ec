"""Near duplicates: which of a million 64-bit hashes differ in a few bits only.

Multi-index hashing (Norouzi, Punjani, Fleet: "Fast Search in Hamming Space with Multi-Index
Hashing", CVPR 2012): the 64 bits are cut into bands, and hashes that differ in few bits differ in
even fewer in at least one band. So each band is a table; a hash is compared with those alone whose
band is the same but for that few bits. Exact, and nothing is ever compared with everything.

Equal hashes are folded before the search, so a million copies of one picture cost one look-up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

BITS = 64

_MOST_BANDS = 16
_WIDEST = 22  # bits of a band: its table has an entry for each of their values
_MOST_PAIRS = 1 << 24  # pairs that are held at a time
_PIECE = 1 << 20  # pairs that are compared at a time, unless one hash alone has more
_PER_MASK, _PER_HASH, _PER_PAIR = 50e-6, 7e-9, 20e-9  # seconds; only the choice of bands needs them

Hashes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Nearest(NamedTuple):
    """Rows of one set with the nearest row of another, and in how many bits the two differ."""

    rows: Rows
    nearest: Rows
    distance: Rows


def near_pairs(hashes: Hashes, *, distance: int) -> Rows:
    """Pairs of rows whose hashes differ in at most `distance` bits, as an array of two columns.

    The lower row stands first, and the pairs are sorted. A row whose hash has been seen before is
    paired with the first such row only, and only that one with others: n copies make n - 1 pairs.
    But n pictures that are merely alike make n² / 2: for crowds, ask for `groups` or `leaders`.
    """
    distinct, first, copy_of = _folded(hashes)
    pairs = [
        np.stack([first[one], first[other]], axis=1)
        for one, other in _search(distinct, distinct, distance)
    ]
    rows = np.arange(len(hashes))
    is_copy = rows != first[copy_of]
    pairs.append(np.stack([first[copy_of[is_copy]], rows[is_copy]], axis=1))
    found = np.sort(np.concatenate(pairs), axis=1)
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def near_between(hashes: Hashes, others: Hashes, *, distance: int) -> Nearest:
    """For each of `hashes` that has one, the nearest of `others` within `distance` bits.

    Of equally near ones the first. There are never more than `hashes`, however alike they all are.
    """
    distinct, _, copy_of = _folded(hashes)
    against, first, _ = _folded(others)
    none = np.int64(np.iinfo(np.int64).max)
    best = np.full(len(distinct), none)
    for one, other in _search(distinct, against, distance, is_same=False):
        bits = np.bitwise_count(distinct[one] ^ against[other]).astype(np.int64)
        np.minimum.at(best, one, bits << 48 | first[other])
    of_each = best[copy_of]
    rows = np.flatnonzero(of_each != none)
    return Nearest(rows, of_each[rows] & ((1 << 48) - 1), of_each[rows] >> 48)


def groups(hashes: Hashes, *, distance: int) -> Rows:
    """For each row, the first row of its group: whatever a chain of near pairs connects.

    The two ends of a chain may differ in more than `distance` bits, e.g. in a slow pan of a camera.
    """
    distinct, first, copy_of = _folded(hashes)
    leader = np.arange(len(distinct))
    for one, other in _gathered(_search(distinct, distinct, distance)):
        leader = _joined(leader, one, other)
    lowest = np.full(len(distinct), len(hashes))
    np.minimum.at(lowest, leader, first)
    return lowest[leader[copy_of]]


def leaders(hashes: Hashes, *, distance: int, most: int = _MOST_PAIRS) -> Rows:
    """Rows of which no two are near, chosen from the first on: any other is near to one of them.

    No more than `most` pairs are held at a time; where there are more, it takes some passes.
    """
    rows = np.sort(_folded(hashes)[1])
    chosen: list[Rows] = []
    while (pairs := _few_pairs(hashes[rows], distance, most)) is None:
        is_sure, is_open = _surely_leading(hashes[rows], distance)
        chosen.append(rows[is_sure])
        rows = rows[is_open]
    is_leader = np.ones(len(rows), bool)
    earlier, start = np.unique(pairs[:, 0], return_index=True)
    for one, near in zip(earlier, np.split(pairs[:, 1], start[1:]), strict=False):
        if is_leader[one]:
            is_leader[near] = False
    return np.sort(np.concatenate([*chosen, rows[is_leader]]))


def _few_pairs(distinct: Hashes, distance: int, most: int) -> Rows | None:
    """All near pairs, sorted; None where they are too many to be held."""
    found, count = [np.empty((0, 2), np.int64)], 0
    for one, other in _search(distinct, distinct, distance):
        count += len(one)
        if count > most:
            return None
        found.append(np.stack([np.minimum(one, other), np.maximum(one, other)], axis=1))
    pairs = np.concatenate(found)
    return pairs[np.argsort(pairs[:, 0], kind="stable")]


def _surely_leading(distinct: Hashes, distance: int) -> tuple[Mask, Mask]:
    """Which are near to no earlier one, and which of the others are not near to one of those."""
    is_sure = np.ones(len(distinct), bool)
    for one, other in _search(distinct, distinct, distance):
        is_sure[np.maximum(one, other)] = False
    others = np.flatnonzero(~is_sure)
    near = near_between(distinct[others], distinct[is_sure], distance=distance)
    is_open = ~is_sure
    is_open[others[near.rows]] = False
    return is_sure, is_open


def _folded(hashes: Hashes) -> tuple[Hashes, Rows, Rows]:
    """The distinct hashes, the first row of each, and for each row which of them it has."""
    distinct, first, copy_of = np.unique(hashes, return_index=True, return_inverse=True)
    return distinct, first.astype(np.int64), copy_of.astype(np.int64)


@dataclass(frozen=True)
class _Band:
    """Some of the bits, and in how many of them hashes may differ to be found by this band."""

    bits: range
    radius: int

    @property
    def mask(self) -> np.uint64:
        """The bits, set."""
        return np.uint64(sum(1 << bit for bit in self.bits))

    def masks(self) -> Iterator[int]:
        """Every way in which two values of this band may differ."""
        for count in range(self.radius + 1):
            for bits in combinations(range(len(self.bits)), count):
                yield sum(1 << bit for bit in bits)


def _bands(count: int, distance: int) -> list[_Band]:
    """Bands of which at least one finds any two hashes within `distance`.

    Were every band off by more than its radius, the hashes would differ in `distance` + 1 bits:
    so the radii sum up to `distance` + 1 - `count`. A radius of -1 is a band that is not needed.
    Each band takes every `count`-th bit, since neighbouring bits of a picture's hash are alike.
    """
    least, more = divmod(distance + 1 - count, count)
    return [_Band(range(at, BITS, count), least + (at < more)) for at in range(count)]


def _best_bands(left: int, right: int, distance: int) -> list[_Band]:
    """The number of bands that costs least, with so many hashes on either side."""

    def cost(bands: list[_Band]) -> float:
        sides = [
            (sum(comb(len(each.bits), k) for k in range(each.radius + 1)), 2.0 ** len(each.bits))
            for each in bands
        ]
        per_mask = _PER_MASK + left * _PER_HASH
        return sum(n * (per_mask + left * right / size * _PER_PAIR) for n, size in sides)

    fewest = -(-BITS // _WIDEST)
    return min((_bands(n, distance) for n in range(fewest, _MOST_BANDS + 1)), key=cost)


class _Table(NamedTuple):
    """Hashes in the order of one band's values, and where each value begins."""

    rows: Rows
    hashes: Hashes
    values: npt.NDArray[np.int32]
    starts: Rows


def _table(hashes: Hashes, band: _Band) -> _Table:
    values = np.zeros(len(hashes), np.int32)
    for place, bit in enumerate(band.bits):
        values |= ((hashes >> np.uint64(bit)) & np.uint64(1)).astype(np.int32) << np.int32(place)
    rows = np.argsort(values, kind="stable")
    starts = np.zeros((1 << len(band.bits)) + 1, np.int64)
    np.cumsum(np.bincount(values, minlength=len(starts) - 1), out=starts[1:])
    return _Table(rows, hashes[rows], values[rows], starts)


def _search(
    left: Hashes, right: Hashes, distance: int, *, is_same: bool = True
) -> Iterator[tuple[Rows, Rows]]:
    """Rows of distinct hashes within `distance`, each pair once; of one set, in one order only."""
    bands = _best_bands(len(left), len(right), distance)
    for at, band in enumerate(bands):
        if band.radius < 0:
            continue
        table = _table(right, band)
        probes = table if is_same else _table(left, band)
        for mask in band.masks():
            spans = _within(table, mask) if is_same else _spans(probes, table, mask)
            for one, other in _expanded(*spans):
                bits = probes.hashes[one] ^ table.hashes[other]
                is_near = np.bitwise_count(bits) <= distance
                one, other, bits = one[is_near], other[is_near], bits[is_near]
                is_new = np.ones(len(bits), bool)
                for earlier in bands[:at]:  # has found what is within its radius
                    is_new &= np.bitwise_count(bits & earlier.mask) > earlier.radius
                yield probes.rows[one[is_new]], table.rows[other[is_new]]


def _spans(probes: _Table, table: _Table, mask: int) -> tuple[Rows, Rows, Rows]:
    """Places of `probes`, and for each from where to where `table` has what differs by `mask`."""
    wanted = probes.values ^ np.int32(mask)
    return np.arange(len(wanted)), table.starts[wanted], table.starts[wanted + 1]


def _within(table: _Table, mask: int) -> tuple[Rows, Rows, Rows]:
    """As `_spans`, of a table with itself: each two hashes in one order only."""
    if mask == 0:
        places = np.arange(len(table.values))
        return places, places + 1, table.starts[table.values + 1]
    highest = np.int32(1 << (mask.bit_length() - 1))
    places = np.flatnonzero((table.values & highest) == 0)
    wanted = table.values[places] ^ np.int32(mask)
    return places, table.starts[wanted], table.starts[wanted + 1]


def _expanded(places: Rows, starts: Rows, ends: Rows) -> Iterator[tuple[Rows, Rows]]:
    """Each place with each place of its span, in pieces."""
    has_any = np.flatnonzero(ends > starts)
    places, starts, counts = places[has_any], starts[has_any], (ends - starts)[has_any]
    until = np.cumsum(counts)
    total = int(until[-1]) if len(until) else 0
    cuts = np.searchsorted(until, np.arange(_PIECE, total + _PIECE, _PIECE)) + 1
    begin = 0
    for end in np.unique(np.minimum(cuts, len(places))).tolist():
        count = counts[begin:end]
        offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        yield np.repeat(places[begin:end], count), np.repeat(starts[begin:end], count) + offset
        begin = end


def _gathered(pairs: Iterator[tuple[Rows, Rows]]) -> Iterator[tuple[Rows, Rows]]:
    """The same pairs in fewer, larger pieces."""
    waiting: list[tuple[Rows, Rows]] = []
    count = 0
    for each in pairs:
        waiting.append(each)
        count += len(each[0])
        if count >= _PIECE:
            yield np.concatenate([a for a, _ in waiting]), np.concatenate([b for _, b in waiting])
            waiting, count = [], 0
    if count:
        yield np.concatenate([a for a, _ in waiting]), np.concatenate([b for _, b in waiting])


def _joined(leader: Rows, one: Rows, other: Rows) -> Rows:
    """Union-find, whole columns at a time: every row's leader is the lowest row of its group."""
    leader = leader.copy()
    while True:
        low, high = np.minimum(leader[one], leader[other]), np.maximum(leader[one], leader[other])
        is_apart = low != high
        if not is_apart.any():
            return leader
        one, other = one[is_apart], other[is_apart]
        np.minimum.at(leader, high[is_apart], low[is_apart])
        while not np.array_equal(onward := leader[leader], leader):
            leader = onward
