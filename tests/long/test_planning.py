"""What a plan looks at, and what a recipe holds, hardly grows with the rounds."""

import json
from dataclasses import asdict

import pytest

from tests.plan.worlds import Pure, catalogue
from ymir.plan.history import gpu_seconds, gpu_seconds_before
from ymir.plan.plan import Plan
from ymir.plan.planner import Keep
from ymir.plan.snapshot import SERIES, Recipe, in_series
from ymir.plan.stage import RoundOf

ROUNDS = 2 * SERIES + 6


@pytest.fixture(scope="module")
def world() -> Pure:
    """A project that has gone on for many rounds, each with the same score."""
    world = Pure(scores=lambda number: 0.5, pool=10**6, gpu_seconds=1.0)
    world.obey(catalogue(goal={"map": 0.99, "rounds": ROUNDS, "plateau": None}), waves=10**4)
    return world


@pytest.fixture(scope="module")
def left(world: Pure) -> Plan:
    return world.plan(catalogue(goal={"map": 0.99, "rounds": ROUNDS, "plateau": None}))


def size(recipe: Recipe) -> int:
    return len(json.dumps(asdict(recipe)))


def test_what_is_history_is_not_looked_at_again_input_by_input(left: Plan) -> None:
    inputs = {
        step.stage.name: len(step.stage.inputs)
        for step in left.steps
        if isinstance(step, Keep) and step.stage.round
    }
    assert max(inputs.values()) == max(
        count for name, count in inputs.items() if RoundOf.of(name).number == 3
    )


def test_recipes_of_the_last_rounds_are_no_longer_than_those_a_series_before(world: Pure) -> None:
    for kind in ("training", "mine"):
        long, longer = (world.versions[f"p/r{n}/{kind}"] for n in (ROUNDS - 1 - SERIES, ROUNDS - 1))
        more = len(longer.recipe.inputs) - len(long.recipe.inputs)
        assert 0 <= more <= 2, kind
        assert size(longer.recipe) - size(long.recipe) < 300, kind


def test_the_recipe_of_the_report_has_a_digest_for_each_full_series(world: Pure) -> None:
    inputs = world.versions["p/report"].recipe.inputs
    judged = [name for name in inputs if name.endswith("/judge")]
    assert judged[:3] == ["p/r1-32/judge", "p/r33-64/judge", "p/r65/judge"]
    assert len(judged) == 2 + ROUNDS - 2 * SERIES


def test_another_content_in_a_full_series_is_another_recipe() -> None:
    inputs = {f"p/r{n}/label": f"{n}" for n in range(1, SERIES + 2)}
    before = in_series(inputs)
    after = in_series({**inputs, "p/r7/label": "other"})
    assert before.keys() == after.keys() == {"p/r1-32/label", "p/r33/label"}
    assert before["p/r1-32/label"] != after["p/r1-32/label"]
    assert before["p/r33/label"] == after["p/r33/label"]


def test_rounds_that_are_missing_from_a_series_count() -> None:
    inputs = {f"p/r{n}/label": f"{n}" for n in range(1, 2 * SERIES)}
    fewer = {name: digest for name, digest in inputs.items() if name != "p/r7/label"}
    assert in_series(inputs)["p/r1-32/label"] != in_series(fewer)["p/r1-32/label"]


def test_a_recipe_of_few_rounds_names_each_of_them() -> None:
    inputs = {"base": "a", **{f"p/r{n}/label": f"{n}" for n in range(1, SERIES + 1)}}
    assert in_series(inputs) == inputs


def test_a_series_is_no_round() -> None:
    assert RoundOf.of("p/r1-32/label") is None


def test_what_was_spent_before_each_round_adds_up(world: Pure) -> None:
    spent = gpu_seconds_before("p", world.versions)
    assert spent[1] == 2.0  # its training and its predictions
    assert spent[ROUNDS] > spent[ROUNDS - 1] > spent[2]
    assert gpu_seconds("p", world.versions) >= spent[ROUNDS]


def test_a_plan_of_many_rounds_has_nothing_to_do(left: Plan) -> None:
    assert left.is_settled
    assert left.projects[0].decision.reason == "rounds"
