"""The search finds what comparing everything with everything finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ymir.data.near import groups, leaders, near_between, near_pairs


def array(*hashes: int) -> np.ndarray:
    return np.array(hashes, dtype=np.uint64)


def bits_apart(hashes: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.bitwise_count(hashes[:, None] ^ others[None, :]).astype(int)


@st.composite
def clustered(draw: st.DrawFn, most: int = 60) -> np.ndarray:
    """Hashes like those of pictures: few centres, copies, and some bits away from the centres."""
    centres = draw(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=4))
    flips = st.lists(st.integers(0, 63), max_size=12)
    each = draw(st.lists(st.tuples(st.sampled_from(centres), flips), max_size=most))
    return array(*(centre ^ sum({1 << bit for bit in bits}) for centre, bits in each))


distances = st.integers(0, 12)


@settings(deadline=None)
@given(clustered(), distances)
def test_every_near_pair_is_found_once_and_copies_are_paired_with_the_first_only(hashes, distance):
    firsts = [row for row, each in enumerate(hashes) if each not in hashes[:row]]
    expected = {
        (int(row), int(other))
        for row in firsts
        for other in range(row + 1, len(hashes))
        if (other in firsts and np.bitwise_count(hashes[row] ^ hashes[other]) <= distance)
        or hashes[row] == hashes[other]
    }
    found = near_pairs(hashes, distance=distance)
    assert found.shape == (len(expected), 2)
    assert {tuple(pair) for pair in found.tolist()} == expected
    assert found.tolist() == sorted(found.tolist())


@settings(deadline=None)
@given(clustered(), clustered(), distances)
def test_each_row_gets_its_nearest_and_of_equally_near_ones_the_first(hashes, others, distance):
    apart = bits_apart(hashes, others) if len(others) else np.full((len(hashes), 1), 99)
    expected = [
        (row, int(of_row.argmin()), int(of_row.min()))
        for row, of_row in enumerate(apart)
        if of_row.min() <= distance
    ]
    found = near_between(hashes, others, distance=distance)
    assert list(zip(*(column.tolist() for column in found), strict=True)) == expected


@settings(deadline=None)
@given(clustered(), distances)
def test_groups_are_what_chains_of_near_pairs_connect(hashes, distance):
    near = bits_apart(hashes, hashes) <= distance
    lowest = np.arange(len(hashes))
    for _ in range(len(hashes)):
        for row in range(len(hashes)):
            lowest[row] = lowest[near[row]].min()
    assert groups(hashes, distance=distance).tolist() == lowest.tolist()


@pytest.mark.parametrize("most", [1 << 24, 10, 0])
@settings(deadline=None)
@given(clustered(), distances)
def test_leaders_are_chosen_from_the_first_on(most, hashes, distance):
    """The same ones, whether all pairs can be held at a time or not."""
    expected: list[int] = []
    for row, each in enumerate(hashes):
        if not (np.bitwise_count(hashes[expected] ^ each) <= distance).any():
            expected.append(row)
    assert leaders(hashes, distance=distance, most=most).tolist() == expected


@pytest.mark.parametrize("distance", [0, 1, 4, 8])
def test_what_is_planted_among_many_is_found_and_so_is_nothing_else(distance):
    chance = np.random.default_rng(distance)
    hashes = chance.integers(0, 2**64, 50_000, dtype=np.uint64)
    planted = hashes[:100].copy()
    for row in range(100):
        for bit in chance.choice(64, distance, replace=False):
            planted[row] ^= np.uint64(1 << int(bit))
    pairs = near_pairs(np.concatenate([hashes, planted]), distance=distance)
    assert {(row, 50_000 + row) for row in range(100)} <= {tuple(pair) for pair in pairs.tolist()}
    both = np.concatenate([hashes, planted])[pairs]
    assert (np.bitwise_count(both[:, 0] ^ both[:, 1]) <= distance).all()
    assert len(pairs) < 110  # random hashes of 64 bits are hardly ever near


def test_a_million_copies_make_a_million_pairs_and_not_their_square():
    hashes = np.full(1_000_000, 7, dtype=np.uint64)
    assert len(near_pairs(hashes, distance=8)) == 999_999
    assert not groups(hashes, distance=8).any()
    assert (near_between(hashes, hashes, distance=8).nearest == 0).all()


def test_a_crowd_of_alike_pictures_is_searched_in_pieces():
    """Some 2,500 hashes that are all near one another: three million pairs, one group."""
    chance = np.random.default_rng(1)
    hashes = np.unique(chance.integers(0, 2**12, 4_000, dtype=np.uint64))
    assert len(near_pairs(hashes, distance=12)) == len(hashes) * (len(hashes) - 1) // 2
    assert not groups(hashes, distance=12).any()


def test_nothing_is_near_nothing():
    nothing = array()
    assert near_pairs(nothing, distance=4).shape == (0, 2)
    assert near_pairs(array(5), distance=4).shape == (0, 2)
    assert groups(nothing, distance=4).tolist() == []
    assert near_between(nothing, array(1), distance=4).rows.tolist() == []
    assert near_between(array(1), nothing, distance=4).rows.tolist() == []


def test_the_first_and_the_last_bit_count_like_any_other():
    hashes = array(0, 1, 1 << 63, 2**64 - 1)
    assert near_pairs(hashes, distance=1).tolist() == [[0, 1], [0, 2]]
    assert near_pairs(hashes, distance=2).tolist() == [[0, 1], [0, 2], [1, 2]]
    assert groups(hashes, distance=1).tolist() == [0, 0, 0, 3]
