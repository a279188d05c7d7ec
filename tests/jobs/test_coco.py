import json
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as reference

from tests.jobs.examples import CLASSES, A, B, images
from ymir.data.table import table
from ymir.jobs.coco import coco
from ymir.layouts.masks import area_of, box_of, encoded


def document(objects: list[dict[str, Any]], classes: tuple[str, ...] = CLASSES) -> Any:
    every = table([{"image": A, "width": 40, "height": 30, "objects": objects}])
    return json.loads(coco(every, classes))


def thing(**changes: object) -> dict[str, Any]:
    return {"label": "cat", "x": 2.0, "y": 3.0, "w": 10.0, "h": 5.0, **changes}


def test_images_are_numbered_in_the_order_of_their_digests() -> None:
    written = json.loads(coco(images().reverse(), CLASSES))
    assert [(each["id"], each["file_name"]) for each in written["images"]] == [
        (1, f"{A}.jpg"),
        (2, f"{B}.png"),
    ]


def test_classes_count_from_0_in_the_order_they_are_named() -> None:
    written = document([thing(label="dog")], ("dog", "cat"))
    assert [(each["id"], each["name"]) for each in written["categories"]] == [
        (0, "dog"),
        (1, "cat"),
    ]
    assert written["annotations"][0]["category_id"] == 0


def test_boxes_are_whole_pixels_inside_the_image_and_truth_has_no_confidence() -> None:
    written = json.loads(coco(images(), CLASSES))["annotations"]
    assert [(each["bbox"], each["area"]) for each in written] == [
        ([10, 15, 50, 40], 2000),
        ([90, 0, 10, 16], 160),
    ]
    assert {each["confidence"] for each in written} == {-1.0}
    assert [each["segmentation"] for each in written] == [{}, {}]


def test_polygons_stay_and_run_lengths_become_text() -> None:
    square = [[2, 3, 12, 3, 12, 8, 2, 8]]
    runs = {"size": [30, 40], "counts": [63, 5, 25, 5, 30 * 40 - 98]}
    masks = [json.dumps(square), json.dumps(runs), None]
    polygons, lengths, none = document([thing(mask=mask) for mask in masks])["annotations"]
    assert (polygons["segmentation"], polygons["area"]) == (square, 50)
    assert lengths["area"] == reference.area(lengths["segmentation"]) == 10
    assert none["segmentation"] == {}


def test_crowds_are_said_to_be_crowds() -> None:
    assert [each["iscrowd"] for each in document([thing(crowd=True), thing()])["annotations"]] == [
        1,
        0,
    ]


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_run_lengths_are_written_as_pycocotools_writes_them(
    wide: int, high: int, seed: int
) -> None:
    painted = np.random.default_rng(seed).integers(0, 2, (high, wide), dtype=np.uint8)
    truth = reference.encode(np.asfortranarray(painted))
    runs = [0]
    for pixel in painted.flatten(order="F"):
        if pixel != (len(runs) - 1) % 2:
            runs.append(0)
        runs[-1] += 1
    ours = {"size": [high, wide], "counts": encoded(runs)}
    assert ours["counts"] == truth["counts"].decode()
    assert area_of(ours) == painted.sum()
    assert (box_of(ours) or (0, 0, 0, 0)) == tuple(reference.toBbox(truth))
