"""Scores that are out of date, and cannot be made again: rounds are counted all the same."""

import pytest

from tests.plan.worlds import Pure, catalogue
from ymir.plan.plan import Plan, forecast


@pytest.fixture
def world() -> Pure:
    """Three rounds, the first by an executor that is gone; then comes another validation set."""
    made = Pure(scores=lambda number: 0.5)
    made.obey(catalogue(goal={"rounds": 3}))
    made.versions["p/r1/train"].recipe.settings["executor"] = "old"
    made.sources["val"] = "val-2"
    return made


def names(now: Plan) -> set[str]:
    return {step.stage.name for step in now.steps}


def test_the_limit_of_rounds_holds(world: Pure) -> None:
    now = world.obey(catalogue(goal={"rounds": 3}))
    assert [step.stage.name for step in now.blocked] == ["p/r1/predict"]
    assert [each.round for each in now.projects[0].figures] == [2, 3]
    assert now.projects[0].decision.reason == "rounds"
    assert not {"p/r3/mine", "p/r4/training"} & names(now)


def test_the_rounds_to_come_are_as_many_as_are_left(world: Pure) -> None:
    world.obey(catalogue(goal={"rounds": 3}))
    now = world.plan(catalogue(goal={"rounds": 6}))
    assert {"p/r3/mine", "p/r4/training"} <= names(now)
    assert forecast(now.projects[0]) == "then up to 2 more rounds until mAP ≥ 0.8"
