"""Boxes that cannot be meant: each is named with its file, and no version is made."""

import json
from pathlib import Path

import pytest

from tests.dvc.real import new_workspace
from tests.hostile.importing import SIZE
from tests.media.pictures import picture, put, thing, voc
from ymir.data.table import objects_of
from ymir.errors import DataError
from ymir.media.store import MediaStore
from ymir.sources.imports import import_source
from ymir.spec.source import Source

LABELS = {"cat": "cat", "dog": "dog"}
NAMES = "names: [cat, dog]\ntrain: images\n"


@pytest.fixture
def media(tmp_path_factory) -> MediaStore:
    return MediaStore(new_workspace(tmp_path_factory.mktemp("boxes") / "ws"))


def take(media: MediaStore, folder: Path, kind: str, **settings: object):
    source = Source(**{"format": kind, "path": str(folder), **settings})
    return import_source(source, media, labels=LABELS).intake


def refused(media: MediaStore, folder: Path, kind: str) -> str:
    with pytest.raises(DataError) as caught:
        take(media, folder, kind)
    assert not list(media.pool.glob("*"))
    return str(caught.value)


@pytest.mark.parametrize(
    "box",
    [
        ("nan", 1, 5, 5), (1, 1, "NaN", 5), ("inf", 1, 5, 5), (1, "-inf", 5, 5),
        (1, 1, "1e400", 5), (9, 1, 5, 5), (1, 9, 5, 5), (-9, 1, 5, 5), (1, -2, 5, 5),
        (1, 1, 70, 5), (1, 1, 5, 70), (60, 40, 90, 90), (1e300, 1, 2e300, 5), ("", 1, 5, 5),
        ("0x10", 1, 20, 5), ("1,5", 1, 20, 5),
        (10**30, 1, 10**31, 5), (1, 1, -1, -1),
    ],
)  # fmt: skip
def test_a_box_of_voc_that_cannot_be_meant_is_named(media, tmp_path, box):
    put(tmp_path / "JPEGImages" / "a.jpg", picture(1, SIZE))
    put(tmp_path / "Annotations" / "a.xml", voc(thing("cat", box), size=SIZE))
    said = refused(media, tmp_path, "voc")
    assert "JPEGImages/a.jpg" in said or "Annotations/a.xml" in said


@pytest.mark.parametrize(
    "box",
    [
        "[NaN, 1, 5, 5]", "[1, 1, Infinity, 5]", "[1, 1, 1e999, 5]", "[1, 1, -5, 5]",
        "[1, 1, 0, 5]", "[-9, 1, 5, 5]", "[1, 1, 70, 5]", "[1, 1, 5]", "[1, 1, 5, 5, 5]",
        '["1", 1, 5, 5]', "[null, 1, 5, 5]", "[[1], 1, 5, 5]", "[true, 1, 5, 5]", "{}", "5", '"a"',
        f"[1, 1, {10**40}, 5]", "[1e308, 1e308, 1e308, 1e308]", "null", "[]",
    ],
)  # fmt: skip
def test_a_box_of_coco_that_cannot_be_meant_is_named(media, tmp_path, box):
    put(tmp_path / "images" / "a.jpg", picture(1, SIZE))
    entry = f'{{"id": 1, "image_id": 1, "category_id": 1, "bbox": {box}}}'
    document = (
        '{"images": [{"id": 1, "file_name": "a.jpg"}], "categories": [{"id": 1, "name": "cat"}],'
        f' "annotations": [{entry}]}}'
    )
    put(tmp_path / "annotations.json", document)
    said = refused(media, tmp_path, "coco")
    assert "images/a.jpg" in said or "annotations.json" in said


@pytest.mark.parametrize(
    "line",
    [
        "0 nan 0.5 0.1 0.1", "0 0.5 inf 0.1 0.1", "0 0.5 0.5 1e999 0.1", "0 0.5 0.5 -0.1 0.1",
        "0 0.5 0.5 0 0.1", "0 1.5 0.5 0.1 0.1", "0 -0.5 0.5 0.1 0.1", "9 0.5 0.5 0.1 0.1",
        "-1 0.5 0.5 0.1 0.1", "0.5 0.5 0.5 0.1 0.1", "x 0.5 0.5 0.1 0.1", "0 0.5 0.5 0.1",
        "0 30 20 10 10", "0 a b c d", "0",
    ],
)  # fmt: skip
def test_a_box_of_yolo_that_cannot_be_meant_is_named(media, tmp_path, line):
    put(tmp_path / "data.yaml", NAMES)
    put(tmp_path / "images" / "a.jpg", picture(1, SIZE))
    put(tmp_path / "labels" / "a.txt", f"{line}\n")
    said = refused(media, tmp_path, "yolo")
    assert "images/a.jpg" in said or "labels/a.txt" in said


def voc_of(folder: Path, box: tuple[int, int, int, int]) -> Path:
    put(folder / "JPEGImages" / "a.jpg", picture(1, SIZE))
    put(folder / "Annotations" / "a.xml", voc(thing("cat", box), size=SIZE))
    return folder


def test_voc_counts_from_one_and_a_box_may_fill_its_image(media, tmp_path):
    found = take(media, voc_of(tmp_path, (1, 1, 64, 48)), "voc")
    assert objects_of(found.images).select("x", "y", "w", "h").rows() == [(0, 0, 64, 48)]
    assert found.balance["boxes"]["cut"] == 0


def test_voc_that_counts_from_zero_is_a_pixel_off_at_most_and_counted(media, tmp_path):
    found = take(media, voc_of(tmp_path, (0, 0, 63, 47)), "voc")
    assert objects_of(found.images).select("x", "y", "w", "h").rows() == [(0, 0, 63, 47)]
    assert found.balance["boxes"]["cut"] == 1


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"images": [{"id": 1, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.jpg"}]}, "id 1"),
        ({"images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "a.jpg"}]}, "twice"),
        ({"categories": [{"id": 1, "name": "cat"}, {"id": 1, "name": "dog"}]}, "`cat` and `dog`"),
        ({"annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2]}] * 2},
         "id 1"),
    ],
)  # fmt: skip
def test_ids_that_repeat_are_named_with_their_file(media, tmp_path, parts, why):
    for name in ("a.jpg", "b.jpg"):
        put(tmp_path / "images" / name, picture(ord(name[0]), SIZE))
    document = {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "annotations": [],
        "categories": [{"id": 1, "name": "cat"}],
        **parts,
    }
    put(tmp_path / "annotations.json", json.dumps(document))
    said = refused(media, tmp_path, "coco")
    assert why in said
    assert "annotations.json" in said or "images/a.jpg" in said
