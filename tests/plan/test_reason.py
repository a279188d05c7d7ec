"""Why a step is what it is: a code for programs, and what differs."""

from pathlib import Path
from typing import get_args

import pytest

from tests.plan.worlds import Pure, catalogue
from ymir.plan.reason import MEANINGS, Code, Difference, reason_of
from ymir.plan.snapshot import Recipe, Version


def recipe(kind: str = "dataset", settings: object = None, **inputs: str) -> Recipe:
    return Recipe(kind, settings or {}, inputs)


def reason(before: Recipe, now: Recipe) -> tuple[str, list[tuple[str, str | None, str | None]]]:
    found = reason_of(now, Version(before, "d1"))
    assert found
    return found[0].code, [(d.name, d.before, d.after) for d in found[0].differences]


def test_every_code_has_a_meaning() -> None:
    assert set(MEANINGS) == set(get_args(Code))


def test_what_does_not_exist_is_new() -> None:
    found = reason_of(recipe(), None)
    assert found
    assert found[0].code == "new"


def test_an_equal_recipe_is_no_reason() -> None:
    assert reason_of(recipe(source="s1"), Version(recipe(source="s1"), "d1")) is None


def test_that_a_dataset_was_pinned_is_no_reason() -> None:
    before = Version(Recipe("dataset", {}, {"site@v2": "d2"}), "d1")
    assert reason_of(Recipe("dataset", {}, {"site": "d2"}), before) is None


@pytest.mark.parametrize(
    ("before", "now", "code", "differences"),
    [
        (
            recipe(source="s1"),
            recipe(source="s2"),
            "source-changed",
            [("source", "s1", "s2")],
        ),
        (
            recipe("predict", executor="e1", test="t1"),
            recipe("predict", executor="e2", test="t2"),
            "executor-changed",
            [("executor", "e1", "e2"), ("test", "t1", "t2")],
        ),
        (
            recipe(site="d1"),
            recipe(site="d1", extra="d2"),
            "input-changed",
            [("extra", None, "d2")],
        ),
        (
            recipe("judge", {"evaluator": "j 1"}, test="t1"),
            recipe("judge", {"evaluator": "j 2"}, test="t1"),
            "evaluator-changed",
            [("settings.evaluator", "j 1", "j 2")],
        ),
        (
            recipe(settings={"from": {"format": "voc"}, "then": []}),
            recipe(settings={"from": {"format": "coco"}, "then": [{"op": "unique"}]}),
            "settings-changed",
            [
                ("settings.from.format", "voc", "coco"),
                ("settings.then", "[]", '[{"op": "unique"}]'),
            ],
        ),
    ],
)
def test_the_code_names_what_differs(
    before: Recipe, now: Recipe, code: str, differences: list[tuple[str, str | None, str | None]]
) -> None:
    assert reason(before, now) == (code, differences)


def test_answers_correct_a_dataset() -> None:
    now = Recipe("dataset", {}, {"source": "s1", "p/r1/label": "a1"})
    assert reason(recipe(source="s1"), now) == ("corrected", [("p/r1/label", None, "a1")])


def test_two_versions_of_one_dataset_are_one_input() -> None:
    found = reason_of(
        Recipe("dataset", {}, {"site@v1": "d1", "site": "d3"}),
        Version(Recipe("dataset", {}, {"site@v1": "d1", "site": "d2"}), "x"),
    )
    assert found
    assert found[0].differences == (Difference("site", "d1, d2", "d1, d3"),)


def test_every_step_of_a_plan_has_a_reason() -> None:
    world = Pure(has_people=True, scores=lambda number: 0.5)
    world.obey(catalogue(goal={"rounds": 1}))
    now = world.plan(catalogue(goal={"rounds": 3}))
    codes = {getattr(s, "name", "") or s.stage.name: s.reason.code for s in now.steps}
    assert codes["train"] == "current"
    assert codes["p/r1/mine"] == "new"
    assert codes["p/r1/send"] == "waits-for-inputs"


def test_the_published_table_has_every_code_and_its_meaning() -> None:
    page = (Path(__file__).parents[2] / "specs" / "plan.md").read_text()
    rows = [f"| `{code}` | {meaning} |" for code, meaning in MEANINGS.items()]
    assert [row for row in rows if row not in page] == []
