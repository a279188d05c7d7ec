import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_masks
from pycocotools.coco import COCO

from tests.formats.test_contract import written
from tests.media.pictures import put
from ymir.contracts.format import of_split
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
    rle = {"counts": [5, 2, 48 * 64 - 7], "size": [48, 64]}
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
    annotation = box(segmentation=[[3, 4, 9, 4, 9, 5], [5, 1, 5, 8, 4, 8]])
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
        ([image()], [box(bbox=None, segmentation=[3])], "a.jpg", "polygon is not numbers"),
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


def result(image=1, category=7, score=0.5, **more):
    return {
        "image_id": image,
        "category_id": category,
        "bbox": [1, 2, 3, 4],
        "score": score,
        **more,
    }


@pytest.mark.parametrize("name", ["results.json", "annotations/detections_val.json"])
def test_results_beside_annotations_are_predictions_in_their_place(tmp_path, name):
    put(tmp_path / "a.jpg", b"")
    put(tmp_path / "b.jpg", b"")
    write(tmp_path, [image(), image(2, "b.jpg")], [box(), box(2, image=2)])
    put(tmp_path / name, json.dumps([result(), result(score=0.25, category=2)]))
    found = read(tmp_path)
    assert [(each["label"], each["score"]) for each in found["a.jpg"].objects] == [
        ("cat", 0.5),
        ("dog", 0.25),
    ]
    assert found["b.jpg"].objects == ()
    assert found["b.jpg"].ignored == {"labels beside predictions": 1}


@pytest.mark.parametrize(
    ("row", "name", "why"),
    [
        (result(image=9), "results.json: image_id 9", "does not list"),
        (result(category=9), "a.jpg", "there is no category 9"),
        (result(score=None), "a.jpg", "has no `score`"),
        (result(score="high"), "a.jpg", "`score` is not numbers"),
    ],
)
def test_a_wrong_result_says_why(tmp_path, row, name, why):
    put(tmp_path / "a.jpg", b"")
    put(tmp_path / "results.json", json.dumps([row]))
    assert why in str(read(write(tmp_path, [image()]))[name].problem)


def test_results_that_may_mean_two_images_are_not_guessed(tmp_path):
    put(tmp_path / "a.jpg", b"")
    put(tmp_path / "b.jpg", b"")
    write(tmp_path, [image()], name="annotations/one.json")
    write(tmp_path, [image(name="b.jpg")], name="annotations/two.json")
    put(tmp_path / "results.json", json.dumps([result()]))
    assert "different things in different files" in str(read(tmp_path)["a.jpg"].problem)


def test_ymir_calls_a_score_confidence_and_has_a_negative_one_for_labels(tmp_path):
    put(tmp_path / "a.jpg", b"")
    boxes = [box(1, confidence=0.75), box(2, confidence=-1.0)]
    first, second = read(write(tmp_path, [image()], boxes))["a.jpg"].objects
    assert first["score"] == 0.75
    assert "score" not in second


def test_keypoints_are_counted(tmp_path):
    put(tmp_path / "a.jpg", b"")
    boxes = [box(1, keypoints=[1, 2, 2], num_keypoints=1), box(2)]
    assert read(write(tmp_path, [image()], boxes))["a.jpg"].ignored == {"keypoints": 1}


def test_a_missing_box_is_drawn_around_its_runs(tmp_path):
    put(tmp_path / "a.jpg", b"")
    runs = {"counts": [2 * 48 + 5, 3, 48 * 64 - 2 * 48 - 8], "size": [48, 64]}
    (found,) = read(write(tmp_path, [image()], [box(bbox=[], segmentation=runs)]))["a.jpg"].objects
    assert [found[key] for key in "xywh"] == [2, 5, 1, 3]


def test_a_mask_of_another_image_is_noticed(tmp_path):
    put(tmp_path / "a.jpg", b"")
    runs = {"counts": [64 * 48], "size": [64, 48]}
    problem = read(write(tmp_path, [image()], [box(segmentation=runs)]))["a.jpg"].problem
    assert "annotation 1: its mask is of an image of 48x64 pixels" in str(problem)


def test_two_files_may_list_an_image_if_they_say_the_same(tmp_path):
    put(tmp_path / "a.jpg", b"")
    put(tmp_path / "b.jpg", b"")
    both = [image(), image(2, "b.jpg")]
    write(tmp_path, both, [box()], name="annotations/all.json")
    write(tmp_path, both, [box(), box(2, image=2)], name="annotations/more.json")
    found = read(tmp_path)
    assert len(found["a.jpg"].objects) == 1
    assert found["a.jpg"].ignored == {"boxes that a second file repeats": 1}
    assert "say different things" in str(found["b.jpg"].problem)


def test_the_other_tasks_of_coco_are_not_read_beside_its_instances(tmp_path):
    put(tmp_path / "train2017/a.jpg", b"")
    write(tmp_path, [image()], [box()], name="annotations/instances_train2017.json")
    put(tmp_path / "annotations/captions_train2017.json", '{"info": {}}')
    write(tmp_path, [image()], [box(), box(2)], name="annotations/person_keypoints_train2017.json")
    assert len(read(tmp_path)["train2017/a.jpg"].objects) == 1


def test_images_of_one_name_are_told_apart_by_the_folder_of_their_split(tmp_path):
    for split, label in (("train", 7), ("val", 2)):
        put(tmp_path / split / "a.jpg", b"")
        write(
            tmp_path, [image()], [box(category=label)], name=f"annotations/instances_{split}.json"
        )
    found = read(tmp_path)
    assert found["train/a.jpg"].objects[0]["label"] == "cat"
    assert found["val/a.jpg"].objects[0]["label"] == "dog"


def test_splits_are_the_files_that_list_the_images(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        put(tmp_path / "images" / name, b"")
    write(tmp_path, [image()], [box()], name="annotations/instances_train2017.json")
    write(tmp_path, [image(name="b.jpg")], [box()], name="annotations/val.json")
    listing = plugin.listing(tmp_path)
    assert list(listing.splits) == ["train2017", "val"]
    (found,) = plugin.read(of_split(listing, "train2017"))
    assert (found.image, found.problem, len(found.objects)) == ("images/a.jpg", None, 1)


def test_a_file_that_lists_images_of_other_splits_too_is_read_for_one(tmp_path):
    for split in ("train", "valid"):
        put(tmp_path / split / "a.jpg", b"")
        write(tmp_path, [image()], [box()], name=f"{split}/_annotations.coco.json")
    listing = plugin.listing(tmp_path)
    assert list(listing.splits) == ["train", "valid"]
    (found,) = plugin.read(of_split(listing, "valid"))
    assert (found.image, found.problem) == ("valid/a.jpg", None)
    assert {each.image for each in plugin.read(listing)} == {"train/a.jpg", "valid/a.jpg"}


def test_an_image_of_another_split_is_no_problem_of_this_one(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        put(tmp_path / name, b"")
    write(tmp_path, [image(), image(2, "b.jpg")], [box(), box(2, image=2)])
    whole = plugin.listing(tmp_path)
    some = replace(whole, images=("a.jpg",), others=frozenset({"b.jpg"}))
    assert [each.image for each in plugin.read(some)] == ["a.jpg"]


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        '{"images": [{"id": 1e400}], "annotations": [], "categories": []}',
        '{"images": [{"id": 1, "width": Infinity}], "annotations": [], "categories": []}',
        '{"images": [], "annotations": [], "categories": [{"id": 1, "name": "\\ud800"}]}',
        b"\xff\xfe{",
    ],
)
def test_json_that_is_made_to_break_readers_is_an_error_that_names_the_file(tmp_path, content):
    put(tmp_path / "annotations.json", content)
    with pytest.raises(DataError, match=r"annotations\.json` cannot be read"):
        read(tmp_path)


def test_huge_numbers_and_odd_ids_do_no_harm(tmp_path):
    put(tmp_path / "a.jpg", b"")
    huge = 10**40
    images = [image(1.0, width=huge, height=huge), image([2], "b.jpg"), image({}, "c.jpg")]
    found = read(write(tmp_path, images, [box(bbox=[huge, 1, 1, 1]), box(2, image=True)]))
    assert found["a.jpg"].objects[0]["x"] == 1e40
    assert "no file of this name" in str(found["b.jpg"].problem)


@pytest.mark.parametrize("name", ["\u00e9.jpg", "e\u0301.jpg", "A.JPG", "a b.jpeg"])
def test_names_of_any_letters_are_found(tmp_path, name):
    put(tmp_path / "images" / name, b"")
    put(tmp_path / "images/a.jpg", b"")
    assert read(write(tmp_path, [image(name=name)], [box()]))[f"images/{name}"].objects


def test_accents_are_the_same_however_they_are_spelled(tmp_path):
    put(tmp_path / "images/e\u0301.jpg", b"")
    found = read(write(tmp_path, [image(name="\u00e9.jpg")], [box()]))
    assert found["images/e\u0301.jpg"].objects


def test_pycocotools_reads_what_is_written(tmp_path, capsys):
    runs = coco_masks.encode(np.asfortranarray(np.eye(48, 64, dtype=np.uint8)))
    masks = [
        None,
        "[[1,1,5,1,5,5],[10,10,20,10,20,20]]",
        json.dumps({**runs, "counts": runs["counts"].decode()}),
    ]
    things = [{"label": "cat", "x": 1, "y": 2, "w": 3, "h": 4, "mask": mask} for mask in masks]
    images, media = written(tmp_path, [(things, [], "a.jpg")])
    plugin.write(images, media, tmp_path / "out")
    theirs = COCO(str(tmp_path / "out/annotations.json"))
    (entry,) = theirs.loadImgs(theirs.getImgIds())
    assert (tmp_path / "out/images" / entry["file_name"]).is_file()
    plain, parts, eye = theirs.loadAnns(theirs.getAnnIds())
    assert plain["bbox"] == [1, 2, 3, 4]
    assert coco_masks.area(theirs.annToRLE(parts)) > 40  # both triangles
    assert tuple(coco_masks.toBbox(theirs.annToRLE(eye))) == (0, 0, 48, 48)
    capsys.readouterr()
