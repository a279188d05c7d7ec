"""What a plan takes grows with the projects, and not with their square."""

import sys

import pytest

from tests.long.projects import many
from ymir.plan.plan import Plan, plan

FEW, MANY = 12, 48


def calls(count: int, rounds: int) -> tuple[int, Plan]:
    """How many functions a plan of so many projects calls, and what it says."""
    given, called = many(count, rounds), 0

    def hear(*_: object) -> None:
        nonlocal called
        called += 1

    before = sys.getprofile()
    sys.setprofile(hear)
    try:
        left = plan(*given)
    finally:
        sys.setprofile(before)
    return called, left


@pytest.mark.parametrize("rounds", [2, 6])
def test_four_times_the_projects_take_four_times_the_calls(rounds: int) -> None:
    (few, _), (more, left) = calls(FEW, rounds), calls(MANY, rounds)
    assert left.is_settled
    assert len(left.projects) == MANY
    assert more <= 1.2 * few * MANY / FEW, (few, more)
