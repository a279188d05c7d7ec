import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mining.strategies import directions
from ymir.picking.cover import distances, farthest_first

TURNS = np.eye(8, dtype=np.float32)
FAR = 2**0.5


def order(vectors, turns, weights=None, far=None):
    many = len(vectors)
    weights = np.ones((many, 1)) if weights is None else np.array(weights, float)
    far = np.full(many, FAR) if far is None else np.array(far, float)
    return farthest_first(vectors, far, weights=weights, turns=turns).tolist()


def test_a_distance_is_0_for_the_same_and_the_root_of_2_for_nothing_in_common():
    wanted = np.concatenate([TURNS[:2], -TURNS[:1], (TURNS[:1] + TURNS[1:2]) / FAR])
    found = distances(wanted, TURNS[:1])
    assert found.tolist() == pytest.approx([0, FAR, FAR, 0.7653668], abs=1e-3)


def test_the_nearest_of_what_is_known_counts():
    assert distances(TURNS[:3], TURNS[1:3]).tolist() == [FAR, 0, 0]


def test_where_nothing_is_known_all_are_far_and_what_says_nothing_is_near():
    wanted = np.concatenate([TURNS[:1], np.zeros((1, 8), np.float32)])
    assert distances(wanted, None).tolist() == [FAR, 0]
    assert distances(wanted, TURNS[:0]).tolist() == [FAR, 0]
    assert distances(wanted[:0], TURNS).tolist() == []


def test_a_distance_is_the_same_to_the_last_digit_whatever_else_is_asked_for():
    wanted, known = directions(3000, 1), directions(900, 2)
    whole = distances(wanted, known)
    assert (distances(wanted[7:8], known) == whole[7:8]).all()
    assert (distances(wanted[::-1], known[::-1]) == whole[::-1]).all()


def test_each_next_row_is_far_from_those_before_it():
    assert order(TURNS[[0, 0, 1, 1, 2]], [0] * 5) == [0, 2, 4, 1, 3]


def test_each_turn_weighs_by_its_own_column():
    weights = [(1, 0), (0.9, 0), (0, 0.5), (0, 0.4)]
    assert order(TURNS[:4], [1, 0, 1, 0], weights) == [2, 0, 3, 1]


def test_a_turn_that_wants_nothing_takes_what_is_farthest():
    weights, far = [(1, 0), (1, 0), (1, 0)], [0.1, 0.3, 0.2]
    assert order(TURNS[:3], [1], weights, far)[0] == 1


def test_rows_without_a_turn_follow_by_what_they_are_worth_then():
    weights, far = [(1,), (3,), (2,)], [1, 1, 1]
    assert order(TURNS[:3], [], weights, far) == [1, 2, 0]
    assert order(TURNS[:0], [0, 0], np.ones((0, 1)), []) == []


def test_every_row_is_there_once_however_many_turns_there_are():
    vectors = np.concatenate([directions(20, 5), np.zeros((3, 8), np.float32)])
    for turns in (0, 7, 23, 99):
        assert sorted(order(vectors, [0] * turns)) == list(range(23))


def slowly(vectors, far, weights, turns):
    """The same order, every distance looked at in every turn."""
    left, is_left, found = far.copy(), np.ones(len(far), bool), []
    for column in turns[: len(far)]:
        worth = left * weights[:, column]
        worth = worth if worth[is_left].max() > 0 else left
        found.append(int(np.where(is_left, worth, -1.0).argmax()))
        is_left[found[-1]] = False
        left = np.minimum(left, distances(vectors, vectors[found[-1:]]))
    return found


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 9999), st.integers(1, 200), st.integers(1, 3), st.integers(1, 60))
def test_looking_only_where_it_matters_changes_nothing(seed, count, columns, first):
    chance = np.random.default_rng(seed)
    vectors = directions(40, seed)[chance.integers(40, size=count)]
    weights = chance.random((count, columns)) * (chance.random((count, columns)) < 0.7)
    turns = chance.integers(columns, size=first).tolist()
    far = distances(vectors, directions(3, seed + 1))
    found = farthest_first(vectors, far, weights=weights, turns=turns)
    assert found[:first].tolist() == slowly(vectors, far, weights, turns)
    assert sorted(found) == list(range(count))
