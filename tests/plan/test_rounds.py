"""How a project goes from round to round, in a world where every stage succeeds."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan.worlds import Pure, catalogue, pending
from ymir.plan.plan import forecast
from ymir.plan.planner import Block, Park
from ymir.plan.round_stages import LABELLED, TRAINED


def rounds_of(world: Pure) -> list[str]:
    return [name for name in world.made if name.endswith("/train")]


def test_the_first_plan_shows_one_round_and_says_what_follows():
    now = Pure().plan(catalogue())
    assert pending(now)[4:] == [f"p/r1/{kind}" for kind in TRAINED] + ["p/report"]
    assert forecast(now.projects[0]) == "then up to 4 more rounds until mAP ≥ 0.8"


def test_rounds_follow_until_the_goal_is_met():
    world = Pure()
    now = world.obey(catalogue())
    assert now.is_settled
    assert rounds_of(world) == ["p/r1/train", "p/r2/train", "p/r3/train"]
    decision = now.projects[0].decision
    assert decision is not None
    assert (decision.reason, decision.says) == ("goal met", "goal met: mAP 0.800 ≥ 0.800")
    assert world.obey(catalogue()).is_settled
    assert len(rounds_of(world)) == 3


def test_every_stage_of_a_round_is_made_once():
    world = Pure()
    world.obey(catalogue())
    stages = [name for name in world.made if "/r" in name and not name.endswith("/report")]
    assert len(stages) == len(set(stages))
    assert [n.split("/")[2] for n in stages if "/r2/" in n] == [*TRAINED, *LABELLED]


def test_editing_goal_and_topk_plans_exactly_one_more_round_and_redoes_none():
    world = Pure(scores=lambda number: 0.701 + 0.05 * number)
    world.obey(catalogue())
    assert len(rounds_of(world)) == 2
    edited = catalogue(goal={"map": 0.84}, mine={"topk": 20})
    now = world.plan(edited)
    assert set(pending(now)) == {
        *(f"p/r2/{kind}" for kind in LABELLED),
        *(f"p/r3/{kind}" for kind in TRAINED),
        "p/report",
    }
    assert {(e.category, e.what) for e in now.edits} == {
        ("pointer", "goal.map: 0.8 → 0.84"),
        ("forward", "mine.topk: 10 → 20"),
    }
    before = len(world.made)
    world.obey(edited)
    assert not [name for name in world.made[before:] if "/r1/" in name]
    assert len(rounds_of(world)) == 3
    assert world.versions["p/r2/mine"].recipe.settings["topk"] == 20


def test_editing_what_reports_show_makes_the_report_again_and_nothing_else():
    world = Pure()
    world.obey(catalogue())
    edited = catalogue(report={"slices": {"night": {"tags": {"light": "night"}}}})
    now = world.plan(edited)
    assert pending(now) == ["p/report"]
    assert {(e.category, e.what) for e in now.edits} == {
        ("pointer", "report.slices.night.tags.light: nothing → night"),
    }
    assert world.obey(edited).is_settled
    shown = world.versions["p/report"].recipe.settings["slices"]
    assert shown == {"night": {"tags": {"light": "night"}}}
    assert pending(world.plan(edited)) == []
    assert pending(world.plan(catalogue())) == ["p/report"]


def test_lowering_the_goal_stops_without_another_round():
    world = Pure(scores=lambda number: 0.5)
    world.obey(catalogue(goal={"rounds": 2}))
    now = world.obey(catalogue(goal={"map": 0.4}))
    assert now.is_settled
    assert now.projects[0].decision.reason == "goal met"
    assert len(rounds_of(world)) == 2


@pytest.mark.parametrize(
    ("goal", "reason", "rounds"),
    [
        ({"rounds": 3}, "rounds", 3),
        ({"labels": 25}, "label budget", 4),
        ({"plateau": {"rounds": 2, "gain": 0.01}}, "plateau", 3),
    ],
)
def test_it_stops_for_the_reason_that_comes_first(goal, reason, rounds):
    world = Pure(scores=lambda number: 0.5)
    now = world.obey(catalogue(goal={"rounds": 9, **goal}))
    assert now.is_settled
    assert now.projects[0].decision.reason == reason
    assert len(rounds_of(world)) == rounds


def test_the_label_budget_is_never_exceeded():
    world = Pure(scores=lambda number: 0.5)
    now = world.obey(catalogue(goal={"rounds": 9, "labels": 25}))
    assert now.projects[0].bought == 25
    assert [world.versions[f"p/r{n}/mine"].facts["picked"] for n in (1, 2, 3)] == [10, 10, 5]


def test_an_empty_pool_stops_until_images_are_added():
    world = Pure(scores=lambda number: 0.5, pool=20)
    now = world.obey(catalogue(goal={"rounds": 9}))
    assert now.projects[0].decision.reason == "pool empty"
    assert len(rounds_of(world)) == 3
    world.pool, world.sources["pool"] = 1000, "pool-2"
    now = world.obey(catalogue(goal={"rounds": 5}))
    assert now.projects[0].decision.reason == "rounds"
    assert len(rounds_of(world)) == 5


def test_new_training_images_ride_in_the_next_round():
    world = Pure(scores=lambda number: 0.5)
    world.obey(catalogue(goal={"rounds": 2}))
    world.sources["train"] = "train-2"
    before = len(world.made)
    assert world.obey(catalogue(goal={"rounds": 2})).is_settled
    assert world.made[before:] == ["train"]
    world.obey(catalogue(goal={"rounds": 3}))
    assert world.versions["p/r3/training"].recipe.inputs["train"] == "train-2"
    assert world.versions["p/r2/training"].recipe.inputs["train"] == "train-1"


def test_new_test_images_score_sealed_models_again_without_training():
    world = Pure(scores=lambda number: 0.5)
    specs = catalogue(goal={"rounds": 2})
    world.obey(specs)
    world.sources["test"] = "test-2"
    before = len(world.made)
    world.obey(specs)
    assert sorted(world.made[before:]) == [
        "p/r1/judge",
        "p/r1/predict",
        "p/r2/judge",
        "p/r2/predict",
        "p/report",
        "test",
    ]


def test_a_new_executor_program_holds_from_the_next_round_on():
    world = Pure(scores=lambda number: 0.5)
    specs = catalogue(goal={"rounds": 2})
    world.obey(specs)
    world.world["executors"] = {"tiny": "e2"}
    now = world.plan(specs)
    assert now.is_settled
    assert [(e.category, e.what) for e in now.edits] == [
        ("forward", "the program of executor tiny changed")
    ]


def test_an_edited_gate_holds_from_the_next_round_on():
    world = Pure(scores=lambda number: 0.5)
    world.obey(catalogue(goal={"rounds": 1}))
    gates = {"near": {"then": "block", "distance": 2}, "groups": {"by": "camera"}}
    now = world.plan(catalogue(goal={"rounds": 1}, gates=gates))
    assert now.is_settled
    assert {(e.category, e.what) for e in now.edits} == {
        ("forward", "gates.near.then: warn → block"),
        ("forward", "gates.near.distance: 4 → 2"),
        ("forward", "gates.groups.by: nothing → camera"),
        ("forward", "gates.groups.then: nothing → block"),
    }
    world.obey(catalogue(goal={"rounds": 2}, gates=gates))
    for stage in ("p/r2/training", "p/r1/mine"):
        assert world.versions[stage].recipe.settings["gates"]["near"]["distance"] == 2
    assert world.versions["p/r1/training"].recipe.settings["gates"]["near"]["distance"] == 4


def test_rounds_recorded_before_there_were_gates_are_not_edited():
    world = Pure(scores=lambda number: 0.5)
    world.obey(catalogue(goal={"rounds": 1}))
    recorded = world.versions["p/r1/training"]
    settings = {k: v for k, v in recorded.recipe.settings.items() if k != "gates"}
    old = replace(recorded, recipe=replace(recorded.recipe, settings=settings))
    world.versions["p/r1/training"] = old
    now = world.plan(catalogue(goal={"rounds": 1}))
    assert (now.is_settled, now.edits) == (True, ())


def test_an_executor_that_is_gone_blocks_only_what_would_need_it():
    world = Pure(scores=lambda number: 0.5)
    specs = catalogue(goal={"rounds": 1})
    world.obey(specs)
    world.world["executors"] = {"other": "e1"}
    assert world.plan(specs).is_settled
    world.sources["test"] = "test-2"
    world.obey(specs)
    assert [step.stage.name for step in world.plan(specs).blocked] == ["p/r1/predict"]


def test_an_added_class_goes_forward_and_a_removed_one_asks_for_a_restart():
    world = Pure(scores=lambda number: 0.5)
    world.obey(catalogue(goal={"rounds": 1}, labels=["cat", "dog"]))
    blocked = world.obey(catalogue(goal={"rounds": 2}, labels=["cat"]))
    assert [step.stage.name for step in blocked.blocked] == ["p/r2/training"]
    assert "ymir apply --restart p" in blocked.blocked[0].why
    world.world["generations"] = {"p": 2}
    now = world.obey(catalogue(goal={"rounds": 2}, labels=["cat"]))
    assert now.is_settled
    training = world.versions["p/r2/training"].recipe
    assert (training.settings["labels"], training.settings["generation"]) == (["cat"], 2)
    assert "p/r1/label" in training.inputs, "labels that people made are never thrown away"


def test_a_restart_in_the_middle_of_a_round_gives_that_round_up():
    world = Pure(scores=lambda number: 0.5)
    specs = catalogue(goal={"rounds": 2})
    while "p/r1/train" not in world.versions:
        step = world.plan(specs).ready[0]
        world.make(step.stage, step.recipe)
    world.world["generations"] = {"p": 2}
    assert world.obey(specs).is_settled
    assert "p/r1/judge" not in world.versions
    assert [n for n in world.made if n.endswith("/judge")] == ["p/r2/judge", "p/r3/judge"]


def test_a_sent_batch_parks_and_holds_nothing_else():
    world = Pure(has_people=True)
    specs = catalogue()
    while not world.plan(specs).is_parked:
        step = world.plan(specs).ready[0]
        world.make(step.stage, step.recipe)
    now = world.plan(specs)
    assert world.made[-2:] == ["p/r1/send", "p/report"], "the page says who labels what"
    assert [step.what for step in now.ready if isinstance(step, Park)] == [
        "label the 10 images in labels/p"
    ]


def test_a_failed_recipe_blocks_until_something_changes():
    world = Pure()
    specs = catalogue()
    while not (step := world.plan(specs).ready[0]).stage.name.endswith("/train"):
        world.make(step.stage, step.recipe)
    world.world["failures"] = {step.recipe.digest: "exit code 3"}
    now = world.plan(specs)
    assert [s.why for s in now.steps if isinstance(s, Block)] == [
        "failed: exit code 3; `ymir apply --retry` tries it again"
    ]
    assert not now.ready
    assert world.plan(catalogue(train={"with": {"iterations": 5}})).ready


def test_a_missing_source_blocks_only_what_was_never_imported():
    world = Pure()
    world.obey(catalogue())
    world.sources.clear()
    assert world.plan(catalogue()).is_settled
    fresh = Pure(sources={})
    assert "raw/train" in fresh.plan(catalogue()).blocked[0].why


numbers = st.integers(1, 4)
edits = st.fixed_dictionaries(
    {},
    optional={
        "goal": st.fixed_dictionaries(
            {"map": st.sampled_from([0.4, 0.7, 0.95]), "rounds": numbers},
            optional={"labels": st.integers(1, 40)},
        ),
        "mine": st.fixed_dictionaries({"topk": st.integers(1, 30)}),
        "train": st.fixed_dictionaries({"start_from": st.sampled_from(["scratch", "previous"])}),
    },
)
touches = st.lists(
    st.tuples(edits, st.sampled_from(["train", "val", "test", "pool", None])), max_size=5
)


@settings(max_examples=60, deadline=None)
@given(touches)
def test_any_history_converges_and_never_redoes_what_people_or_gpus_made(history):
    world = Pure(pool=60)
    for number, (changes, touched) in enumerate(history):
        if touched:
            world.sources[touched] = f"{touched}-{number}"
        sealed = {n: v for n, v in world.versions.items() if n.endswith(("/train", "/label"))}
        specs = catalogue(**changes)
        now = world.obey(specs)
        assert now.is_settled
        assert world.plan(specs) == now
        assert all(world.versions[name] == version for name, version in sealed.items())
        bought = [v.facts["labelled"] for n, v in world.versions.items() if n.endswith("/label")]
        assert sum(bought) <= world.pool
        assert now.projects[0].decision.stops


def test_a_round_that_began_before_packages_were_proven_is_not_proven_now():
    world = Pure()
    world.obey(catalogue())
    for name, version in list(world.versions.items()):
        if name.endswith("/prove"):
            del world.versions[name]
        if name.endswith("/training"):
            gates = {k: v for k, v in version.recipe.settings["gates"].items() if k != "package"}
            settings_of = {**version.recipe.settings, "gates": gates}
            recipe = replace(version.recipe, settings=settings_of)
            world.versions[name] = replace(version, recipe=recipe)
    now = world.plan(catalogue())
    assert {name for name in pending(now) if name != "p/report"} == set()
    assert not now.edits
    more = world.obey(catalogue(goal={"map": 0.85}))
    assert more.is_settled
    assert [name for name in world.versions if name.endswith("/prove")] == ["p/r4/prove"]


def test_nothing_is_mined_before_the_package_is_proven():
    world = Pure(scores=lambda number: 0.5)
    world.obey(catalogue(goal={"rounds": 2}))
    mine = world.versions["p/r1/mine"].recipe
    assert mine.inputs["p/r1/prove"] == world.versions["p/r1/prove"].digest
    del world.versions["p/r1/prove"]  # as where mining came first, and the gate was closed later
    assert world.plan(catalogue(goal={"rounds": 2})).ready[0].stage.name == "p/r1/prove"


def test_a_gate_that_only_warns_holds_nothing_up():
    world = Pure(scores=lambda number: 0.5)
    world.obey(catalogue(goal={"rounds": 2}, gates={"package": "warn"}))
    assert "p/r1/prove" not in world.versions["p/r1/mine"].recipe.inputs
    assert "p/r2/prove" in world.versions


def worse_in_round_two(number: int) -> dict[str, float]:
    return {"cat": 0.5 - 0.1 * (number == 2), "dog": 0.5 + 0.1 * number}


def test_a_class_that_became_worse_holds_the_next_batch_where_the_gate_blocks():
    world = Pure(scores=lambda number: 0.5, classes=worse_in_round_two)
    specs = catalogue(goal={"rounds": 3}, gates={"regression": "block"})
    now = world.obey(specs)
    assert [step.stage.name for step in now.blocked] == ["p/r2/mine"]
    assert now.blocked[0].by_gate
    assert "the AP of cat 0.500 → 0.400 fell by more than noise since round 1" in now.blocked[0].why
    assert "`gates: {regression: warn}`" in now.blocked[0].why
    assert "p/report" in world.versions, "the report says what became worse"
    edited = catalogue(goal={"rounds": 3}, gates={"regression": "warn"})
    assert [(e.category, e.what) for e in world.plan(edited).edits] == [
        ("pointer", "gates.regression: block → warn")
    ]
    assert world.obey(edited).is_settled
    assert "p/r3/judge" in world.versions


def test_the_gate_for_regressions_leaves_a_batch_that_was_mined_alone():
    world = Pure(scores=lambda number: 0.5, classes=worse_in_round_two, has_people=True)
    while "p/r2/send" not in world.versions:
        ready = world.plan(catalogue()).ready
        step = next((each for each in ready if not isinstance(each, Park)), ready[0])
        world.make(step.stage, step.recipe)
    now = world.obey(catalogue(gates={"regression": "block"}))
    assert now.is_settled
    assert "p/r2/label" in world.versions


@pytest.mark.parametrize("gate", ["warn", "ignore"])
def test_a_regression_that_is_only_told_holds_nothing(gate):
    world = Pure(scores=lambda number: 0.5, classes=worse_in_round_two)
    assert world.obey(catalogue(goal={"rounds": 3}, gates={"regression": gate})).is_settled


def test_rounds_of_two_generations_are_not_compared():
    world = Pure(scores=lambda number: 0.5, classes=worse_in_round_two)
    specs = catalogue(goal={"rounds": 1}, gates={"regression": "block"})
    world.obey(specs)
    world.world["generations"] = {"p": 2}
    now = world.obey(catalogue(goal={"rounds": 2}, gates={"regression": "block"}))
    assert now.is_settled
    assert "p/r3/judge" in world.versions


def test_rounds_judged_on_two_testing_sets_are_not_compared():
    world = Pure(scores=lambda number: 0.5, classes=worse_in_round_two)
    specs = catalogue(goal={"rounds": 3}, gates={"regression": "block"})
    world.obey(specs)
    first = world.versions["p/r1/judge"]
    inputs = {**first.recipe.inputs, "test": "test-0"}
    world.versions["p/r1/judge"] = replace(first, recipe=replace(first.recipe, inputs=inputs))
    assert [step.stage.name for step in world.plan(specs).blocked] == []
