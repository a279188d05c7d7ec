"""What a round's mining is told."""

import pytest

from tests.plan.worlds import catalogue
from ymir.plan.mining import shortfall, told
from ymir.plan.snapshot import Recipe, Version

JUDGED = Version(Recipe("judge", {}, {}), "j", 1, {"per_class": {"cat": 0.5}})


def project(mine: dict[str, object], **goal: object):
    return catalogue(mine={"topk": 9, **mine}, goal=goal).projects["p"]


def test_a_spec_that_leaves_everything_as_it_is_makes_the_recipe_of_old() -> None:
    assert told(project({"use": "entropy", "shard": 5}), JUDGED) == {}


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ({"control": 0.1}, {"control": 0.1}),
        ({"near": None}, {"near": None}),
        ({"groups": {"by": "camera"}}, {"groups": {"by": ["camera"]}}),
        ({"chunk": 7}, {"chunk": 7}),
        ({"executor": {"with": {"mining": "aldd"}}}, {"blend": {"with": {"mining": "aldd"}}}),
    ],
    ids=str,
)
def test_what_a_spec_says_otherwise_is_in_the_recipe(
    said: dict[str, object], heard: dict[str, object]
) -> None:
    assert told(project({"use": "entropy", **said}), JUDGED) == heard


def test_a_strategy_that_looks_at_the_goal_is_told_what_is_lacking() -> None:
    steered = told(project({"use": "deficit"}, map=0.8), JUDGED)
    assert steered == {"shortfall": {"cat": pytest.approx(0.3)}}
    assert told(project({"use": "deficit"}, map=0.8), None) == {}


def test_a_class_has_its_own_floor_or_that_of_all() -> None:
    goal = project({}, map=0.8, per_class={"cat": 0.9}).goal
    lacking = shortfall(goal, {"cat": 0.95, "dog": 0.5})
    assert lacking == {"cat": 0.0, "dog": pytest.approx(0.3)}
