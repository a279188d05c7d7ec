"""Every format through a whole import, and what people's own files look like."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.dvc.real import new_workspace
from tests.formats.test_contract import written
from tests.media.pictures import picture, put
from ymir.contracts.format import formats
from ymir.data.table import objects_of
from ymir.errors import DataError
from ymir.media.store import MediaStore
from ymir.sources.imports import Imported, import_source
from ymir.spec.source import Source

CAT = {"label": "cat", "x": 8, "y": 6, "w": 16, "h": 12}
LABELS = {"cat": "cat", "dog": "dog"}


@pytest.fixture
def media(tmp_path) -> MediaStore:
    return MediaStore(new_workspace(tmp_path / "workspace"))


def take(media: MediaStore, folder: Path, name: str, **settings: str) -> Imported:
    source = Source.model_validate({"format": name, "path": str(folder), **settings})
    return import_source(source, media, labels=LABELS)


def sides(imported: Imported) -> list[tuple[float, ...]]:
    return objects_of(imported.intake.images).select("x", "y", "w", "h").rows()


@pytest.mark.parametrize("name", list(formats.modules()))
def test_what_a_format_writes_can_be_imported(media, tmp_path, name):
    rows = [([CAT, {**CAT, "label": "dog"}], [{"key": "light", "value": "dim"}], "a.jpg")]
    before, objects = written(tmp_path, [*rows, ([], [], "b.jpg")])
    omitted = formats.load(name).write(before, objects, tmp_path / "out")
    after = take(media, tmp_path / "out", name)
    assert after.intake.balance["images"]["kept"] == 2
    assert set(after.intake.images["image"]) == set(before["image"])
    assert after.intake.images["tags"].explode().drop_nulls().to_list() == rows[0][1]
    if not omitted:
        assert sides(after) == [(8, 6, 16, 12)] * 2


@pytest.mark.parametrize("name", ["coco", "datumaro", "fiftyone", "labelstudio", "voc", "yolo"])
def test_predictions_must_be_called_predictions(media, tmp_path, name):
    scored = {**CAT, "score": 0.25}
    before, objects = written(tmp_path, [([scored], [], "a.jpg")])
    formats.load(name).write(before, objects, tmp_path / "out")
    with pytest.raises(DataError, match="these are predictions; say `holds: predictions`"):
        take(media, tmp_path / "out", name)
    after = take(media, tmp_path / "out", name, holds="predictions")
    assert objects_of(after.intake.images)["score"].to_list() == [0.25]


def roboflow(folder: Path) -> Path:
    """As Roboflow exports YOLO: two splits, paths that lead out and in again."""
    for seed, split in enumerate(("train", "valid")):
        put(folder / split / "images" / f"{split}.jpg", picture(seed))
        put(folder / split / "labels" / f"{split}.txt", f"{seed} 0.25 0.25 0.25 0.25\n")
    about = "train: ../train/images\nval: ../valid/images\nnc: 2\nnames: ['cat', 'dog']\n"
    put(folder / "README.roboflow.txt", "not labels")
    put(folder / "data.yaml", about)
    return folder


def test_a_yolo_folder_is_imported_whole_or_by_split(media, tmp_path):
    folder = roboflow(tmp_path / "data")
    whole = take(media, folder, "yolo")
    assert sides(whole) == [(8, 6, 16, 12)] * 2
    val = take(media, folder, "yolo", split="val")
    assert val.intake.images["file"].to_list() == ["valid/images/valid.jpg"]
    assert val.intake.balance["boxes"]["in"] == 1


def test_other_names_of_classes_are_other_labels(media, tmp_path):
    folder = roboflow(tmp_path / "data")
    take(media, folder, "yolo")
    put(folder / "data.yaml", "names: ['dog', 'dog']\n")
    again = take(media, folder, "yolo")
    assert objects_of(again.intake.images)["label"].to_list() == ["dog", "dog"]


def test_a_split_that_does_not_exist_names_those_that_do(media, tmp_path):
    with pytest.raises(DataError, match="no split called `test`") as caught:
        take(media, roboflow(tmp_path / "data"), "yolo", split="test")
    assert caught.value.hint == "one of: train, val"


def test_yolo_polygons_become_pixels_of_their_image(media, tmp_path):
    folder = roboflow(tmp_path / "data")
    put(folder / "train/labels/train.txt", "0 0.25 0.25 0.75 0.25 0.75 0.75\n")
    (mask, _) = objects_of(take(media, folder, "yolo").intake.images)["mask"]
    assert json.loads(mask) == [[16, 12, 48, 12, 48, 36]]


def test_coco_results_are_imported_as_predictions_of_the_images_beside_them(media, tmp_path):
    content = picture()
    put(tmp_path / "data/images/a.jpg", content)
    truth = {
        "images": [{"id": 9, "file_name": "a.jpg", "width": 64, "height": 48}],
        "annotations": [{"id": 1, "image_id": 9, "category_id": 3, "bbox": [1, 1, 9, 9]}],
        "categories": [{"id": 3, "name": "cat"}, {"id": 4, "name": "never used"}],
    }
    result = {"image_id": 9, "category_id": 3, "bbox": [8, 6, 16, 12], "score": 0.5}
    put(tmp_path / "data/annotations.json", json.dumps(truth))
    put(tmp_path / "data/results.json", json.dumps([result]))
    imported = take(media, tmp_path / "data", "coco", holds="predictions")
    assert sides(imported) == [(8, 6, 16, 12)]
    assert imported.ignored == {"labels beside predictions": 1}
    digest = hashlib.md5(content).hexdigest()  # noqa: S324 - how images are named
    assert imported.intake.images["image"].to_list() == [digest]


def test_skipped_tasks_of_label_studio_are_left_out_only_when_that_is_said(media, tmp_path):
    for seed, name in enumerate(("a.jpg", "b.jpg")):
        put(tmp_path / "data" / name, picture(seed))
    skipped = {"id": 2, "data": {"image": "b.jpg"}, "annotations": [{"was_cancelled": True}]}
    empty = {"id": 1, "data": {"image": "a.jpg"}, "annotations": [{"result": []}]}
    put(tmp_path / "data/export.json", json.dumps([empty, skipped]))
    with pytest.raises(DataError, match=r"task 2: it was skipped"):
        take(media, tmp_path / "data", "labelstudio")
    kept = take(media, tmp_path / "data", "labelstudio", reject="skip").intake
    assert kept.images["file"].to_list() == ["a.jpg"]
    assert kept.balance["images"]["rejected"] == 1
