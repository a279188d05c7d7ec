"""A part of a plan: what is asked for, and what that is made from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plan.worlds import Pure, catalogue, pending
from ymir.errors import SpecError
from ymir.plan.plan import Plan
from ymir.plan.planner import Prune
from ymir.plan.target import only, wanted


def part(now: Plan, *targets: str) -> list[str]:
    return pending(only(now, wanted(now, targets)))


def test_a_stage_comes_with_all_that_it_is_made_from() -> None:
    now = Pure().plan(catalogue())
    assert part(now, "p/r1/train") == ["train", "val", "test", "p/r1/training", "p/r1/train"]
    assert part(now, "pool") == ["pool"]


def test_several_targets_are_all_of_them() -> None:
    now = Pure().plan(catalogue())
    assert part(now, "pool", "train") == ["train", "pool"]


def test_a_project_is_all_of_its_stages_also_those_that_follow() -> None:
    world = Pure(scores=lambda number: 0.5)
    now = world.plan(catalogue(goal={"rounds": 2}))
    is_wanted = wanted(now, ["p"])
    world.obey(catalogue(goal={"rounds": 2}))
    later = world.plan(catalogue(goal={"rounds": 3}))
    assert all(is_wanted(step.stage) for step in later.pending)
    assert pending(only(later, is_wanted)) == pending(later)


def test_a_round_is_no_other_round() -> None:
    world = Pure(scores=lambda number: 0.5)
    world.obey(catalogue(goal={"rounds": 1}))
    now = world.plan(catalogue(goal={"rounds": 2}))
    assert {name.split("/")[1] for name in part(now, "p/r1")} == {"r1"}
    assert "p/r2/train" in part(now, "p/r2")


def test_other_projects_and_their_edits_are_left_out() -> None:
    world = Pure(scores=lambda number: 0.5)
    world.obey(catalogue(goal={"rounds": 1}))
    now = world.plan(catalogue(goal={"rounds": 2}))
    assert now.edits
    alone = only(now, wanted(now, ["train"]))
    assert (alone.edits, alone.projects, alone.is_settled) == ((), (), True)


@pytest.mark.parametrize(
    ("target", "hint"),
    [
        ("trian", "did you mean `train`?"),
        ("p/r1/jugde", "did you mean `p/r1/judge`?"),
        ("p/r7", "did you mean `p/r1`?"),
        ("zzz", "it has `p`, `pool`, `test`, `train` and `val`"),
        ("", "it has `p`, `pool`, `test`, `train` and `val`"),
        ("p/", "did you mean `p/r1`?"),
    ],
)
def test_an_unknown_target_is_an_error(target: str, hint: str) -> None:
    with pytest.raises(SpecError, match="the plan has nothing called") as caught:
        wanted(Pure().plan(catalogue()), [target])
    assert caught.value.hint == hint


@given(st.data())
def test_a_part_needs_nothing_that_is_not_in_it(data: st.DataObject) -> None:
    now = Pure().plan(catalogue())
    names = [step.stage.name for step in now.steps if not isinstance(step, Prune)]
    targets = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3))
    kept = only(now, wanted(now, targets)).steps
    stages = {step.stage.name: step.stage for step in kept if not isinstance(step, Prune)}
    assert set(targets) <= stages.keys()
    assert all(name in stages for stage in stages.values() for name in stage.inputs)
