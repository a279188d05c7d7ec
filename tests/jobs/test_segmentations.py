import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as reference

from tests.jobs.examples import CLASSES, A, B, images
from ymir.errors import ResultError
from ymir.jobs.predictions import Found, read_predictions

SQUARE = [[10, 20, 20, 20, 20, 40, 10, 40]]  # x 10 to 20, y 20 to 40
BOX = (10, 20, 10, 20)


def runs(*, encoded: bool) -> dict[str, Any]:
    """The square, as run lengths of an image of 100x80 pixels."""
    painted = np.zeros((80, 100), dtype=np.uint8, order="F")
    painted[20:40, 10:20] = 1
    if not encoded:
        return {"size": [80, 100], "counts": [820, *[20, 60] * 9, 20, 80 * 100 - 1560]}
    whole = reference.encode(painted)
    return {"size": [80, 100], "counts": whole["counts"].decode()}


def annotation(**changes: object) -> dict[str, Any]:
    given = {
        "id": 1,
        "image_id": 1,
        "category_id": 0,
        "bbox": list(BOX),
        "area": 200,
        "segmentation": SQUARE,
        "iscrowd": 0,
        "confidence": 0.9,
        **changes,
    }
    return {key: value for key, value in given.items() if value is not None}


def document(*annotations: object, **changes: object) -> dict[str, object]:
    return {
        "images": [{"id": 1, "file_name": f"{A}.jpg"}, {"id": 2, "file_name": f"{B}.png"}],
        "categories": [{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}],
        "annotations": list(annotations),
        **changes,
    }


def read(out: Path, result: object) -> Found:
    (out / "infer-result.json").write_text(json.dumps(result))
    return read_predictions(out, images(), CLASSES)


def objects(found: Found) -> list[dict[str, Any]]:
    return list(found.images["objects"].to_list()[0])


@pytest.mark.parametrize(
    ("changes", "bent"),
    [
        ({}, {}),
        ({"area": None}, {"annotation-without-area": 1}),
        ({"bbox": None}, {"annotation-without-bbox": 1}),
        ({"bbox": None, "area": None, "segmentation": runs(encoded=True)},
         {"annotation-without-bbox": 1, "annotation-without-area": 1}),
        ({"bbox": None, "segmentation": runs(encoded=False)},
         {"annotation-without-bbox": 1, "runs-not-encoded": 1}),
        ({"confidence": None, "score": 0.9}, {"score-called-score": 1}),
        ({"segmentation": runs(encoded=True), "iscrowd": 1}, {}),
        ({"segmentation": None}, {}),
        ({"segmentation": [*SQUARE, [10, 20, 12, 20, 12, 22]]}, {"several-polygons": 1}),
        ({"bbox": ["10", 20.0, 10, 20]}, {"number-as-text": 1}),
        ({"segmentation": [[1, 2, 3]]}, {"mask-unusable": 1}),
        ({"segmentation": {"size": [9, 9], "counts": [81]}}, {"mask-unusable": 1}),
        ({"segmentation": {"size": [80, 100]}}, {"mask-unusable": 1}),
        ({"segmentation": "RLE"}, {"mask-unusable": 1}),
    ],
)  # fmt: skip
def test_an_object_is_read_in_every_form(
    tmp_path: Path, changes: dict[str, Any], bent: dict[str, int]
) -> None:
    found = read(tmp_path, document(annotation(**changes)))
    (each,) = objects(found)
    assert (each["label"], *(each[side] for side in "xywh")) == ("cat", *BOX)
    assert each["score"] == pytest.approx(0.9)
    assert each["crowd"] is False
    assert {remark.rule: remark.count for remark in found.remarks} == bent


def test_masks_are_kept_as_they_are(tmp_path: Path) -> None:
    masks = [SQUARE, runs(encoded=True), runs(encoded=False)]
    rows = [annotation(segmentation=mask, bbox=[i, *BOX[1:]]) for i, mask in enumerate(masks)]
    found = objects(read(tmp_path, document(*rows)))
    assert [json.loads(each["mask"]) for each in sorted(found, key=lambda each: each["x"])] == masks


def test_an_object_without_confidence_is_certain(tmp_path: Path) -> None:
    for changes in ({"confidence": None}, {"confidence": -1.0}):
        found = read(tmp_path, document(annotation(**changes)))
        assert [each["score"] for each in objects(found)] == [1.0]
        assert [each.rule for each in found.remarks] == ["annotation-without-confidence"]


def test_of_objects_that_repeat_a_box_the_first_is_kept(tmp_path: Path) -> None:
    twin = annotation(confidence=0.1)
    found = read(tmp_path, document(annotation(), twin, annotation(category_id=1)))
    assert sorted(each["label"] for each in objects(found)) == ["cat", "dog"]
    assert [(each.rule, each.count) for each in found.remarks] == [("duplicate-box", 1)]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"category_id": 7}, "class-unknown"),
        ({"image_id": 7}, "image-unknown"),
        ({"bbox": None, "segmentation": None}, "annotation-without-place"),
        ({"bbox": None, "segmentation": [[]]}, "annotation-without-place"),
        ({"bbox": [1, 1, 0, 5]}, "box-without-area"),
    ],
)
def test_what_has_no_place_or_name_is_left_out(
    tmp_path: Path, changes: dict[str, Any], rule: str
) -> None:
    found = read(tmp_path, document(annotation(**changes)))
    assert objects(found) == []
    assert rule in [each.rule for each in found.remarks]


def test_categories_are_known_by_their_names(tmp_path: Path) -> None:
    names = [{"id": "b", "name": "bird"}, {"id": 9, "name": "Dog"}]
    rows = [annotation(category_id=9), annotation(category_id="b")]
    found = read(tmp_path, document(*rows, categories=names))
    assert [each["label"] for each in objects(found)] == ["dog"]
    assert {each.rule: each.count for each in found.remarks} == {
        "class-respelled": 1,
        "class-unknown": 1,
    }


def test_file_names_may_have_folders_and_images_may_be_missing(tmp_path: Path) -> None:
    listed = [{"id": "1", "file_name": f"/in/assets/aa/{A}.jpg"}, {"id": 5, "file_name": "x.jpg"}]
    found = read(tmp_path, document(annotation(), images=listed))
    assert len(objects(found)) == 1
    assert {each.rule: each.count for each in found.remarks} == {
        "file-name-with-folder": 1,
        "image-unanswered": 1,
        "image-unknown": 1,
    }


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (document(3), "an annotation must be a mapping"),
        (document(images=[3]), "an entry of `images` must be a mapping"),
        (document(categories=["cat"]), "an entry of `categories` must be a mapping"),
        (document(images=[{"id": 1, "file_name": "x.jpg"}]), "nor is any other"),
        (document(annotation(bbox=[1, 2, 3])), "must be 4 numbers"),
        (document(annotation(bbox=[1, 2, 3, "wide"])), "cannot be read"),
        (document(annotations=None), "`detection` must be a mapping"),
    ],
)
def test_what_cannot_be_understood_is_refused(tmp_path: Path, result: object, why: str) -> None:
    with pytest.raises(ResultError, match=why):
        read(tmp_path, result)
