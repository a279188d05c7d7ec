"""The stop decision, by value."""

import pytest

from ymir.plan.decision import Figures, decide, wanted
from ymir.spec.project import Goal


def reached(value: float, number: int = 1, **more: object) -> Figures:
    return Figures(number, value, value - 0.02, value + 0.02, value / 2, value / 2 - 0.02, **more)


def test_a_goal_that_is_met_stops_even_when_budgets_are_used_up():
    decision = decide(Goal(map=0.8, rounds=1), [reached(0.8)], rounds=1, pool_empty=True)
    assert (decision.reason, decision.goal_met, decision.stops) == ("goal met", True, True)


def test_the_lower_bound_is_asked_for_by_name():
    goal = Goal(map=0.8, counts="lower_bound")
    assert decide(goal, [reached(0.81)], rounds=1, pool_empty=False).reason == "continue"
    assert decide(goal, [reached(0.83)], rounds=1, pool_empty=False).reason == "goal met"


def test_every_part_of_the_goal_must_be_met_and_the_missing_ones_are_named():
    goal = Goal(map=0.8, map_50_95=0.6, per_class={"head": 0.9, "hat": 0.1})
    figures = reached(0.9, per_class={"head": 0.85, "hat": 0.5})
    decision = decide(goal, [figures], rounds=1, pool_empty=False)
    assert not decision.goal_met
    assert "mAP 50-95 0.450 < 0.600; head 0.850 < 0.900" in decision.says
    assert "hat" not in decision.says


def test_a_class_that_was_never_scored_has_not_reached_its_floor():
    assert not decide(
        Goal(per_class={"ghost": 0.1}), [reached(0.9)], rounds=1, pool_empty=False
    ).goal_met


@pytest.mark.parametrize(
    ("values", "stops"), [([0.5, 0.504, 0.506], True), ([0.5, 0.51, 0.512], False), ([0.5], False)]
)
def test_a_plateau_is_counted_in_rounds_in_a_row(values, stops):
    goal = Goal(map=0.9, plateau={"rounds": 2, "gain": 0.005})
    history = [reached(value, number) for number, value in enumerate(values, 1)]
    assert decide(goal, history, rounds=len(history), pool_empty=False).stops == stops


def test_gpu_hours_are_a_budget():
    goal = Goal(map=0.9, gpu_hours=1.5)
    assert (
        decide(goal, [reached(0.5, gpu_seconds=5399)], rounds=1, pool_empty=False).reason
        == "continue"
    )
    decision = decide(goal, [reached(0.5, gpu_seconds=5400)], rounds=1, pool_empty=False)
    assert (decision.reason, decision.goal_met) == ("gpu budget", False)
    assert decision.says.endswith("the budget of 1.5 GPU-hours is spent")


def test_the_goal_in_words():
    assert wanted(Goal(map=0.85, per_class={"head": 0.8})) == "mAP ≥ 0.85, head ≥ 0.8"
