"""What changed in the specs is what the recipes of two rounds say differently."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import JsonValue

from tests.report import rounds
from ymir.plan.decision import Decision
from ymir.plan.snapshot import Recipe, Version
from ymir.plan.stage import Settings
from ymir.report.collect.spec_changes import spec_changes
from ymir.report.record import ProjectRecord, RoundRecord
from ymir.report.shown.origin import SpecChange

OPEN = Decision("continue", "…", False)


def round_(
    number: int, generation: int = 1, **stages: tuple[Settings, dict[str, str]]
) -> RoundRecord:
    versions = {
        kind: Version(Recipe(kind, settings, inputs), kind)
        for kind, (settings, inputs) in stages.items()
    }
    return RoundRecord(number, Path("nowhere"), OPEN, versions, generation=generation)


def project(*found: RoundRecord, **spec: object) -> ProjectRecord:
    dataset = Version(Recipe("dataset", {}, {}), "b" * 32, 2)
    return ProjectRecord(
        spec=rounds.spec(**spec),
        rounds=found,
        testing=None,  # type: ignore[arg-type]  # recipes are all that is looked at
        datasets={"site-train": dataset, "site-test": dataset},
        numbers={("site-train", "a" * 32): 1, ("site-train", "b" * 32): 2},
    )


def changes(*found: RoundRecord, **spec: object) -> tuple[SpecChange, ...]:
    before = found[-2] if len(found) > 1 else None
    return spec_changes(project(*found, **spec), found[-1], before)


def train(**settings: JsonValue) -> tuple[Settings, dict[str, str]]:
    return {"executor": "tinydet", "with": {}, "previous": None, **settings}, {}


def test_a_setting_is_named_by_its_place_in_the_spec() -> None:
    first = round_(1, train=train(**{"with": {"epochs": 30, "aug": {"flip": True}, "old": "x"}}))
    second = round_(2, train=train(**{"with": {"epochs": 60, "aug": {"flip": False}}}))
    assert changes(first, second) == (
        SpecChange("train.with.aug.flip", "true", "false"),
        SpecChange("train.with.epochs", "30", "60"),
        SpecChange("train.with.old", "x", None),
    )


def test_equal_recipes_change_nothing() -> None:
    stages = {"train": train(), "mine": ({"use": "entropy", "topk": 40}, {})}
    assert changes(round_(1, **stages), round_(2, **stages)) == ()
    assert changes(round_(1, **stages)) == ()


def test_a_dataset_is_named_with_its_versions() -> None:
    first = round_(1, training=({}, {"site-train": "a" * 32, "site-test": "c" * 32}))
    second = round_(
        2, training=({}, {"site-train": "b" * 32, "site-test": "d" * 32, "helmet/r1/label": "l"})
    )
    assert changes(first, second) == (
        SpecChange("dataset site-test", "c" * 12, "d" * 12),
        SpecChange("dataset site-train", "v1", "v2"),
    )


def test_another_program_of_the_executor_is_told() -> None:
    first = round_(1, train=(train()[0], {"executor": "sha256:" + "1" * 64}))
    second = round_(2, train=(train()[0], {"executor": "sha256:" + "2" * 64}))
    assert changes(first, second) == (SpecChange("executor program", "1" * 12, "2" * 12),)


def test_that_a_second_round_has_a_previous_one_is_no_edit() -> None:
    second = round_(2, train=train(previous="helmet/r1/train"))
    third = round_(3, train=train(previous="helmet/r2/train"))
    warm = {"train": {"executor": "tinydet", "start_from": "previous"}}
    assert changes(round_(1, train=train()), second, **warm) == ()
    assert changes(second, third, **warm) == ()
    base = round_(4, train=train(model="model:base"))
    assert changes(third, base) == (SpecChange("train.start_from", "previous", "base"),)


def test_a_last_batch_that_the_budget_cuts_is_no_edit() -> None:
    first, second = (
        round_(n, mine=({"use": "entropy", "topk": k}, {})) for n, k in ((1, 40), (2, 20))
    )
    cut = replace(
        first,
        versions={
            **first.versions,
            "label": Version(Recipe("label", {}, {}), "l", facts={"labelled": 40}),
        },
    )
    assert changes(cut, second, goal={"map": 0.5, "labels": 60}) == ()
    assert changes(first, second) == (SpecChange("mine.topk", "40", "20"),)


def test_stages_that_only_one_round_has_are_not_compared() -> None:
    first = round_(1, train=train(), mine=({"use": "entropy"}, {}), send=({"use": "folder"}, {}))
    assert changes(first, round_(2, train=train())) == ()


@pytest.mark.parametrize("value", ["x" * 9999, ["y"] * 9999, {"deep": {"deeper": "z" * 9999}}])
def test_a_long_value_is_cut(value: JsonValue) -> None:
    found = changes(round_(1, train=train()), round_(2, train=train(**{"with": {"a": value}})))
    assert len(found) == 1
    assert found[0].after
    assert len(found[0].after) <= 200
