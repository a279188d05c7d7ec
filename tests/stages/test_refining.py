"""Each operation of `then`, from what a spec says to the version that is recorded."""

from pathlib import Path

import pytest

from tests.media.pictures import picture, put, thing, voc
from tests.media.test_phash import coded, scene
from tests.stages.test_dataset import Place
from ymir.errors import StoreError

BOXES = {
    "0": [thing("cat", (1, 1, 10, 10)), thing("dog", (1, 1, 40, 4))],
    "1": [thing("cat", (1, 1, 2, 2))],
    "2": [thing("dog", (1, 1, 30, 30))],
    "3": [],
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    for stem, boxes in BOXES.items():
        put(tmp_path / "raw" / "JPEGImages" / f"{stem}.jpg", picture(int(stem)))
        put(tmp_path / "raw" / "Annotations" / f"{stem}.xml", voc(*boxes))
    made.imported(tmp_path / "raw")
    return made


def left(place: Place, **op: object) -> dict[str, list[str]]:
    """The images, by their stem, and the classes on them, after one operation."""
    place.derived("made", ["base"], then=[op])
    rows = place.table("made").to_dicts()
    return {
        Path(row["file"]).stem: [box["label"] for box in row["objects"]]
        for row in sorted(rows, key=lambda row: str(row["file"]))
    }


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, {"0": ["cat", "dog"], "1": ["cat"], "2": ["dog"], "3": []}),
        ({"images_with": ["dog"]}, {"0": ["cat", "dog"], "2": ["dog"]}),
        ({"images_without": ["dog"]}, {"1": ["cat"], "3": []}),
        ({"labels": ["cat"]}, {"0": ["cat"], "1": ["cat"], "2": [], "3": []}),
        ({"exclude_labels": ["cat"], "unlabelled": "drop"}, {"0": ["dog"], "2": ["dog"]}),
        ({"min_side": 4}, {"0": ["cat", "dog"], "1": [], "2": ["dog"], "3": []}),
        ({"max_aspect": 2}, {"0": ["cat"], "1": ["cat"], "2": ["dog"], "3": []}),
        ({"min_area": 160}, {"0": ["dog"], "1": [], "2": ["dog"], "3": []}),
        ({"max_area": 100}, {"0": ["cat"], "1": ["cat"], "2": [], "3": []}),
        ({"min_share": 0.2, "unlabelled": "drop"}, {"2": ["dog"]}),
        ({"max_share": 0.05}, {"0": ["cat"], "1": ["cat"], "2": [], "3": []}),
        ({"min_score": 0.9}, {"0": ["cat", "dog"], "1": ["cat"], "2": ["dog"], "3": []}),
        ({"attributes": {"truncated": "true"}, "unlabelled": "drop"}, {}),
        ({"min_image_side": 49}, {}),
        ({"tags": {"light": ["dim"]}}, {}),
        ({"images_with": ["cat"], "labels": ["dog"]}, {"0": ["dog"], "1": []}),
    ],
)
def test_a_filter_takes_whole_images_first_and_then_boxes(
    place: Place, asked: dict[str, object], wanted: dict[str, list[str]]
) -> None:
    assert left(place, op="filter", **asked) == wanted


def test_classes_are_renamed_and_dropped(place: Place) -> None:
    found = left(place, op="relabel", map={"cat": "dog"}, drop=["dog"])
    assert found == {"0": ["dog"], "1": ["dog"], "2": [], "3": []}


def test_two_parts_are_the_whole(place: Place) -> None:
    parts = {"a": 0.5, "b": 0.5}
    one = left(place, op="split", parts=parts, take="a", seed=1)
    other = left(place, op="split", parts=parts, take="b", seed=1)
    assert not set(one) & set(other)
    assert set(one) | set(other) == set(BOXES)


def test_images_are_tagged_by_their_names_and_parted_by_that(place: Place) -> None:
    halves = {"odd": "[13]", "even": "[02]"}
    place.derived(
        "tagged",
        ["base"],
        then=[
            {"op": "tag", "file": f"(?P<{name}>{digits})[.]jpg"} for name, digits in halves.items()
        ],
    )
    tags = {Path(r["file"]).stem: r["tags"][0]["key"] for r in place.table("tagged").to_dicts()}
    assert tags == {"0": "even", "1": "odd", "2": "even", "3": "odd"}


def test_a_sample_is_balanced_or_in_a_ratio(place: Place) -> None:
    whole = left(place, op="sample", share=1, balance="per_class")
    assert set(whole) == {"0", "1", "2"}
    assert len(left(place, op="sample", count=2, ratio={"cat": 1})) == 2
    assert left(place, op="sample", count=2, by="light") == {}


@pytest.fixture
def seen(place: Place, tmp_path: Path) -> Place:
    """A scene, the same one coded anew and with a box, and another scene."""
    for name, content in {
        "a": coded(scene(1)),
        "b": coded(scene(1), quality=60),
        "c": coded(scene(2)),
    }.items():
        put(tmp_path / "seen" / "JPEGImages" / f"{name}.jpg", content)
        boxes = [thing()] if name != "a" else []
        put(tmp_path / "seen" / "Annotations" / f"{name}.xml", voc(*boxes, size=(400, 300)))
    place.imported(tmp_path / "seen")
    return place


def test_of_pictures_that_look_alike_one_stays(seen: Place) -> None:
    assert len(left(seen, op="dedupe")) == 2
    assert set(left(seen, op="dedupe", keep="labelled")) == {"b", "c"}


def test_pictures_that_are_not_at_hand_cannot_be_compared(seen: Place) -> None:
    image = seen.table("base")["image"][0]
    seen.media.locate([image])[image].unlink()
    with pytest.raises(StoreError, match="1 of 3 images are not here"):
        left(seen, op="dedupe")


def test_a_version_stays_what_it_was_when_its_dataset_goes_on(place: Place, tmp_path: Path) -> None:
    put(tmp_path / "raw" / "JPEGImages" / "9.jpg", picture(9))
    put(tmp_path / "raw" / "Annotations" / "9.xml", voc(thing("dog")))
    place.imported(tmp_path / "raw")
    place.derived("before", ["base@v1"])
    place.derived("added", ["base"], then=[{"op": "exclude", "datasets": ["base@v1"]}])
    assert place.table("before").height == 4
    assert place.table("added")["file"].str.contains("9.jpg").to_list() == [True]
