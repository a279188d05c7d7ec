"""What there is to look at is told apart by its bytes, whatever it is called."""

import os
from pathlib import Path

import pytest

from tests.media.pictures import picture, put
from ymir.errors import DataError
from ymir.prediction.inputs import OTHER, PHOTO, VIDEO, kind_of, look_for
from ymir.prediction.pictures import drawing_name
from ymir.prediction.seen import BATCH, Reader


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture(1), PHOTO),
        (picture(1, kind="png"), PHOTO),
        (b"\0\0\0\x20ftypisom", VIDEO),
        (b"\0\0\0\x14ftypqt  ", VIDEO),
        (b"\0\0\0\x08moov", VIDEO),
        (b"\x1aE\xdf\xa3 matroska", VIDEO),
        (b"RIFF\0\0\0\0AVI LIST", VIDEO),
        (b"G" + bytes(187) + b"G", VIDEO),
        (b"OggS", VIDEO),
        (b"\0\0\0\x18ftypheic", OTHER),
        (b"\0\0\0\x1cftypavif", OTHER),
        (b"RIFF\0\0\0\0WEBPVP8 ", OTHER),
        (b"GIF89a", OTHER),
        (b"G", OTHER),
        (b"", OTHER),
        (b"<svg>", OTHER),
    ],
)
def test_bytes_say_what_a_file_is(tmp_path: Path, content: bytes, kind: str) -> None:
    assert kind_of(put(tmp_path / "x.jpg", content)) == kind


def test_names_are_given_from_the_folder_that_all_have_above(tmp_path: Path) -> None:
    for name in ("in/a/1.jpg", "in/b/c/1.jpg", "in/2.jpg"):
        put(tmp_path / name, picture(1))

    def names(*paths: str) -> list[str]:
        return [each.name for each in look_for([tmp_path / p for p in paths], tmp_path).photos]

    assert names("in") == ["2.jpg", "a/1.jpg", "b/c/1.jpg"]
    assert names("in/a", "in/b") == ["a/1.jpg", "b/c/1.jpg"]
    assert names("in/a/1.jpg") == ["1.jpg"]
    assert names("in/a/1.jpg", "in/2.jpg") == ["a/1.jpg", "2.jpg"]
    assert names("in/2.jpg", "in", "in/2.jpg") == ["in/2.jpg", "in/a/1.jpg", "in/b/c/1.jpg"]


def test_links_that_go_in_circles_pipes_and_dead_links_are_no_trouble(tmp_path: Path) -> None:
    put(tmp_path / "in" / "1.jpg", picture(1))
    (tmp_path / "in" / "round").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "again.jpg").symlink_to(tmp_path / "in" / "1.jpg")
    (tmp_path / "in" / "dead.jpg").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "in" / "pipe.jpg")
    found = look_for([tmp_path / "in"], tmp_path / "out")
    assert [each.name for each in found.photos] == ["1.jpg"]
    with pytest.raises(DataError, match="neither"):
        look_for([tmp_path / "in" / "pipe.jpg"], tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "kind", "drawing"),
    [
        ("a/b.JPG", "jpg", "a/b.JPG"),
        ("b.jpeg", "jpg", "b.jpeg"),
        ("b.png", "jpg", "b.png.jpg"),
        ("b", "png", "b.png"),
        (".jpg", "jpg", ".jpg.jpg"),
    ],
)
def test_a_drawing_says_its_format_in_its_name(name: str, kind: str, drawing: str) -> None:
    assert drawing_name(name, kind) == drawing


def test_many_images_come_in_batches(tmp_path: Path) -> None:
    for number in range(BATCH + 1):
        put(tmp_path / f"{number:04}.jpg", picture(number, size=(8, 8)))
    reader = Reader(look_for([tmp_path], tmp_path / "out"), 1.0)
    sizes = [len(batch) for batch in reader.batches(tmp_path / "frames")]
    assert sizes == [BATCH, 1]
    assert reader.expected() == BATCH + 1
