import json
from pathlib import Path

import pytest

from tests.media.pictures import put
from ymir.errors import DataError
from ymir.formats import coco as plugin

CATS = [{"id": 7, "name": "cat"}, {"id": 2, "name": "dog"}]


def write(folder: Path, images=(), annotations=(), categories=CATS, name="annotations.json"):
    document = {"images": [*images], "annotations": [*annotations], "categories": [*categories]}
    put(folder / name, json.dumps(document))
    return folder


def read(folder: Path):
    return {found.image: found for found in plugin.read(plugin.listing(folder))}


def image(number=1, name="a.jpg", **more):
    return {"id": number, "file_name": name, "width": 64, "height": 48, **more}


def box(number=1, image=1, category=7, **more):
    return {
        "id": number, "image_id": image, "category_id": category, "bbox": [1, 2, 3.5, 4], **more
    }  # fmt: skip


@pytest.mark.parametrize(
    ("file", "called"),
    [
        ("images/a.jpg", "a.jpg"),
        ("images/day/a.jpg", "day/a.jpg"),
        ("images/day/a.jpg", "images/day/a.jpg"),
        ("val2014/a.jpg", "a.jpg"),
        ("a.png", "a.png"),
        ("images/day/a.jpg", "day\\a.jpg"),
    ],
)
def test_images_are_found_by_the_names_that_tools_write(tmp_path, file, called):
    put(tmp_path / file, b"")
    found = read(write(tmp_path, [image(name=called)], [box()]))[file]
    assert found.objects == ({"label": "cat", "x": 1, "y": 2, "w": 3.5, "h": 4},)
    assert (found.declared, found.problem) == ((64, 48), None)


def test_masks_crowds_scores_and_attributes_are_kept(tmp_path):
    put(tmp_path / "a.jpg", b"")
    rle = {"counts": [5, 2], "size": [48, 64]}
    polygon = [[1, 1, 5, 1, 5, 5], [2, 2, 3, 2, 3, 3]]
    annotations = [
        box(1, segmentation=polygon, score=0.5, attributes={"blur level": 2}),
        box(2, segmentation=rle, iscrowd=1),
    ]
    first, second = read(write(tmp_path, [image()], annotations))["a.jpg"].objects
    assert json.loads(first["mask"]) == polygon
    assert (first["score"], first["attributes"]) == (0.5, ({"key": "blur level", "value": "2"},))
    assert json.loads(second["mask"]) == rle
    assert second["crowd"]


def test_a_missing_box_is_drawn_around_its_polygons(tmp_path):
    put(tmp_path / "a.jpg", b"")
    annotation = box(segmentation=[[3, 4, 9, 4], [5, 1, 5, 8]])
    del annotation["bbox"]
    (found,) = read(write(tmp_path, [image()], [annotation]))["a.jpg"].objects
    assert [found[key] for key in "xywh"] == [3, 1, 6, 7]


def test_images_that_no_file_lists_have_no_labels(tmp_path):
    put(tmp_path / "a.jpg", b"")
    found = read(write(tmp_path))["a.jpg"]
    assert (found.objects, found.annotation, found.problem) == ((), None, None)


def test_several_files_are_put_together(tmp_path):
    put(tmp_path / "images/a.jpg", b"")
    put(tmp_path / "images/b.jpg", b"")
    write(tmp_path, [image()], [box()], name="annotations/train.json")
    write(tmp_path, [image(name="b.jpg")], [box(category=2)], name="annotations/val.json")
    found = read(tmp_path)
    assert found["images/a.jpg"].objects[0]["label"] == "cat"
    assert found["images/b.jpg"].objects[0]["label"] == "dog"


@pytest.mark.parametrize(
    ("images", "annotations", "name", "why"),
    [
        ([image(name="b.jpg")], [], "b.jpg", "there is no file of this name"),
        ([image(name="../a.jpg")], [], "../a.jpg", "leads out of"),
        ([image(name="/etc/a.jpg")], [], "/etc/a.jpg", "leads out of"),
        ([image(name="C:\\a.jpg")], [], "C:\\a.jpg", "leads out of"),
        ([{"id": 1}], [], "annotations.json: image 1", "has no `file_name`"),
        ([image(), image(2)], [], "a.jpg", "listed twice"),
        ([image(), image(1, "c.jpg")], [], "a.jpg", "image id 1 is used twice"),
        ([image()], [box(), box()], "a.jpg", "annotation id 1 is used twice"),
        ([image()], [box(category=9)], "a.jpg", "there is no category 9"),
        ([image()], [box(bbox=[1, 2, 3])], "a.jpg", "`bbox` is not 4 numbers"),
        ([image()], [box(bbox=["x", 2, 3, 4])], "a.jpg", "`bbox` is not numbers"),
        ([image()], [box(bbox=None)], "a.jpg", "has no `bbox`"),
        ([image()], [box(bbox=None, segmentation=[[]])], "a.jpg", "empty polygon"),
        ([image()], [box(bbox=None, segmentation=[3])], "a.jpg", "`segmentation` is not"),
        ([image(width="x")], [], "a.jpg", "size is not numbers"),
        ([image()], [box(image=5)], "annotations.json: image_id 5", "does not list"),
    ],
)
def test_a_wrong_entry_says_why(tmp_path, images, annotations, name, why):
    put(tmp_path / "a.jpg", b"")
    put(tmp_path / "c.jpg", b"")
    assert why in str(read(write(tmp_path, images, annotations))[name].problem)


def test_a_name_that_two_images_share_is_not_guessed(tmp_path):
    put(tmp_path / "x/a.jpg", b"")
    put(tmp_path / "y/a.jpg", b"")
    assert "more than one file" in str(read(write(tmp_path, [image()]))["a.jpg"].problem)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "cannot be read"),
        ('{"images": [], "annotations": [{"bbox": [NaN]}], "categories": []}', "cannot be read"),
        ("[]", "is not a COCO file"),
        ('{"images": 1, "annotations": [], "categories": []}', "is not a COCO file"),
        ('{"images": [1], "annotations": [], "categories": []}', "is not a COCO file"),
        ('{"images": [], "annotations": [], "categories": [{"id": 1}]}', "category 1 has no name"),
    ],
)
def test_a_file_that_cannot_be_used_at_all_stops_everything(tmp_path, content, why):
    put(tmp_path / "annotations.json", content)
    with pytest.raises(DataError, match=why):
        read(tmp_path)


def test_one_category_id_for_two_names_stops_everything(tmp_path):
    categories = [{"id": 1, "name": "cat"}, {"id": 1, "name": "dog"}]
    with pytest.raises(DataError, match="is both `cat` and `dog`"):
        read(write(tmp_path, categories=categories))


def test_a_folder_without_annotations_is_no_coco_dataset(tmp_path):
    put(tmp_path / "a.jpg", b"")
    with pytest.raises(DataError, match="no COCO file"):
        read(tmp_path)
