"""Every kind of bad input: one clear error that names the file, and nothing half-recorded."""

import shutil
import struct
import zlib
from pathlib import Path

import pytest

from tests.dvc.real import new_workspace
from tests.media.pictures import picture, put, thing, voc, voc_folder
from ymir.data.table import objects_of
from ymir.errors import DataError
from ymir.media.store import MediaStore
from ymir.plan.world import UNREAD
from ymir.sources.imports import import_source
from ymir.sources.source import planned_digest
from ymir.spec.source import Source

LABELS = {"cat": "cat", "kitten": "cat", "dog": "dog"}


@pytest.fixture
def media(tmp_path) -> MediaStore:
    return MediaStore(new_workspace(tmp_path / "workspace"))


@pytest.fixture
def folder(tmp_path) -> Path:
    return voc_folder(tmp_path / "data")


def take(media, folder, expected=UNREAD, **settings):
    source = Source(**{"format": "voc", "path": str(folder), **settings})
    return import_source(source, media, labels=LABELS, expected=expected).intake


def refused(media, folder, **settings) -> str:
    with pytest.raises(DataError) as caught:
        take(media, folder, **settings)
    assert not list(media.pool.glob("*.dvc"))
    return f"{caught.value}\n{caught.value.hint}"


def test_a_sound_source_becomes_a_table_and_stored_images(media, folder):
    result = take(media, folder)
    assert result.images["file"].to_list() == [f"JPEGImages/{n}.jpg" for n in range(3)]
    assert set(result.images["format"]) == {"jpg"}
    assert result.balance["images"] == {"in": 3, "kept": 3, "merged": 0, "rejected": 0}
    stored = media.locate(result.images["image"].to_list())
    for image, file in result.images.select("image", "file").iter_rows():
        assert stored[image].read_bytes() == (folder / file).read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("JPEGImages/bad.jpg", picture()[:-2], "JPEGImages/bad.jpg: the file is cut off"),
        ("JPEGImages/bad.png", picture(kind="png")[:60], "JPEGImages/bad.png: the file is cut off"),
        ("JPEGImages/bad.jpg", b"", "the file is empty"),
        ("JPEGImages/bad.jpg", picture(kind="png"), "a png file, but its name ends in `.jpg`"),
        ("JPEGImages/bad.png", picture(), "a jpg file, but its name ends in `.png`"),
        ("JPEGImages/bad.tif", b"II*", "JPEGImages/bad.tif: a `tif` file: images must be"),
        ("Annotations/bad.xml", voc(), "Annotations/bad.xml: there is no image of this name"),
        ("Annotations/1.xml", "<annotation>", "`Annotations/1.xml`: broken XML"),
        ("Annotations/1.xml", "<!DOCTYPE a><annotation/>", "`Annotations/1.xml`: it has a doc"),
        ("Annotations/1.xml", voc(thing(), size=(640, 480)), "says 640x480 pixels, but the image"),
        ("Annotations/1.xml", voc(thing(box=(1, 1, 90, 9))), "JPEGImages/1.jpg: a box of `cat`"),
        ("Annotations/1.xml", voc(thing(box=(1, 1, 90, 9))), "lies outside the image of 64x48"),
        ("Annotations/1.xml", voc(thing(box=(9, 9, 2, 2))), "is inverted or empty"),
        ("Annotations/1.xml", voc(thing(box=(9, 9, "nan", 2))), "is not finite"),
        ("Annotations/1.xml", voc(thing(box=(9, 9, "x", 2))), "`xmax` of a `cat` is not a number"),
        ("Annotations/1.xml", voc(thing("catt")), "not in `Labels` (did you mean `cat`?): 1 box, "),
        ("JPEGImages/1.png", picture(kind="png"), "more than one file of this name"),
        ("annotations/1.xml", voc(), "more than one file of this name"),
    ],
)  # fmt: skip
def test_bad_input_is_named_and_nothing_is_recorded(media, folder, name, content, why):
    put(folder / name, content)
    assert why in refused(media, folder)


def test_one_image_under_two_names_with_other_labels_is_refused_with_both(media, folder):
    put(folder / "JPEGImages/9.jpg", picture(1))
    put(folder / "Annotations/9.xml", voc(thing("dog")))
    text = refused(media, folder)
    assert "`JPEGImages/1.jpg` and `JPEGImages/9.jpg` are the same image" in text


def test_one_image_under_two_names_with_equal_labels_is_one_image(media, folder):
    put(folder / "JPEGImages/9.jpg", picture(1))
    put(folder / "Annotations/9.xml", voc(thing("Kitten")))
    result = take(media, folder)
    assert result.balance["images"] == {"in": 4, "kept": 3, "merged": 1, "rejected": 0}


def test_all_problems_are_reported_together(media, folder):
    for number in range(30):
        put(folder / f"JPEGImages/bad{number:02}.jpg", b"")
    put(folder / "Annotations/1.xml", voc(thing("helmet"), thing("helmet")))
    text = refused(media, folder)
    assert "has 31 problems; nothing was imported" in text
    assert "label `helmet` is not in `Labels`: 2 boxes, the first in JPEGImages/1.jpg" in text
    assert "... and 11 more" in text
    assert "unknown_labels" in text
    assert "reject: skip" in text


def test_with_skip_the_rest_is_kept_and_every_rejection_is_named(media, folder):
    put(folder / "JPEGImages/bad.jpg", b"")
    put(folder / "Annotations/1.xml", voc(thing(box=(1, 1, 90, 9)), thing()))
    result = take(media, folder, reject="skip")
    assert result.balance["images"] == {"in": 4, "kept": 3, "merged": 0, "rejected": 1}
    assert result.balance["boxes"] == {"in": 4, "kept": 3, "merged": 0, "rejected": 1, "cut": 0}
    assert result.rejected["file"].to_list() == ["JPEGImages/1.jpg", "JPEGImages/bad.jpg"]


def test_unknown_labels_stop_even_where_bad_files_are_skipped(media, folder):
    put(folder / "Annotations/1.xml", voc(thing("hat")))
    assert "`hat`" in refused(media, folder, reject="skip")
    assert take(media, folder, unknown_labels="ignore").balance["boxes"]["rejected"] == 1
    added = take(media, folder, unknown_labels="add")
    assert set(objects_of(added.images)["label"]) == {"cat", "hat"}


def test_damage_inside_an_image_is_found_on_demand(media, folder):
    content = bytearray(picture(kind="png", size=(200, 200)))
    content[len(content) // 2] ^= 0xFF
    put(folder / "JPEGImages/damaged.png", bytes(content))
    assert "JPEGImages/damaged.png: it cannot be decoded" in refused(media, folder, verify="full")
    assert take(media, folder, verify="header").images.height == 4


def test_a_bomb_is_not_decoded(media, folder):
    content = bytearray(picture(kind="png"))
    content[16:24] = struct.pack(">II", 20_000, 20_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    put(folder / "JPEGImages/bomb.png", bytes(content))
    assert "too many pixels" in refused(media, folder, verify="full")


def test_a_source_that_changed_since_the_plan_is_not_imported(media, folder):
    source = Source(format="voc", path=str(folder))
    cache = media.workspace / ".ymir/sources"
    planned = planned_digest(source, media.workspace, cache, is_recorded=True, depth="files")
    assert take(media, folder, expected=planned).images.height == 3
    put(folder / "Annotations/1.xml", voc(thing("dog")))
    with pytest.raises(DataError, match="changed since this was planned"):
        take(media, folder, expected=planned)


def test_an_empty_folder_and_one_without_anything_usable_are_refused(media, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "there are no images" in refused(media, tmp_path / "empty")
    put(tmp_path / "bad/a.jpg", b"")
    assert "can be used" in refused(media, tmp_path / "bad", reject="skip")
    assert "there is no folder" in refused(media, tmp_path / "nowhere")


def test_coco_annotations_that_lead_out_or_to_nothing_are_named(media, tmp_path):
    put(tmp_path / "data/images/a.jpg", picture())
    put(
        tmp_path / "data/annotations.json",
        '{"images": [{"id": 1, "file_name": "../x.jpg"}, {"id": 2, "file_name": "gone.jpg"}],'
        ' "annotations": [{"id": 1, "image_id": 2, "category_id": 1, "bbox": [1, 1, 2, 2]}],'
        ' "categories": [{"id": 1, "name": "cat"}]}',
    )
    text = refused(media, tmp_path / "data", format="coco")
    assert "`../x.jpg` leads out of the dataset's folder" in text
    assert "`gone.jpg` is listed, but there is no file of this name" in text


def test_tags_beside_the_annotations_go_to_their_images(media, folder):
    put(folder / "tags.csv", "image,light\n0.jpg,dim\nJPEGImages/1.jpg,bright\nnone.jpg,dim\n")
    source = Source(format="voc", path=str(folder))
    result = import_source(source, media, labels=LABELS)
    tags = dict(result.intake.images.select("file", "tags").iter_rows())
    assert tags == {
        "JPEGImages/0.jpg": [{"key": "light", "value": "dim"}],
        "JPEGImages/1.jpg": [{"key": "light", "value": "bright"}],
        "JPEGImages/2.jpg": [],
    }
    assert result.ignored == {"images that tags.csv names and the folder lacks": 1}
    put(folder / "tags.csv", "image,light\n0.jpg,bright\n")
    again = import_source(source, media, labels=LABELS)
    assert again.digest != result.digest
    assert again.intake.images["tags"].list.len().to_list() == [1, 0, 0]


def test_one_split_is_imported_alone(media, folder):
    put(folder / "ImageSets/Main/val.txt", "0\n2\n")
    images = take(media, folder, split="val").images
    assert images["file"].to_list() == ["JPEGImages/0.jpg", "JPEGImages/2.jpg"]
    assert "no split called `vall`" in refused_after(media, folder, split="vall")


def refused_after(media, folder, **settings) -> str:
    with pytest.raises(DataError) as caught:
        take(media, folder, **settings)
    return str(caught.value)


def test_an_archive_is_imported_like_its_folder_and_planned_by_its_bytes(media, folder, tmp_path):
    shutil.make_archive(str(media.workspace / "data"), "zip", folder)
    source = Source(format="voc", zip="data.zip")
    cache = media.workspace / ".ymir/sources"
    planned = planned_digest(source, media.workspace, cache, is_recorded=True, depth="files")
    result = import_source(source, media, labels=LABELS, expected=str(planned))
    assert result.digest == planned
    assert result.intake.images.equals(take(media, folder).images)


def test_predictions_and_labels_are_not_mistaken_for_each_other(media, folder):
    assert "score" in refused_after(media, folder, holds="predictions")
    for number in range(3):
        put(folder / f"Annotations/{number}.xml", voc(thing(more="<confidence>0.5</confidence>")))
    assert "has a score" in refused_after(media, folder)
    images = take(media, folder, holds="predictions").images
    assert objects_of(images)["score"].to_list() == [0.5, 0.5, 0.5]


def test_rejections_beyond_the_limit_stop_the_import_after_all(media, folder):
    put(folder / "JPEGImages/bad.jpg", b"")
    for limit in (1, 0.25):
        assert take(media, folder, reject="skip", reject_limit=limit).images.height == 3
    put(folder / "JPEGImages/worse.jpg", b"")
    for limit in (1, 0.25):
        text = refused_after(media, folder, reject="skip", reject_limit=limit)
        assert "2 of 5 images" in text
        assert "JPEGImages/worse.jpg: the file is empty" in text


@pytest.mark.parametrize("kind", ["voc", "images"])
def test_an_import_says_how_far_it_is(media, folder, kind):
    shares: list[float] = []
    source = Source(format=kind, path=str(folder))
    import_source(source, media, labels=LABELS, tell=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
