"""What people did in Label Studio comes back as it is, or with every mistake that is in it."""

import dataclasses

import pytest

from tests.labeling.batches import CLASSES, balanced, objects_of
from tests.labelstudio.desk import desk, region
from tests.labelstudio.server import a_label_studio
from ymir.errors import DataError

pytestmark = a_label_studio
BARE = CLASSES[1]


def test_what_people_did_comes_back_image_by_image(label_studio, tmp_path):
    own = desk(label_studio, tmp_path, count=5)
    labelled, empty, skipped, gone, drafted = own.images
    own.send()
    own.says(labelled, region(label="head"))
    own.says(empty)
    own.says(skipped, was_cancelled=True)
    own.drafts(drafted, region())
    own.deletes(gone)
    rows = {row["image"]: row for row in own.rows()}
    assert {image: row["state"] for image, row in rows.items()} == {
        labelled: "labelled", empty: "labelled", skipped: "skipped", gone: "rejected",
    }  # fmt: skip
    assert rows[gone]["why"] == "deleted in Label Studio"
    assert rows[labelled]["by"] == label_studio.user
    assert rows[labelled]["seconds"] == 2.5
    assert rows[labelled]["at"].endswith("Z")
    (box,) = rows[labelled]["objects"]
    assert box["label"] == BARE
    assert [box[side] for side in "xywh"] == pytest.approx([10, 10, 20, 10])
    counted = balanced(own.batch, own.collect())
    assert (counted.gap, counted.outstanding, counted.back, counted.empty) == (0, 1, 2, 1)


def test_several_answers_for_an_image_come_back_with_who_and_which_counts(label_studio, tmp_path):
    own = desk(label_studio, tmp_path)
    own.send()
    image = own.images[0]
    own.says(image, region(), ground_truth=True)
    own.says(image, was_cancelled=True)
    own.says(image, region(at=(0, 0)))
    rows = own.rows()
    assert [(row["image"], row["state"]) for row in rows] == [(image, "labelled")] * 2
    assert sorted(row["star"] for row in rows) == [False, True]
    (box,) = objects_of(own.batch, own.collect())[0]
    assert box["x"] == pytest.approx(10)


def test_boxes_are_cut_to_their_image_and_one_without_area_is_told(label_studio, tmp_path):
    own = desk(label_studio, tmp_path)
    own.send()
    own.says(own.images[0], region(at=(-5, 30), size=(20, 30)), region(at=(70, 1)))
    (row,) = own.rows()
    (box,) = row["objects"]
    assert [box[side] for side in "xywh"] == pytest.approx([0, 30, 15, 10])
    assert row["why"] == "dropped: a box without area (1)"


@pytest.mark.parametrize(
    ("rule", "state", "mask"),
    [("hull", "labelled", False), ("polygon", "labelled", True), ("reject", "rejected", False)],
)
def test_turned_rectangles_are_what_the_spec_says(label_studio, tmp_path, rule, state, mask):
    own = desk(label_studio, tmp_path)
    own.send()
    own.says(own.images[0], region(at=(30, 10), value={"rotation": 90}))
    (row,) = own.rows(rotated=rule)
    assert row["state"] == state
    assert "a turned rectangle" in row["why"]
    boxes = [[box[side] for side in "xywh"] for box in row["objects"]]
    assert boxes == ([pytest.approx([20, 10, 10, 20])] if state == "labelled" else [])
    assert [box["mask"] is not None for box in row["objects"]] == [mask] * len(boxes)


@pytest.mark.parametrize(
    ("rule", "state", "mask"),
    [("box", "labelled", False), ("mask", "labelled", True), ("reject", "rejected", False)],
)
def test_polygons_are_what_the_spec_says(label_studio, tmp_path, rule, state, mask):
    own = desk(label_studio, tmp_path)
    own.send()
    points = [[50, 25], [75, 25], [50, 75]]
    own.says(own.images[0], region(kind="polygon", value={"points": points}))
    (row,) = own.rows(polygons=rule)
    assert (row["state"], "a polygon" in row["why"]) == (state, True)
    boxes = [[box[side] for side in "xywh"] for box in row["objects"]]
    assert boxes == ([pytest.approx([30, 10, 15, 20])] if state == "labelled" else [])
    assert [box["mask"] is not None for box in row["objects"]] == [mask] * len(boxes)


def test_mistakes_are_told_at_once_with_task_and_person(label_studio, tmp_path):
    own = desk(label_studio, tmp_path)
    own.send()
    own.says(own.images[0], region(label="hat"))
    own.says(own.images[1], region(original_width=40, original_height=60))
    own.says(own.images[2], region(image_rotation=90))
    with pytest.raises(DataError) as error:
        own.collect()
    said = str(error.value)
    assert "label `hat` is not in `Labels`" in said
    assert "it is for an image of 40x60 pixels, but this one has 60x40" in said
    assert "its image was turned" in said
    assert said.count(f"({label_studio.user})") == 3
    for image in own.images:
        assert f"/data?task={own.task(image)['id']} " in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('<Label value="helmet_head" ', '<Label value="hat" ', "does not offer `helmet_head`"),
        ("</RectangleLabels>", '<Label value="hat"/></RectangleLabels>', "it offers `hat`"),
        ('RectangleLabels name="label"', 'RectangleLabels name="tag"', "no control called `label`"),
        ("RectangleLabels", "PolygonLabels", "does not draw boxes"),
    ],
)
def test_an_interface_that_was_changed_is_an_error_that_names_it(
    label_studio, tmp_path, old, new, said
):
    own = desk(label_studio, tmp_path, count=1)
    own.send()
    config = own.project()["label_config"]
    assert old in config
    own.sets(label_config=config.replace(old, new))
    for action in (own.send, own.collect):
        with pytest.raises(DataError, match=said) as error:
            action()
        assert "Labeling Interface" in error.value.hint


def test_people_may_offer_an_alias_of_a_class(label_studio, tmp_path):
    own = desk(label_studio, tmp_path, count=1)
    own.send()
    config = own.project()["label_config"]
    own.sets(label_config=config.replace("</Rect", '<Label value="head"/></Rect'))
    assert own.rows() == []


def test_what_nobody_began_is_withdrawn_and_is_then_no_deletion(label_studio, tmp_path):
    own = desk(label_studio, tmp_path, count=5)
    labelled, skipped, drafted, *_ = own.images
    own.send()
    own.says(labelled)
    own.says(skipped, was_cancelled=True)
    own.drafts(drafted, region())
    assert own.withdraw() == {"withdrawn": 2}
    assert own.withdraw() == {"withdrawn": 0}
    assert {task["data"]["ymir_image"] for task in own.tasks()} == {labelled, skipped, drafted}
    counted = balanced(own.batch, own.collect())
    assert (counted.labelled + counted.empty, counted.skipped, counted.outstanding) == (1, 1, 3)
    own.send()
    assert len(own.tasks()) == 5
    own.deletes(own.images[4])
    assert balanced(own.batch, own.collect()).rejected == 1


def test_a_batch_that_nobody_began_can_be_withdrawn_whole(label_studio, tmp_path):
    own = desk(label_studio, tmp_path)
    own.send()
    assert own.withdraw() == {"withdrawn": 3}
    assert own.rows() == []


def test_a_second_copy_that_is_deleted_is_not_waited_for(label_studio, tmp_path):
    own = desk(label_studio, tmp_path, count=2)
    own.batch = dataclasses.replace(own.batch, twice=tuple(own.images[:1]))
    own.send()
    copy = own.task(own.images[0], 2)["id"]
    chosen = {"all": False, "included": [copy]}
    project = own.project()["id"]
    body = {"project": project, "selectedItems": chosen}
    own.posts(f"/api/dm/actions/?id=delete_tasks&project={project}", body)
    assert own.rows() == []  # the image may yet be answered
    for image in own.images:
        own.says(image)
    counted = balanced(own.batch, own.collect())
    assert counted.is_done
    assert counted.empty == 2


def test_a_project_that_is_gone_or_emptied_is_an_error(label_studio, tmp_path):
    own = desk(label_studio, tmp_path)
    own.send()
    own.deletes(*own.images)
    with pytest.raises(DataError, match="none of the tasks of batch helmet-r2 is left"):
        own.collect()
    with own.client() as client:
        client.delete(f"/api/projects/{own.project()['id']}/")
    with pytest.raises(DataError, match="is no more in Label Studio") as error:
        own.collect()
    assert "`ymir labels cancel helmet-r2 --without-answers`" in error.value.hint
