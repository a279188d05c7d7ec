"""Rounds as frames, and the scores of one."""

import json

import pytest

from tests.workspaces import Workspace as Typed
from ymir import Workspace
from ymir.errors import SpecError


def test_a_row_is_a_round_as_status_has_it(done: Typed) -> None:
    rounds = Workspace(done.root).rounds("pets")
    said = done.data("status")["rounds"]["pets"]
    assert rounds.height == len(said) >= 2
    for name in ("round", "map", "map_low", "map_high", "map_50_95", "labels", "seconds"):
        assert rounds[name].to_list() == [each[name] for each in said]
    last = rounds.tail(1).explode("per_class").unnest("per_class")
    assert dict(last.select("label", "ap50").rows()) == said[-1]["per_class"]


def test_all_projects_are_in_one_frame_and_unknown_ones_are_refused(done: Typed) -> None:
    here = Workspace(done.root)
    assert set(here.rounds()["project"]) == {"pets"}
    with pytest.raises(SpecError, match="no project is called `pest`"):
        here.rounds("pest")


def test_a_workspace_without_rounds_has_an_empty_frame_of_the_same_columns(done, pets) -> None:
    full, none = Workspace(done.root).rounds(), Workspace(pets.root).rounds("pets").head(0)
    assert none.schema == full.schema


def test_the_scores_of_a_round_are_those_of_the_judge(done: Typed) -> None:
    here = Workspace(done.root)
    newest = here.round("pets")
    number = here.rounds("pets")["round"].max()
    assert newest.name == f"pets/r{number}"
    file = done.root / "data" / "rounds" / "pets" / str(number) / "metrics.json"
    judged = json.loads(file.read_text())["testing"]
    assert newest.map == judged["map"]["value"]
    assert here.round("pets/r1").map < newest.map
    per_class = newest.per_class().rows_by_key("label", named=True, unique=True)
    for each in judged["per_class"]:
        row = per_class[each["label"]]
        assert row["ap50"] == each["ap50"]["value"]
        assert row["true_positives"] == each["true_positives"]
    assert newest.per_class("validation").height == 2


def test_curves_and_confusion_are_frames(done: Typed) -> None:
    newest = Workspace(done.root).round("pets")
    curve = newest.curve("cat")
    assert curve["recall"].to_list() == pytest.approx([at / 100 for at in range(101)])
    assert curve["precision"].is_between(0, 1).all()
    counted = newest.confusion()
    assert counted.columns == ["truth", "cat", "dog", "background"]
    cats = newest.per_class().row(0, named=True)
    assert cats["label"] == "cat"
    assert counted.row(0)[1] == cats["true_positives"]


def test_what_there_is_not_is_refused_with_what_there_is(done: Typed) -> None:
    here = Workspace(done.root)
    for name, hint in (("pets/r9", "pets/r"), ("pest", "pets")):
        with pytest.raises(SpecError) as caught:
            here.round(name)
        assert hint in str(caught.value.hint)
    with pytest.raises(SpecError, match="no class is called `cow`"):
        here.round("pets").curve("cow")
    with pytest.raises(SpecError, match="not judged on a `tests` set"):
        here.round("pets").confusion("tests")
