"""How large a simulation is, and where it starts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulation.grounds import ground_of
from ymir.errors import DataError
from ymir.simulation.design import Wishes, design, first_images


def test_a_batch_is_as_large_as_the_projects_where_there_are_enough_labels() -> None:
    found = design(ground_of(500, topk=20), Wishes(("random",)))
    assert (found.start, found.topk, found.rounds) == (20, 20, 6)
    assert found.trainings == 5 * (2 + 6)


def test_with_few_labels_batches_are_smaller_and_a_third_stays_out() -> None:
    found = design(ground_of(60, topk=20), Wishes(("random",), seeds=2))
    assert (found.start, found.topk, found.rounds) == (6, 6, 5)
    assert found.start + found.rounds * found.topk <= 40
    assert found.seeds == (1, 2)


def test_too_few_labels_are_refused_with_what_would_do() -> None:
    with pytest.raises(DataError, match=r"`pets` has 39 images with labels: too few") as error:
        design(ground_of(39, topk=20), Wishes(("random",)))
    assert "with 40 it begins" in str(error.value.hint)


def test_more_than_there_is_is_refused() -> None:
    with pytest.raises(DataError, match=r"10 images at first and 6 rounds of 20 are more than"):
        design(ground_of(100, topk=20), Wishes(("random",), start=10, topk=20, rounds=6))


def test_labels_without_a_box_are_refused() -> None:
    with pytest.raises(DataError, match="have no box"):
        design(ground_of(100, topk=5, boxes=()), Wishes(("random",)))


@given(st.integers(1, 50), st.integers(0, 5))
def test_a_start_has_a_box_and_is_drawn_by_lot(count: int, seed: int) -> None:
    ground = ground_of(60, topk=5, boxes=("cat",))
    first = first_images(ground, count, seed)
    assert ground.boxes(first) == {"cat": 1}
    assert len(first) == len(set(first)) == count
    assert first == first_images(ground, count, seed)
    assert first_images(ground_of(60, topk=5), count, seed)


def test_other_seeds_start_elsewhere() -> None:
    ground = ground_of(60, topk=5)
    assert len({first_images(ground, 10, seed) for seed in range(5)}) == 5
