import hashlib
import json
from pathlib import Path

import pytest

from tests.formats.test_contract import written
from tests.media.pictures import put
from ymir.errors import DataError
from ymir.formats import fiftyone as plugin

CAT = {"label": "cat", "x": 8, "y": 6, "w": 16, "h": 12}


def export(folder, *objects, tags=()):
    """What is written of one image: the metadata, the sample, and what was left out."""
    images, media = written(folder, [(list(objects), list(tags), "day/a.jpg")])
    omitted = plugin.write(images, media, folder / "out")
    about, samples = (
        json.loads((folder / "out" / name).read_text())
        for name in ("metadata.json", "samples.json")
    )
    assert list(samples) == ["samples"]  # FiftyOne reads no file with more in it
    (sample,) = samples["samples"]
    return about, sample, {what: many for what, many in omitted.items() if many}


def detection(label="cat", box=(0.125, 0.125, 0.25, 0.25), **more):
    return {"_cls": "Detection", "label": label, "bounding_box": list(box), **more}


def sample(*detections, path="data/a.jpg", field="ground_truth", **more):
    return {
        "_id": {"$oid": "0" * 24},
        "filepath": path,
        "tags": [],
        field: {"_cls": "Detections", "detections": list(detections)},
        **more,
    }


def read(folder: Path, *samples, fields=("ground_truth",), names=("data/a.jpg",)):
    for name in names:
        put(folder / name, b"")
    kind = "fiftyone.core.labels.Detections"
    listed = [{"name": name, "embedded_doc_type": kind} for name in fields]
    listed.append({"name": "filepath", "embedded_doc_type": None})
    put(folder / "metadata.json", json.dumps({"version": "1.0.0", "sample_fields": listed}))
    put(folder / "samples.json", json.dumps({"samples": samples}))
    return {found.image: found for found in plugin.read(plugin.listing(folder))}


def test_boxes_are_written_as_shares_of_the_image(tmp_path):
    about, sample, omitted = export(tmp_path, CAT)
    assert sample["filepath"] == "data/a.jpg"
    content = (tmp_path / "out/data/a.jpg").read_bytes()
    assert sample["digest"] == hashlib.md5(content).hexdigest()  # noqa: S324 - how images are named
    (cat,) = sample["ground_truth"]["detections"]
    assert (cat["label"], cat["bounding_box"]) == ("cat", [0.125, 0.125, 0.25, 0.25])
    assert "confidence" not in cat
    assert about["classes"] == {"ground_truth": ["cat"]}
    assert about["default_classes"] == ["cat"]
    assert omitted == {}


def test_size_tags_and_attributes_stand_where_people_look_for_them(tmp_path):
    pose = [{"key": "pose", "value": "left"}]
    light = [{"key": "light", "value": "dim"}]
    _, sample, omitted = export(tmp_path, {**CAT, "attributes": pose, "crowd": True}, tags=light)
    assert sample["tags"] == ["light=dim"]
    assert (sample["metadata"]["width"], sample["metadata"]["height"]) == (64, 48)
    assert sample["metadata"]["mime_type"] == "image/jpeg"
    (cat,) = sample["ground_truth"]["detections"]
    assert (cat["pose"], cat["iscrowd"]) == ("left", True)
    assert omitted == {}


def test_predictions_have_a_field_of_their_own_and_a_confidence(tmp_path):
    about, sample, _ = export(tmp_path, {**CAT, "score": 0.25}, {**CAT, "score": 0.5})
    assert [each["confidence"] for each in sample["predictions"]["detections"]] == [0.25, 0.5]
    assert "ground_truth" not in sample
    assert about["sample_fields"][-1]["name"] == "predictions"
    _, sample, _ = export(tmp_path / "mixed", {**CAT, "score": 0.25}, CAT)
    assert ["confidence" in each for each in sample["ground_truth"]["detections"]] == [True, False]


def test_ids_are_distinct_and_the_same_in_every_export(tmp_path):
    _, one, _ = export(tmp_path / "one", CAT, CAT)
    _, again, _ = export(tmp_path / "again", CAT, CAT)
    assert one == again
    _, found, _ = export(tmp_path / "found", {**CAT, "score": 0.25})
    assert found["_id"] == one["_id"]
    boxes = one["ground_truth"]["detections"] + found["predictions"]["detections"]
    ids = [each["_id"]["$oid"] for each in boxes]
    assert len({*ids, one["_id"]["$oid"]}) == 4
    assert all(len(bytes.fromhex(each)) == 12 for each in ids)
    assert 0 <= one["_rand"] < 1


def test_names_that_fiftyone_cannot_take_are_left_out_and_counted(tmp_path):
    keys = ("label", "_id", "a.b", "$set", "", "mask", "pose")
    attributes = [{"key": key, "value": "x"} for key in keys]
    tags = [{"key": "a=b", "value": "c"}, {"key": "light", "value": "a=b"}]
    _, sample, omitted = export(tmp_path, {**CAT, "attributes": attributes}, tags=tags)
    (cat,) = sample["ground_truth"]["detections"]
    assert (cat["label"], cat["pose"]) == ("cat", "x")
    assert omitted == {"attributes": 6, "tags": 1}
    (found,) = plugin.read(plugin.listing(tmp_path / "out"))
    assert found.tags == ({"key": "light", "value": "a=b"},)


def test_masks_are_left_out_and_counted(tmp_path):
    _, sample, omitted = export(tmp_path, {**CAT, "mask": "[[8,6,24,6,24,18]]"})
    assert len(sample["ground_truth"]["detections"]) == 1
    assert omitted == {"masks": 1}


def test_what_others_wrote_is_read(tmp_path):
    plain = {"occluded": True, "depth": 2.5, "index": 3, "created": None}
    cat = detection(confidence=0.5, iscrowd=1, attributes={}, tags=[], **plain)
    more = {"tags": ["light=dim", "north"], "weather": "rain", "created_at": {"$date": "2026"}}
    size = {"_cls": "ImageMetadata", "width": 64, "height": 48}
    found = read(tmp_path, sample(cat, metadata=size, **more))["data/a.jpg"]
    assert found.problem is None
    assert found.declared == (64, 48)
    (thing,) = found.objects
    assert [thing[side] for side in "xywh"] == [0.125, 0.125, 0.25, 0.25]
    assert (thing["label"], thing["score"], thing["crowd"]) == ("cat", 0.5, True)
    assert [tuple(each.values()) for each in thing["attributes"]] == [
        ("occluded", "True"),
        ("depth", "2.5"),
        ("index", "3"),
    ]
    assert [tuple(each.values()) for each in found.tags] == [
        ("light", "dim"),
        ("tag", "north"),
        ("weather", "rain"),
    ]
    assert found.ignored == {}


def test_what_a_dataset_has_no_place_for_is_counted(tmp_path):
    mask = {"$binary": {"base64": "eJw=", "subType": "00"}}
    scene = {"_cls": "Classification", "label": "road"}
    row = sample(detection(mask=mask), detection(mask=mask, tags=["odd"]), scene=scene)
    found = read(tmp_path, row)["data/a.jpg"]
    kinds = {"`mask` of FiftyOne": 2, "`tags` of FiftyOne": 1, "`scene` of FiftyOne": 1}
    assert found.ignored == kinds
    assert len(found.objects) == 2


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        (("dogs", "ground_truth", "predictions"), "ground_truth"),
        (("dogs", "predictions"), "predictions"),
        (("dogs",), "dogs"),
    ],
)
def test_the_field_with_the_boxes_is_found_by_its_name(tmp_path, fields, taken):
    row = sample(detection("dog"), field=taken)
    (dog,) = read(tmp_path, row, fields=fields)["data/a.jpg"].objects
    assert dog["label"] == "dog"


@pytest.mark.parametrize(("fields", "there"), [(("a", "b"), "several: a, b"), ((), "none")])
def test_a_field_that_cannot_be_told_is_asked_for(tmp_path, fields, there):
    with pytest.raises(DataError, match=there) as caught:
        read(tmp_path, sample(), fields=fields)
    assert "`ground_truth`" in caught.value.hint


def test_a_sample_without_the_field_is_unlabelled_and_an_empty_one_is_empty(tmp_path):
    bare = {"filepath": "data/b.jpg", "tags": []}
    images = ["data/a.jpg", "data/b.jpg", "data/c.jpg"]
    found = read(tmp_path, sample(), bare, names=images)
    assert [found[image].annotation for image in images] == ["samples.json", None, None]
    assert all(each.problem is None for each in found.values())


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (sample(detection(label=None)), "a detection has no label"),
        (sample(detection(label=" ")), "a detection has no label"),
        (sample(detection(box=(1, 2, 3))), "`bounding_box` is not 4 numbers"),
        (sample(detection(box=("a", 2, 3, 4))), "`bounding_box` is not numbers"),
        (sample(detection(confidence="high")), "`confidence` is not numbers"),
        (sample("cat"), "no list of detections"),
        ({**sample(), "ground_truth": {"detections": 7}}, "no list of detections"),
        ({**sample(), "ground_truth": 7}, "no list of detections"),
        (sample(metadata={"width": "wide", "height": 2}), "size is not numbers"),
    ],
)
def test_a_sample_that_cannot_be_used_says_why(tmp_path, row, why):
    problem = read(tmp_path, row)["data/a.jpg"].problem
    assert str(problem).startswith("`samples.json`: `data/a.jpg`: ")
    assert why in str(problem)


@pytest.mark.parametrize(
    ("path", "why"),
    [("data/b.jpg", "no file of this name"), ("/data/street/a.jpg", "leads out"), (7, "no file")],
)
def test_a_sample_without_its_image_says_so(tmp_path, path, why):
    assert why in str(read(tmp_path, sample(path=path))[str(path)].problem)


def test_an_image_of_two_samples_is_a_mistake(tmp_path):
    problem = read(tmp_path, sample(), sample())["data/a.jpg"].problem
    assert "two samples have this image" in str(problem)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("samples.json", "[" * 100_000, "cannot be read"),
        ("samples.json", '{"sample": []}', "is no dataset of FiftyOne"),
        ("samples.json", '{"samples": [7]}', "is no dataset of FiftyOne"),
        ("metadata.json", '{"sample_fields": [7]}', "is no dataset of FiftyOne"),
        ("metadata.json", "no JSON", "cannot be read"),
    ],
)
def test_a_file_that_is_not_of_fiftyone_stops_everything(tmp_path, name, content, why):
    read(tmp_path, sample())
    put(tmp_path / name, content)
    with pytest.raises(DataError, match=why):
        list(plugin.read(plugin.listing(tmp_path)))


def test_a_folder_without_samples_is_no_dataset_of_fiftyone(tmp_path):
    put(tmp_path / "metadata.json", "{}")
    with pytest.raises(DataError, match="no dataset of FiftyOne") as caught:
        list(plugin.read(plugin.listing(tmp_path)))
    assert "fo.types.FiftyOneDataset" in caught.value.hint
