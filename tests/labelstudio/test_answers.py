"""What stands in an export is read for what it is, or is a mistake that names task and person."""

import pytest

from tests.labelstudio.desk import region
from ymir.labelstudio.answers import Reading, deleted, said_in
from ymir.labelstudio.settings import Settings

IMAGE, OTHER = "a" * 32, "b" * 32
SETTINGS = Settings.model_validate({"url": "http://labels.example", "token": {"env": "TOKEN"}})
READING = Reading(SETTINGS, {IMAGE: (60, 40), OTHER: (60, 40)}, {1: "ann@x"}, "task {}".format)


def task(*annotations, image=IMAGE, copy=1, **more):
    data = {"ymir_image": image, "ymir_copy": copy}
    return {"id": 7, "data": data, "annotations": list(annotations), **more}


def given(*results, **more):
    return {
        "result": list(results),
        "completed_by": 1,
        "updated_at": "2026-11-23T10:00:00.5Z",
    } | more


def only(*tasks):
    (found,) = said_in(tasks, READING)
    return found


def test_tasks_of_others_are_none_of_ours():
    foreign = [
        {"id": 1, "data": {"image": "x"}, "annotations": [given()]},
        {"id": 2, "data": None, "annotations": [given()]},
        {"id": 3},
        task(given(), image="c" * 32),
        task(given(), image=["a"]),
        task(given(), copy="1"),
    ]
    assert said_in(foreign, READING) == []


def test_the_newest_answer_stands_first_whatever_the_order():
    old, new = given(), given(updated_at="2026-11-23T12:00:00+01:00")
    newest = given(updated_at="2026-11-23T11:00:00.9Z")
    for order in ((old, new, newest), (newest, new, old)):
        assert [each.at for each in said_in([task(*order)], READING)] == [
            "2026-11-23T11:00:00Z", "2026-11-23T11:00:00Z", "2026-11-23T10:00:00Z",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "person"),
    [
        (1, "ann@x"),
        (2, "2"),
        ({"id": 3, "email": "bob@x"}, "bob@x"),
        ({"id": 4}, "4"),
        (None, None),
    ],
)
def test_who_answered_is_an_address_or_else_a_number(written, person):
    assert only(task(given(completed_by=written))).by == person


@pytest.mark.parametrize("at", [None, "", "yesterday", 5])
def test_a_time_that_is_none_is_unknown(at):
    assert only(task(given(updated_at=at))).at is None


def test_a_skip_counts_only_where_nobody_answered():
    skip = given(was_cancelled=True)
    assert only(task(skip)).state == "skipped"
    assert only(task(skip, given())).state == "labelled"


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (region(value={"rectanglelabels": []}), "a region has no label"),
        (region(value={"rectanglelabels": ["a", "b"]}), "a region has 2 labels"),
        (region(value={"rectanglelabels": [3]}), "a label or choice is no text"),
        (region(value={"x": "left"}), "is not numbers"),
        (region(value={"x": None}), "is not numbers"),
        (region(original_width=None), "`original_width`"),
        (region(original_width=40, original_height=60), "40x60 pixels, but this one has 60x40"),
        (region(image_rotation=180), "its image was turned"),
        (region(kind="polygon", value={"points": [[1, 2]]}), "3 points or more"),
        (region(kind="brush", value={"rle": [1, 2, 3]}), ""),
    ],
)
def test_a_region_that_says_nothing_sensible_is_a_mistake(result, problem):
    found = only(task(given(result)))
    assert problem in found.problem
    assert found.source == "task 7 (ann@x)"


@pytest.mark.parametrize("annotations", [{"a": 1}, "none", [3]])
def test_answers_that_are_no_list_are_a_mistake(annotations):
    assert only({**task(), "annotations": annotations}).problem == "its answers are no list"
    assert only(task(given() | {"result": annotations})).problem == "its answers are no list"


def test_what_is_no_shape_is_left_out_and_told():
    note = {"id": "n", "type": "textarea", "value": {"text": ["?"]}}
    arrow = {"type": "relation", "from_id": "a", "to_id": "b"}
    found = only(task(given(region(), note, arrow)))
    assert len(found.objects) == 1
    assert found.why == (
        "ignored: `relation` of Label Studio (1), ignored: `textarea` of Label Studio (1)"
    )


def test_choices_of_a_region_are_kept_with_it():
    box = region()
    choice = {"id": box["id"], "type": "choices", "from_name": "occluded"}
    (found,) = only(task(given(box, {**choice, "value": {"choices": ["yes"]}}))).objects
    assert found["attributes"] == [{"key": "occluded", "value": "yes"}]


def test_a_task_that_is_gone_is_rejected_unless_its_image_may_yet_be_answered():
    sent = [(IMAGE, 1), (OTHER, 1), (IMAGE, 2)]
    there = [task(copy=2)]
    said = said_in(there, READING)
    assert [(each.image, each.copy) for each in deleted(sent, there, said)] == [(OTHER, 1)]
    there = [task(given(), copy=2)]
    gone = deleted(sent, there, said_in(there, READING))
    assert [(each.image, each.copy, each.state) for each in gone] == [
        (IMAGE, 1, "rejected"), (OTHER, 1, "rejected"),
    ]  # fmt: skip
