"""What a gallery holds adds up to what the tables hold."""

import polars as pl
import pytest
from hypothesis import given, settings

from tests.data.tables import tables
from tests.gallery.scenes import scene
from ymir.data.table import table
from ymir.gallery.choice import differing_first, evenly
from ymir.gallery.content import BOX_CHANGES, as_data, compared, content


@given(tables)
def test_every_image_and_box_of_a_version_is_there(images):
    data = as_data(content("a@v1", images))
    assert sorted(data["images"]["image"]) == sorted(images["image"])
    assert (
        sum(data["boxes"]["count"]) == len(data["boxes"]["x"]) == images["objects"].list.len().sum()
    )


@settings(deadline=None)
@given(tables, tables)
def test_each_side_of_a_comparison_is_the_whole_version(old, new):
    found = compared("a@v2", new, "a@v1", old)
    labels = [
        found.boxes.filter(pl.col("side") & side > 0).join(
            found.images.select("image", "change"), on="image"
        )["label"].sort().to_list()
        for side in (1, 2)
    ]  # fmt: skip
    for side, version in zip(labels, (new, old), strict=True):
        assert side == sorted(each["label"] for row in version["objects"] for each in row)
    assert set(found.images["image"]) == {*old["image"], *new["image"]}
    assert set(found.boxes["change"]) <= set(BOX_CHANGES)


def test_what_is_said_of_no_box_takes_no_room():
    boxes = as_data(content("a@v1", scene(4)))["boxes"]
    unsaid = ("score", "crowd", "attributes", "polygons", "side", "change")
    assert [name for name, values in boxes.items() if values is None] == list(unsaid)


def test_tags_stand_once_and_are_referred_to():
    data = as_data(content("a@v1", scene(4)))
    assert data["tags"] == [["side", "even"], ["side", "odd"]]
    assert data["images"]["tags"] == [[0], [1], [0], [1]]


@pytest.mark.parametrize(("most", "shown"), [(None, 10), (20, 10), (5, 5), (3, 3), (1, 1)])
def test_of_too_many_images_some_are_taken_evenly_in_order(most, shown):
    numbers = [int(each, 16) for each in evenly(scene(10), most)["image"]]
    assert len(numbers) == shown
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 0
    if most == 5:
        assert numbers == [0, 2, 4, 6, 8]


def test_images_that_differ_are_shown_first():
    images = scene(100)
    differing = images["image"].gather([7, 50, 51])
    shown = differing_first(images, differing, 10)
    assert shown.height == 10
    assert set(differing) <= set(shown["image"])
    assert differing_first(images, images["image"], 10).height == 10


def test_scores_are_written_shortly_and_a_score_of_nothing_is_one():
    box = {"label": "cat", "x": 0.04, "y": 1.0, "w": 2.5, "h": 3.0}
    images = table([{"image": "a", "objects": [{**box, "score": 0.9}, {**box, "score": 0.0}]}])
    boxes = as_data(content("a@v1", images))["boxes"]
    assert boxes["score"] == [0.9, 0.0]
    assert boxes["x"] == [0, 0]
    assert boxes["w"] == [2.5, 2.5]


def test_polygons_are_drawn_and_other_masks_are_not():
    box = {"label": "cat", "x": 0.0, "y": 0.0, "w": 9.0, "h": 9.0}
    masks = [
        "[[0,0,9,0.04,9,9]]",
        None,
        '{"counts":"abc","size":[48,64]}',
        "[1, 2]",
        "[[",
        "[[{}]]",
    ]
    images = table([{"image": "a", "objects": [{**box, "mask": mask} for mask in masks]}])
    assert as_data(content("a@v1", images))["boxes"]["polygons"] == [
        [[0, 0, 9, 0, 9, 9]],
        [],
        [],
        [],
        [],
        [],
    ]
    assert as_data(content("a@v1", scene(4)))["boxes"]["polygons"] is None
