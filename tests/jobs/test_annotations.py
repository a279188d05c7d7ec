from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.jobs.examples import CLASSES, A, B, images
from ymir.data.ark import ark
from ymir.data.table import table
from ymir.jobs.annotations import voc


def texts(frame: pl.DataFrame) -> dict[str, str]:
    return dict(frame.iter_rows())


def test_ark_has_seven_columns_with_the_last_pixel_included() -> None:
    # the dog is cut at the image's border, the bird is not among the classes
    assert texts(ark(images(), CLASSES)) == {
        A: "0, 10, 15, 59, 54, -1.0, 0.0\n1, 90, 0, 99, 15, -1.0, 0.0\n",
        B: "",
    }


def test_ark_counts_classes_in_the_order_they_are_named() -> None:
    assert texts(ark(images(), ("bird", "cat")))[A].splitlines() == [
        "1, 10, 15, 59, 54, -1.0, 0.0",
        "0, 0, 0, 4, 4, -1.0, 0.0",
    ]


def test_crowd_regions_are_left_out() -> None:
    crowd = {"label": "cat", "x": 0.0, "y": 0.0, "w": 9.0, "h": 9.0, "crowd": True}
    every = table([{"image": A, "width": 20, "height": 20, "objects": [crowd]}])
    assert texts(ark(every, CLASSES)) == {A: ""}


def test_voc_says_the_same_as_ark() -> None:
    document = ET.fromstring(texts(voc(images(), CLASSES, PurePosixPath("/")))[A])  # noqa: S314 - ours
    assert document.findtext("filename") == f"/in/assets/aa/{A}.jpg"
    assert [document.findtext(f"size/{side}") for side in ("width", "height")] == ["100", "80"]
    corners = ("xmin", "ymin", "xmax", "ymax")
    found = [
        (each.findtext("name"), *(each.findtext(f"bndbox/{corner}") for corner in corners))
        for each in document.iter("object")
    ]
    assert found == [("cat", "10", "15", "59", "54"), ("dog", "90", "0", "99", "15")]


def test_voc_escapes_class_names_and_keeps_images_without_objects() -> None:
    odd = {"label": "a<b&c", "x": 0.0, "y": 0.0, "w": 9.0, "h": 9.0}
    every = table(
        [
            {"image": A, "width": 20, "height": 20, "objects": [odd]},
            {"image": B, "width": 20, "height": 20},
        ]
    )
    written = texts(voc(every, ("a<b&c",), PurePosixPath("/")))
    assert ET.fromstring(written[A]).findtext("object/name") == "a<b&c"  # noqa: S314 - ours
    assert ET.fromstring(written[B]).find("object") is None  # noqa: S314 - ours


@given(*(st.floats(-30, 130) for _ in range(2)), *(st.floats(0.1, 200) for _ in range(2)))
def test_every_written_box_lies_in_its_image(x: float, y: float, w: float, h: float) -> None:
    each = {"label": "cat", "x": x, "y": y, "w": w, "h": h}
    every = table([{"image": A, "width": 100, "height": 80, "objects": [each]}])
    _, left, top, right, bottom = map(int, texts(ark(every, CLASSES))[A].split(", ")[:5])
    assert 0 <= left <= right <= 99
    assert 0 <= top <= bottom <= 79
