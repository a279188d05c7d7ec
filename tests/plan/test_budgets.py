"""GPU-hours are counted over rounds, and stop the loop between two rounds."""

import pytest

from tests.plan.worlds import Pure, catalogue
from ymir.plan.history import gpu_seconds, gpu_seconds_before
from ymir.plan.plan import spent


def flat(number: int) -> float:
    return 0.5


def test_a_spent_budget_of_gpu_hours_stops_the_loop_after_the_round_that_spent_it() -> None:
    world = Pure(scores=flat, gpu_seconds=1800)
    now = world.obey(catalogue(goal={"gpu_hours": 2}))
    # r1: training and predictions, 1 h; its proof and mining, 1 h more, count for r2
    assert now.is_settled
    assert now.projects[0].decision.reason == "gpu budget"
    assert "p/r2/judge" in world.versions
    assert "p/r2/mine" not in world.versions
    assert spent(now.projects[0]) == "3.50 of 2 GPU-hours spent"


def test_what_a_round_spends_after_it_was_judged_does_not_change_how_it_was_decided() -> None:
    world = Pure(scores=flat, gpu_seconds=1800, has_people=True)
    specs = catalogue(goal={"gpu_hours": 1.1})
    while not world.plan(specs).is_parked:
        step = world.plan(specs).ready[0]
        world.make(step.stage, step.recipe)
    now = world.plan(specs)
    assert "p/r1/label" not in world.versions, "labels that people are making are waited for"
    assert spent(now.projects[0]) == "2.00 of 1.1 GPU-hours spent"


def test_raising_the_budget_goes_on_where_the_loop_stopped() -> None:
    world = Pure(scores=flat, gpu_seconds=1800)
    world.obey(catalogue(goal={"gpu_hours": 1}))
    made = list(world.made)
    now = world.plan(catalogue(goal={"gpu_hours": 3}))
    assert [(e.category, e.what) for e in now.edits] == [("pointer", "goal.gpu_hours: 1.0 → 3.0")]
    world.obey(catalogue(goal={"gpu_hours": 3}))
    assert world.made[: len(made)] == made
    assert "p/r2/train" in world.made[len(made) :]


def test_records_without_gpu_seconds_are_told_from_records_of_none() -> None:
    silent, idle = Pure(scores=flat), Pure(scores=flat, gpu_seconds=0.0)
    for world in (silent, idle):
        world.obey(catalogue(goal={"rounds": 1, "gpu_hours": 1}))
    assert gpu_seconds("p", silent.versions) is None
    assert gpu_seconds("p", idle.versions) == 0.0
    assert gpu_seconds("q", idle.versions) is None


def test_only_what_came_before_a_rounds_judgement_counts_for_it() -> None:
    world = Pure(scores=flat, gpu_seconds=1.0)
    world.obey(catalogue(goal={"rounds": 2}))
    before = gpu_seconds_before("p", world.versions)
    counted = [before[n] for n in (1, 2)]
    assert counted == [2.0, 6.0]


@pytest.mark.parametrize("hours", [0, -1, "many"])
def test_a_budget_must_be_a_number_of_hours(hours: object) -> None:
    with pytest.raises(ValueError, match="gpu_hours"):
        catalogue(goal={"gpu_hours": hours})
