"""Each check finds what it is for, and leaves alone what is sound."""

import json
from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.tables import tables
from ymir.data.boxes import box_columns, overlap, twins
from ymir.data.findings import Finding
from ymir.data.health import Bar, ClassHealth, as_data, health
from ymir.data.table import table


def thing(x=100.0, y=100.0, w=50.0, h=50.0, label="car", **more: object) -> dict[str, object]:
    return {"label": label, "x": float(x), "y": float(y), "w": float(w), "h": float(h), **more}


def one_image(*objects: Mapping[str, object], size: tuple[int, int] = (640, 480)) -> pl.DataFrame:
    width, height = size
    row = {"image": "a", "file": "a.jpg", "width": width, "height": height, "objects": objects}
    return table([row])


def many_images(*objects: list[dict[str, object]], **more: object) -> pl.DataFrame:
    return table(
        {"image": f"{at}", "file": f"{at}.jpg", "width": 640, "height": 480, "objects": each} | more
        for at, each in enumerate(objects)
    )


def found(images: pl.DataFrame, **more: object) -> dict[str, Finding]:
    return {each.name: each for each in health(images, **more).findings}


def test_sound_images_have_nothing_to_find():
    sound = [thing(), thing(x=300, label="person", w=80, h=120)]
    seen = health(many_images(sound, sound, sound))
    assert seen.findings == ()
    assert seen.worst is None


def test_classes_are_counted_with_their_images_and_sizes():
    images = many_images(
        [thing(w=10, h=10), thing(x=300, w=31, h=33), thing(x=400, label="person")],
        [thing(w=96, h=96)],
        [],
    )
    seen = health(images)
    assert (seen.images, seen.boxes, seen.empty) == (3, 4, 1)
    assert seen.classes == (
        ClassHealth("car", boxes=3, images=2, small=2, medium=0, large=1),
        ClassHealth("person", boxes=1, images=1, small=0, medium=1, large=0),
    )
    assert seen.sizes == (Bar("small", 2), Bar("medium", 1), Bar("large", 1))
    assert [bar.boxes for bar in seen.shares] == [1, 2, 1, 0, 0]


@pytest.mark.parametrize(
    ("box", "name", "severity"),
    [
        (thing(w=0), "broken box", "error"),
        (thing(h=-5), "broken box", "error"),
        (thing(x=float("nan")), "broken box", "error"),
        (thing(w=float("inf")), "broken box", "error"),
        (thing(x=-1), "box out of range", "error"),
        (thing(x=600, w=41), "box out of range", "error"),
        (thing(y=470), "box out of range", "error"),
        (thing(x=1e9), "box out of range", "error"),
        (thing(w=3.9), "tiny box", "warning"),
        (thing(h=1), "tiny box", "warning"),
        (thing(x=0, y=0, w=640, h=480), "box around everything", "note"),
    ],
)
def test_a_box_that_is_wrong_is_found_and_shown(box, name, severity):
    finding = found(one_image(thing(x=300, y=300), box))[name]
    assert (finding.severity, finding.count, finding.of) == (severity, 1, "box")
    (example,) = finding.examples
    assert (example.image, example.file) == ("a", "a.jpg")
    assert example.what.startswith("`car` ")


def test_a_box_at_the_edge_and_one_that_rounding_moved_are_sound():
    images = one_image(thing(x=0, y=0), thing(x=590.4, y=430.4), thing(x=-0.4, y=300))
    assert found(images) == {}


def test_a_broken_box_is_not_counted_against_other_checks():
    assert set(found(one_image(thing(w=-5, h=1), thing(x=float("nan"), w=1)))) == {"broken box"}


def test_an_elongated_box_is_suspicious_only_in_a_class_of_compact_ones():
    cars = [thing(x=x) for x in range(100, 500, 60)]
    poles = [thing(x=x, y=10, w=10, h=200, label="pole") for x in range(100, 500, 60)]
    finding = found(one_image(*cars, *poles, thing(x=10, y=10, w=600, h=12)))["suspicious aspect"]
    assert (finding.count, finding.examples[0].what) == (1, "`car` 600 x 12 at 10, 10")


def test_one_thing_boxed_twice_is_a_duplicate_and_with_two_labels_a_conflict():
    images = one_image(
        thing(), thing(), thing(x=300), thing(x=301, label="person"), thing(y=300), thing(y=310)
    )
    seen = found(images)
    assert set(seen) == {"duplicate box", "label conflict"}
    assert seen["duplicate box"].count == 1
    assert seen["label conflict"].severity == "error"
    assert seen["label conflict"].examples[0].what == (
        "`person` 50 x 50 at 301, 100, and `car` 50 x 50 at 300, 100"
    )


def test_the_same_place_in_another_image_and_a_crowd_are_no_duplicates():
    assert found(many_images([thing()], [thing()])) == {}
    assert found(one_image(thing(), thing(crowd=True))) == {}


def test_twenty_thousand_copies_of_one_box_do_not_take_forever():
    finding = found(one_image(*[thing()] * 20_000))["duplicate box"]
    assert finding.count == 19_999


def test_empty_images_are_a_note_until_they_are_most():
    assert found(many_images([thing()], [thing()], []))["empty image"].severity == "note"
    assert found(many_images([thing()], [], []))["empty image"].severity == "warning"


def test_a_rare_class_is_named_and_shown():
    cars = [thing(x=5 * at, y=4 * at) for at in range(100)]
    images = many_images(cars, [thing(label="cow"), thing(x=300, label="cow")])
    finding = found(images)["class imbalance"]
    assert (finding.count, finding.of) == (1, "class")
    assert finding.means.startswith("`cow`: fewer than 5% of the boxes of `car`")
    assert [each.file for each in finding.examples] == ["1.jpg"]


def test_more_boxes_of_a_class_than_are_judged_are_a_crowd():
    boxes = [thing(x=5 * at, y=4 * at) for at in range(100)]
    assert "crowded image" not in found(one_image(*boxes, thing(label="person")))
    assert found(one_image(*boxes, thing(x=2, y=400)))["crowded image"].count == 1


def test_images_of_odd_size_are_found():
    sizes = [(640, 480)] * 5 + [(2560, 1921), (160, 119), (31, 480), (1000, 249)]
    images = table(
        {"image": f"{at}", "file": f"{at}.jpg", "width": w, "height": h, "objects": []}
        for at, (w, h) in enumerate(sizes)
    )
    finding = found(images)["odd image size"]
    assert finding.count == 4
    assert finding.examples[0].what == "2560 x 1921 pixels"


def test_near_duplicates_are_found_and_those_whose_labels_differ():
    images = many_images([thing()], [thing(x=200)], [thing(label="cow")], [thing()], [thing()])
    hashes = pl.Series([8, 9, 11, None, None], dtype=pl.UInt64)
    seen = found(images, hashes=hashes)
    assert seen["near duplicate"].count == 2
    assert [each.file for each in seen["near duplicate"].examples] == ["1.jpg", "2.jpg"]
    assert seen["near duplicate"].examples[1].what == "like `0.jpg`"
    disagree = seen["near duplicates disagree"]
    assert disagree.examples[0].what == "1 cow; `0.jpg` has 1 car"
    assert (disagree.count, disagree.of, disagree.examples[0].file) == (
        1,
        "group of images",
        "2.jpg",
    )
    assert "near duplicates disagree" not in found(images[:2], hashes=hashes[:2])
    assert "near duplicate" not in found(images, hashes=hashes, distance=0)


def test_examples_are_few_and_of_different_images():
    finding = found(many_images(*[[thing(w=1), thing(x=300, w=1)]] * 9))["tiny box"]
    assert finding.count == 18
    assert [each.file for each in finding.examples] == [f"{at}.jpg" for at in range(5)]


def test_the_worst_comes_first():
    images = one_image(thing(w=1), thing(x=-50), thing(x=0, y=0, w=640, h=480))
    severities = [each.severity for each in health(images).findings]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    assert health(images).worst == "error"


def test_health_is_data():
    data = json.loads(json.dumps(as_data(health(one_image(thing(w=1))))))
    assert data["classes"][0]["label"] == "car"
    assert data["findings"][0]["examples"][0]["file"] == "a.jpg"


def test_nothing_is_healthy():
    seen = health(table([]))
    assert (seen.images, seen.boxes, seen.classes, seen.findings) == (0, 0, (), ())
    assert health(table([]), hashes=pl.Series([], dtype=pl.UInt64)).findings == ()
    assert health(many_images([])).boxes == 0


@given(tables)
def test_every_box_is_counted_once(images):
    seen = health(images)
    assert seen.boxes == sum(each.boxes for each in seen.classes)
    assert seen.boxes == sum(bar.boxes for bar in seen.sizes)
    assert seen.boxes == sum(bar.boxes for bar in seen.shares)
    assert seen.images == images.height


corners = st.tuples(*[st.integers(0, 3)] * 2, *[st.integers(1, 40)] * 2)


@given(
    st.lists(st.lists(st.tuples(corners, st.sampled_from(["car", "cow"])), max_size=6), max_size=4)
)
def test_twins_are_what_comparing_all_boxes_of_an_image_finds(content):
    images = many_images(
        *([thing(x, y, w, h, label) for (x, y, w, h), label in each] for each in content)
    )
    boxes = box_columns(images)
    same, other = twins(boxes, np.ones(len(boxes), bool), iou=0.9)
    for found_of, is_same in ((same, True), (other, False)):
        for box in range(len(boxes)):
            before = [
                each
                for each in range(len(boxes))
                if boxes.row[each] == boxes.row[box]
                and (boxes.x[each], each) < (boxes.x[box], box)
                and (boxes.label[each] == boxes.label[box]) == is_same
                and overlap(boxes, np.array([each]), np.array([box]))[0] > 0.9
            ]
            assert (found_of[box] in before) if before else (found_of[box] == -1)
