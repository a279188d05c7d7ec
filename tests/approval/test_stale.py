from collections.abc import Collection
from dataclasses import replace

import pytest

from tests.approval.test_saved import approval
from ymir.approval.basis import Basis, basis, standing
from ymir.approval.stale import differences, strangers
from ymir.plan.snapshot import Recipe, Version
from ymir.plan.world import UNREAD, Listed, World

APPROVED = approval()
SAME = Basis(
    ymir=APPROVED.ymir,
    lineages=(APPROVED.lineage,),
    specs=APPROVED.specs,
    data=APPROVED.data,
    sources=APPROVED.sources,
    executors=APPROVED.executors,
    evaluator=APPROVED.evaluator,
    restart={},
    imported={"base": "33"},
)


def said(now: Basis, *, made: Collection[str] | None = (), before: object = APPROVED) -> list[str]:
    return differences(before, now, made=made, newer="")


def test_nothing_keeps_a_plan_from_being_applied_where_all_is_as_it_was() -> None:
    assert said(SAME, made=None) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ymir": "2.0"}, "ymir 1.0 made the plan, this is 2.0"),
        ({"specs": {"specs/a.yaml": "12"}}, "changed: `specs/a.yaml`"),
        ({"specs": {"specs/a.yaml": "11", "specs/b.yaml": "1"}}, "new: `specs/b.yaml`"),
        ({"specs": {}}, "gone: `specs/a.yaml`"),
        ({"data": {"base": "23"}}, "`base`: is another version than the plan knows"),
        ({"data": {"base": "22", "val": "1"}}, "`val`: is recorded, and the plan does not know"),
        ({"data": {}}, "`base`: the plan knows it, and it is not recorded here"),
        ({"sources": {"base": "34"}}, "the files of dataset `base` have changed"),
        ({"sources": {}}, "the files of dataset `base` are not there any more"),
        ({"sources": {"base": "33", "x": "1"}}, "the files of dataset `x` are there now"),
        ({"evaluator": "hotcoco 9"}, "models were judged by hotcoco 1.3.0, here by hotcoco 9"),
        ({"restart": {"pets": 2}}, "begin a new generation: `pets`"),
    ],
)
def test_each_difference_is_named(changed: dict[str, object], words: str) -> None:
    (line,) = said(replace(SAME, **changed))
    assert words in line


def test_all_differences_are_told_at_once() -> None:
    now = replace(SAME, ymir="2", specs={}, data={}, sources={"base": "1"})
    assert len(said(now)) == 4


def test_of_the_plan_of_another_workspace_nothing_else_matters() -> None:
    (line,) = said(replace(SAME, lineages=("other",), ymir="2"))
    assert "another workspace" in line


def test_many_names_are_counted() -> None:
    (line,) = said(replace(SAME, specs={f"specs/{n}.yaml": "" for n in range(9)} | SAME.specs))
    assert line.endswith("and 4 more")


def test_what_the_plan_has_made_itself_is_no_difference_but_others_work_is() -> None:
    now = replace(SAME, data={"base": "22", "pets/r1/train": "1", "val": "1"})
    assert said(now, made=None) == []
    (line,) = said(now, made={"pets/r1/train"})
    assert "`val`" in line
    assert "train" not in line


def test_files_that_the_plan_was_to_import_first_are_those_that_it_imported() -> None:
    before = approval(sources={"base": UNREAD}, data={})
    assert said(SAME, made=None, before=before) == []
    changed = replace(SAME, sources={"base": "35"})
    assert said(changed, made=None, before=before) == ["the files of dataset `base` have changed"]


def version(source: str = "33") -> Version:
    return Version(Recipe("dataset", {}, {"source": source}), "d")


@pytest.mark.parametrize(
    ("seen", "goes_by"),
    [({"base": "35"}, "35"), ({"base": UNREAD}, "33"), ({}, "33")],
)
def test_an_import_that_nobody_looks_at_stays_as_it_is_recorded(
    seen: dict[str, str], goes_by: str
) -> None:
    now = basis("1", ("l",), {}, {"base": version()}, World(sources=seen))
    assert now.sources == {"base": goes_by}


def test_lists_of_images_that_go_back_to_people_are_sources_too() -> None:
    now = basis("1", ("l",), {}, {}, World(relabel={"pets": Listed("77", 3, ("a.txt",))}))
    assert now.sources == {"relabel:pets": "77"}


def test_data_is_what_it_is_how_it_was_made_and_what_is_noted() -> None:
    first = standing({"base": version()})
    assert standing({"base": version("34")}) != first
    assert standing({"base": replace(version(), digest="e")}) != first
    assert standing({"base": replace(version(), facts={"map": 0.9})}) != first
    assert standing({"base": version()}) == first


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        ("44", "44", None),
        ("44", UNREAD, None),
        ("44", "45", "its program is another one"),
        (UNREAD, UNREAD, "nobody knows which program was approved"),
        (UNREAD, "44", "nobody knows which program was approved"),
    ],
)
def test_a_program_runs_that_was_known_when_the_plan_was_approved(
    before: str, now: str, words: str | None
) -> None:
    lines = strangers(approval(executors={"blocks": before}), {"blocks": now}, {"blocks"})
    assert len(lines) == (words is not None)
    assert all(str(words) in line for line in lines)


def test_programs_that_nothing_needs_do_not_matter() -> None:
    assert strangers(APPROVED, {"blocks": "45", "new": "1"}, set()) == []
