from pathlib import Path

import pytest

from tests.media.pictures import picture, put, thing, voc, voc_folder
from tests.survey.folders import folder_of, yard
from ymir.errors import DataError
from ymir.survey.look import LABELLED, look


@pytest.mark.parametrize("layout", LABELLED)
def test_each_layout_is_recognised_with_its_classes(tmp_path: Path, layout: str) -> None:
    found = look(yard(layout, tmp_path / "yard"))
    assert (found.layout, found.images.height, found.boxes) == (layout, 60, 80)
    assert found.classes() == {"cat": (60, 60), "dog": (20, 20)}
    assert not found.broken


def test_classes_that_differ_in_case_alone_are_one(tmp_path: Path) -> None:
    found = look(folder_of("voc", tmp_path / "a", {"1.jpg": ("Cat", "cat"), "2.jpg": ("CAT",)}))
    assert found.classes() == {"cat": (3, 2)}


def test_images_alone_are_a_pool(tmp_path: Path) -> None:
    put(tmp_path / "day" / "1.jpg", picture(1))
    found = look(tmp_path)
    assert (found.layout, found.images["file"].to_list(), found.boxes) == (
        "images",
        ["day/1.jpg"],
        0,
    )


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "notes.txt", "none yet")
    with pytest.raises(DataError, match="there are no images"):
        look(tmp_path)


def test_links_that_lead_out_are_said(tmp_path: Path) -> None:
    put(tmp_path / "cache" / "1.jpg", picture(1))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.jpg").symlink_to(tmp_path / "cache" / "1.jpg")
    with pytest.raises(DataError, match=r"`1\.jpg` is a link that leads out"):
        look(tmp_path / "a")


def test_of_two_layouts_the_one_with_more_boxes_counts(tmp_path: Path) -> None:
    folder = voc_folder(tmp_path / "a", count=3)
    put(folder / "classes.txt", "dog\n")
    put(folder / "labels" / "0.txt", "0 0.5 0.5 0.2 0.2\n")
    found = look(folder)
    assert (found.layout, found.boxes) == ("voc", 3)
    assert found.others == ("yolo would give 1 boxes",)


def test_yolo_without_the_names_of_its_classes_is_said(tmp_path: Path) -> None:
    put(tmp_path / "images" / "1.jpg", picture(1))
    put(tmp_path / "labels" / "1.txt", "0 0.5 0.5 0.2 0.2\n")
    found = look(tmp_path)
    assert found.boxes == 0
    assert "names the classes" in found.others[0]


def test_what_cannot_be_used_is_counted_with_its_reason(tmp_path: Path) -> None:
    folder = voc_folder(tmp_path / "a", count=3)
    put(folder / "Annotations" / "1.xml", "<annotation>")
    found = look(folder)
    assert found.images.height == 2
    assert "broken XML" in found.broken[0]


def test_splits_are_those_of_the_layout(tmp_path: Path) -> None:
    folder = voc_folder(tmp_path / "a", count=3)
    put(folder / "ImageSets" / "Main" / "train.txt", "0\n2\n")
    found = look(folder)
    assert found.only("train")["file"].to_list() == ["JPEGImages/0.jpg", "JPEGImages/2.jpg"]


def test_a_layout_can_be_asked_for(tmp_path: Path) -> None:
    put(tmp_path / "a" / "JPEGImages" / "0.jpg", picture(0))
    put(tmp_path / "a" / "Annotations" / "0.xml", voc(thing()))
    assert look(tmp_path / "a", "images").layout == "images"
