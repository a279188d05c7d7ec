"""Imported models: each file is a version, and every round starts from the one that is named."""

from dataclasses import replace

import pytest

from tests.plan.test_pins import Versions, blocked
from tests.plan.worlds import HEAD, catalogue, pending
from ymir.plan.planner import Prune
from ymir.spec.catalogue import Catalogue
from ymir.spec.executor import ExecutorSpec
from ymir.spec.model import ModelSpec


def with_model(specs: Catalogue, **fields: object) -> Catalogue:
    spec = {**HEAD, "kind": "Model", "name": "coco", "from": {"path": "coco.tar.gz"}, **fields}
    return replace(specs, models={"coco": ModelSpec.model_validate(spec)})


class Models(Versions):
    """A world with a package; `facts_of_model` is what its import says of it."""

    def __init__(self, **facts: object) -> None:
        super().__init__()
        self.sources["model:coco"] = "package-1"
        self.facts_of_model = {"class_names": ["Cat"], "executor": "tiny", "stage": "best", **facts}

    def make(self, stage, recipe) -> None:
        super().make(stage, recipe)
        if stage.kind == "model":
            made = self.versions[stage.name]
            self.versions[f"{stage.name}@v{made.number}"] = made

    def facts(self, stage, recipe):
        return self.facts_of_model if stage.kind == "model" else super().facts(stage, recipe)


def test_every_round_starts_from_the_model_that_is_named():
    world = Models()
    world.obey(with_model(catalogue(train={"start_from": "coco"})))
    trained = [v.recipe for n, v in world.versions.items() if n.endswith("/train")]
    assert len(trained) == 3
    assert {recipe.inputs["model:coco"] for recipe in trained} == {"package-1"}
    assert {recipe.settings["model"] for recipe in trained} == {"model:coco"}


def test_a_model_that_nobody_starts_from_is_imported_all_the_same():
    world = Models()
    now = world.obey(with_model(catalogue()))
    assert now.is_settled
    assert world.versions["model:coco"].number == 1
    assert "model" not in world.versions["p/r1/train"].recipe.settings


def test_another_file_is_another_version_and_no_round_is_redone():
    world = Models()
    specs = with_model(catalogue(train={"start_from": "coco"}))
    world.obey(specs)
    world.sources["model:coco"] = "package-2"
    assert pending(world.plan(specs)) == ["model:coco"]
    world.obey(specs)
    assert world.versions["model:coco"].number == 2
    pinned = with_model(catalogue(goal={"map": 0.85}, train={"start_from": "coco@v1"}))
    assert world.obey(pinned).is_settled
    assert world.versions["p/r4/train"].recipe.inputs["model:coco@v1"] == "package-1"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("scratch", "previous", "scratch → previous"),
        ("previous", "scratch", "previous → scratch"),
        ("scratch", "coco", "scratch → coco"),
        ("coco", "coco@v1", "coco → coco@v1"),
        ("previous", "previous", ""),
    ],
)
@pytest.mark.parametrize("rounds", [1, 2])
def test_an_edited_start_holds_from_the_next_round_on(before, after, said, rounds):
    world = Models()
    goal = {"map": 0.85, "rounds": rounds}
    world.obey(with_model(catalogue(goal=goal, train={"start_from": before})))
    now = world.plan(with_model(catalogue(goal=goal, train={"start_from": after})))
    assert now.is_settled
    if rounds == 1 and {before, after} == {"scratch", "previous"}:
        said = ""  # the first round has no previous one: nothing tells which of the two was asked
    assert [(e.category, e.what) for e in now.edits] == [
        ("forward", f"train.start_from: {each}") for each in (said,) if each
    ]


def test_the_first_round_of_a_generation_has_no_previous_one():
    world = Models()
    specs = with_model(catalogue(goal={"map": 0.85, "rounds": 1}, train={"start_from": "previous"}))
    world.obey(specs)
    world.world["generations"] = {"p": 2}
    world.obey(specs)
    assert "p/r2/train" in world.versions
    assert world.plan(specs).edits == ()


def test_a_version_that_is_not_recorded_blocks_the_training():
    world = Models()
    now = world.obey(with_model(catalogue(train={"start_from": "coco@v3"})))
    assert blocked(now) == ["model:coco@v3 — block (is not recorded; the versions are v1)"]
    assert "p/r1/train" in pending(now)


def test_a_package_that_is_gone_stays_as_it_is_recorded():
    world = Models()
    specs = with_model(catalogue())
    world.obey(specs)
    del world.sources["model:coco"]
    assert world.plan(specs).is_settled
    world.versions.pop("model:coco")
    why = "model:coco — block (there is no file `coco.tar.gz`)"
    assert blocked(world.plan(specs)) == [why]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"class_names": ["dog"]}, "does not know cat, only dog"),
        ({"executor": "yolo"}, "made by `yolo`, and the project trains with `tiny`"),
        ({"executor": ""}, "made by `nobody knows what`"),
    ],
)
def test_a_model_that_does_not_fit_blocks_the_training_with_the_reason(facts, why):
    now = Models(**facts).obey(with_model(catalogue(train={"start_from": "coco"})))
    assert len(blocked(now)) == 1
    assert blocked(now)[0].startswith("p/r1/train — block (the model `coco` cannot be started from")
    assert why in blocked(now)[0]


def test_the_spec_may_say_which_executor_reads_its_weights():
    world = Models(executor="ghcr.io/acme/yolo:1")
    specs = with_model(catalogue(train={"start_from": "coco"}), executor="tiny")
    assert world.obey(specs).is_settled


def test_another_version_of_an_image_reads_the_same_weights():
    world = Models(executor="ghcr.io/acme/yolo:1.0")
    specs = with_model(catalogue(train={"start_from": "coco"}))
    image = ExecutorSpec(
        **HEAD, kind="Executor", name="tiny", image="ghcr.io/acme/yolo:2.1@sha256:0"
    )
    assert world.obey(replace(specs, executors={"tiny": image})).is_settled


def test_a_model_without_a_spec_is_pruned_and_never_taken_for_a_dataset():
    world = Models()
    world.obey(with_model(catalogue()))
    prunes = [step.name for step in world.plan(catalogue()).steps if isinstance(step, Prune)]
    assert prunes == ["model:coco"]
