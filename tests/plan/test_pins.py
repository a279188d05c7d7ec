"""One version of a dataset, as `site-train@v2`: it stays what it is, and cannot be made."""

from dataclasses import replace

from tests.plan.worlds import HEAD, Versions, catalogue, pending, say
from ymir.plan.plan import Plan
from ymir.plan.planner import Block
from ymir.spec.catalogue import Catalogue
from ymir.spec.dataset import DatasetSpec


def with_datasets(specs: Catalogue, **derived: object) -> Catalogue:
    made = {
        name: DatasetSpec.model_validate({**HEAD, "kind": "Dataset", "name": name, **each})
        for name, each in derived.items()
    }
    return replace(specs, datasets={**specs.datasets, **made})


def blocked(now: Plan) -> list[str]:
    return [say(step) for step in now.steps if isinstance(step, Block)]


def test_a_version_that_is_recorded_is_kept_whatever_becomes_of_its_dataset():
    world = Versions()
    world.obey(with_datasets(catalogue()))
    world.sources["train"] = "train-2"
    world.obey(catalogue())
    assert world.versions["train"].number == 2
    pinned = with_datasets(catalogue(), old={"merge": ["train@v1"]})
    world.obey(pinned)
    assert world.versions["old"].recipe.inputs == {"train@v1": "train-1"}
    world.sources["train"] = "train-3"
    assert pending(world.plan(pinned)) == ["train"]


def test_a_version_that_is_not_recorded_blocks_and_names_those_that_are():
    world = Versions()
    specs = with_datasets(catalogue(), old={"merge": ["train@v3"]})
    now = world.obey(specs)
    assert blocked(now) == [
        "train@v3 — block (is not recorded; the only version is v1)",
    ]
    assert "old — wait for train@v3" in map(say, now.steps)
    world.sources["train"] = "train-2"
    assert blocked(world.obey(specs)) == [
        "train@v3 — block (is not recorded; the versions are v1, v2)"
    ]
    assert blocked(Versions().plan(specs)) == [
        "train@v3 — block (is not recorded; there is no version yet)"
    ]


def test_a_dataset_may_be_made_from_an_earlier_version_of_itself():
    world = Versions()
    first = with_datasets(catalogue(), sum={"merge": ["train"]})
    world.obey(first)
    world.obey(with_datasets(catalogue(), sum={"merge": ["sum@v1", "pool"]}))
    assert world.versions["sum"].number == 2
    assert set(world.versions["sum"].recipe.inputs) == {"sum@v1", "pool"}


def test_pinning_the_version_that_is_in_use_makes_nothing_anew():
    world = Versions()
    world.obey(catalogue())
    parts = {"training": "train@v1", "validation": "val@v1", "testing": "test@v1"}
    frozen = catalogue(data={**parts, "mining": "pool@v1"})
    now = world.plan(frozen)
    assert (pending(now), now.edits) == ([], ())


def test_a_pinned_testing_set_is_not_judged_anew_when_its_dataset_changes():
    world = Versions()
    world.obey(catalogue())
    world.sources["test"] = "test-2"
    frozen = catalogue(data={"testing": "test@v1"})
    assert pending(world.plan(frozen)) == ["test"]
    world.obey(frozen)
    now = world.plan(catalogue())
    assert [edit.what for edit in now.edits] == ["dataset test is now v2"]
    assert "p/r1/judge" in pending(now)
