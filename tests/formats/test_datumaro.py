import json
from pathlib import Path

import pytest

from tests.formats.test_contract import written
from tests.media.pictures import put
from ymir.contracts.format import of_split
from ymir.errors import DataError
from ymir.formats import datumaro as plugin

CAT = {"label": "cat", "x": 8, "y": 6, "w": 16, "h": 12.5}
RUNS = {"counts": [5, 2, 3065], "size": [48, 64]}
TEXT = {"counts": "52io2", "size": [48, 64]}  # the same, as pycocotools writes it


def export(folder, *objects, tags=()):
    """What is written of one image: the classes, the item, and what was left out."""
    images, media = written(folder, [(list(objects), list(tags), "day/a.jpg")])
    omitted = plugin.write(images, media, folder / "out")
    document = json.loads((folder / "out/annotations/default.json").read_text())
    classes = [each["name"] for each in document["categories"]["label"]["labels"]]
    (item,) = document["items"]
    return classes, item, {what: many for what, many in omitted.items() if many}


def box(label=0, sides=(8, 6, 16, 12), group=0, **attributes):
    more = {"label_id": label, "group": group, "attributes": attributes}
    return {"id": 1, "type": "bbox", "bbox": list(sides), "z_order": 0, **more}


def shape(kind, label=0, group=0, **more):
    return {"id": 1, "type": kind, "label_id": label, "group": group, "attributes": {}, **more}


def item(*annotations, name="a", **more):
    image = {"path": f"{name}.jpg", "size": [48, 64]}
    return {"id": name, "annotations": list(annotations), "image": image, **more}


def put_subset(folder: Path, *items, subset="default", labels=("cat", "dog"), names=("a.jpg",)):
    for name in names:
        put(folder / "images" / subset / name, b"")
    listed = [{"name": label, "parent": "", "attributes": []} for label in labels]
    document = {"infos": {}, "categories": {"label": {"labels": listed}}, "items": items}
    put(folder / "annotations" / f"{subset}.json", json.dumps(document))


def read(folder: Path, *items, **more):
    put_subset(folder, *items, **more)
    return {found.image: found for found in plugin.read(plugin.listing(folder))}


def one(folder, *annotations):
    found = read(folder, item(*annotations))["images/default/a.jpg"]
    assert found.problem is None
    return found


def sides(thing):
    return [thing[side] for side in "xywh"]


def test_boxes_are_written_in_pixels_with_the_number_of_their_class(tmp_path):
    classes, item, omitted = export(tmp_path, {**CAT, "label": "dog"}, CAT)
    assert classes == ["cat", "dog"]
    assert (tmp_path / "out/images/default/a.jpg").is_file()
    assert (item["id"], item["image"]) == ("a", {"path": "a.jpg", "size": [48, 64]})
    dog, cat = item["annotations"]
    assert (dog["type"], dog["bbox"], dog["label_id"]) == ("bbox", [8, 6, 16, 12.5], 1)
    assert (cat["label_id"], cat["attributes"]) == (0, {})
    assert len({dog["id"], cat["id"]}) == 2
    assert omitted == {}


def test_crowds_scores_attributes_and_tags_stand_where_datumaro_has_them(tmp_path):
    pose = [{"key": "pose", "value": "left"}]
    light = [{"key": "light", "value": "dim"}]
    whole = {**CAT, "attributes": pose, "crowd": True, "score": 0.25}
    _, item, omitted = export(tmp_path, whole, tags=light)
    (cat,) = item["annotations"]
    assert cat["attributes"] == {"pose": "left", "is_crowd": True, "score": 0.25}
    assert item["attr"] == {"light": "dim"}
    assert omitted == {}


def test_a_mask_is_in_the_group_of_its_box(tmp_path):
    parts = "[[8,6,24,6,24,18.5],[8,6,9,6,9,7]]"
    _, item, _ = export(tmp_path, {**CAT, "mask": parts}, {**CAT, "mask": json.dumps(RUNS)})
    kinds = [(each["type"], each["group"]) for each in item["annotations"]]
    assert kinds == [("bbox", 1), ("polygon", 1), ("polygon", 1), ("bbox", 2), ("mask", 2)]
    assert item["annotations"][1]["points"] == [8, 6, 24, 6, 24, 18.5]
    assert item["annotations"][4]["rle"] == TEXT


def test_attributes_that_would_mean_something_else_are_left_out_and_counted(tmp_path):
    keys = ("score", "is_crowd", "rotation", "pose")
    attributes = [{"key": key, "value": "x"} for key in keys]
    _, item, omitted = export(tmp_path, {**CAT, "attributes": attributes})
    assert item["annotations"][0]["attributes"] == {"pose": "x"}
    assert omitted == {"attributes": 3}


def test_a_box_is_read_with_what_is_said_of_it(tmp_path):
    cat = box(1, score=0.5, is_crowd=True, occluded=False, rotation=0.0)
    found = one(tmp_path, cat)
    (dog,) = found.objects
    assert (dog["label"], sides(dog)) == ("dog", [8, 6, 16, 12])
    assert (dog["score"], dog["crowd"]) == (0.5, True)
    assert dog["attributes"] == ({"key": "occluded", "value": "False"},)
    assert (found.declared, found.annotation) == ((64, 48), "annotations/default.json")
    tagged = read(tmp_path, item(attr={"light": "dim"}))["images/default/a.jpg"]
    assert tagged.tags == ({"key": "light", "value": "dim"},)


def test_a_group_is_one_object(tmp_path):
    parts = [[8, 6, 24, 6, 24, 18], [8, 6, 9, 6, 9, 7]]
    polygons = [shape("polygon", group=3, points=points) for points in parts]
    (cat,) = one(tmp_path, *polygons, box(group=3)).objects
    assert (sides(cat), json.loads(cat["mask"])) == ([8, 6, 16, 12], parts)
    (cat,) = one(tmp_path, box(group=3), shape("mask", group=3, rle=TEXT)).objects
    assert json.loads(cat["mask"]) == TEXT


def test_a_mask_without_a_box_has_the_box_around_it(tmp_path):
    triangle = shape("polygon", points=[8, 6, 24, 6, 24, 18])
    cat, dog = one(tmp_path, triangle, shape("mask", label=1, rle=RUNS)).objects
    assert (cat["label"], sides(cat)) == ("cat", [8, 6, 16, 12])
    assert (dog["label"], sides(dog)) == ("dog", [0, 5, 1, 2])


def test_a_group_that_may_be_several_objects_is_taken_apart(tmp_path):
    triangle = shape("polygon", group=3, points=[8, 6, 24, 6, 24, 18])
    apart = (
        (box(group=3), box(1, group=3)),  # two classes
        (box(group=3), box(group=3)),
        (triangle, shape("mask", group=3, rle=TEXT)),
    )
    for annotations in apart:
        assert len(one(tmp_path, *annotations).objects) == 2
    assert len(one(tmp_path, box(group=3), box(group=3), triangle).objects) == 3


def test_what_a_dataset_has_no_place_for_is_counted(tmp_path):
    more = (shape("points", points=[1, 2]), shape("caption", caption="a cat"))
    found = one(tmp_path, box(), *more, shape("points", points=[3, 4]))
    assert found.ignored == {"`points` of Datumaro": 2, "`caption` of Datumaro": 1}
    assert len(found.objects) == 1


def test_subsets_are_splits_and_may_have_classes_of_their_own(tmp_path):
    put_subset(tmp_path, item(box()), subset="train")
    put_subset(tmp_path, item(box()), subset="val", labels=("dog",))
    listing = plugin.listing(tmp_path)
    labels = {
        found.image: [each["label"] for each in found.objects] for found in plugin.read(listing)
    }
    assert labels == {"images/train/a.jpg": ["cat"], "images/val/a.jpg": ["dog"]}
    assert list(listing.splits) == ["train", "val"]
    val = of_split(listing, "val")
    assert (val.images, val.annotations) == (("images/val/a.jpg",), ("annotations/val.json",))
    assert [found.image for found in plugin.read(val)] == ["images/val/a.jpg"]


def test_images_may_lie_elsewhere_and_need_no_entry(tmp_path):
    put(tmp_path / "images/b.jpg", b"")
    put(tmp_path / "more/c.jpg", b"")
    found = read(tmp_path, {"id": "b", "annotations": [box()]})
    assert len(found["images/b.jpg"].objects) == 1
    assert found["more/c.jpg"].annotation is None
    assert found["more/c.jpg"].problem is None


@pytest.mark.parametrize(
    ("annotation", "why"),
    [
        (box(7), "there is no label 7; they are 0 to 1"),
        (box(None), "there is no label None"),
        (box(rotation=30), "its box is turned"),
        (box(score="high"), "`score` is not numbers"),
        (box(sides=(1, 2)), "`bbox` is not 4 numbers"),
        (shape("polygon", points=[1, 2, 3, 4]), "has 4 numbers"),
        (shape("polygon"), "polygon is not numbers"),
        (shape("mask"), "neither polygons nor run lengths"),
        (shape("mask", rle={"counts": [9], "size": [3, 3]}), "of an image of 3x3 pixels"),
        (shape("mask", rle={"counts": [3072], "size": [48, 64]}), "its mask is empty"),
        ("cat", "its annotations are no list"),
    ],
)
def test_an_annotation_that_cannot_be_used_says_why(tmp_path, annotation, why):
    problem = read(tmp_path, item(annotation))["images/default/a.jpg"].problem
    assert str(problem).startswith("`annotations/default.json`: a: ")
    assert why in str(problem)


def test_an_image_that_is_not_there_or_listed_twice_says_so(tmp_path):
    found = read(tmp_path, item(), item(), item(name="b"), item(name="/c"))
    assert "listed twice" in str(found["images/default/a.jpg"].problem)
    assert "no file of this name" in str(found["annotations/default.json: b"].problem)
    assert "leads out" in str(found["annotations/default.json: /c"].problem)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("[" * 100_000, "cannot be read"),
        ("[]", "is no file of Datumaro"),
        ('{"categories": {}, "items": [7]}', "is no file of Datumaro"),
        ('{"categories": [], "items": []}', "is no file of Datumaro"),
        ('{"categories": {"label": {"labels": [7]}}, "items": []}', "`labels` are no list"),
    ],
)
def test_a_file_that_is_not_of_datumaro_stops_everything(tmp_path, content, why):
    put(tmp_path / "annotations/default.json", content)
    with pytest.raises(DataError, match=why):
        list(plugin.read(plugin.listing(tmp_path)))


def test_a_folder_without_annotations_is_no_dataset_of_datumaro(tmp_path):
    put(tmp_path / "images/default/a.jpg", b"")
    with pytest.raises(DataError, match="no Datumaro file"):
        list(plugin.read(plugin.listing(tmp_path)))
