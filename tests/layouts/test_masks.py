import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coco

from ymir.layouts.masks import MaskError, box_of, lone_polygon, stretched

pictures = arrays(
    np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=20), elements=st.integers(0, 1)
)


@given(pictures)
def test_the_box_of_runs_is_what_pycocotools_says(picture):
    packed = coco.encode(np.asfortranarray(picture))
    box = tuple(coco.toBbox(packed)) if picture.any() else None
    mask = {"size": list(picture.shape), "counts": packed["counts"].decode()}
    assert box_of(mask) == box
    flat = picture.flatten(order="F")
    ends = [*np.flatnonzero(np.diff(flat)) + 1, len(flat)]
    runs = np.diff([0, *ends]).tolist()
    assert box_of({**mask, "counts": [0, *runs] if flat[0] else runs}) == box


def test_the_box_of_polygons_is_around_all_parts():
    assert box_of([[1, 2, 5, 2, 5, 3], [3, 4, 9, 4, 9, 8.5]]) == (1, 2, 8, 6.5)


@pytest.mark.parametrize(
    ("mask", "why"),
    [
        ([[1, 2, 3, 4, 5]], "has 5 numbers"),
        ([[1, 2, 3, 4]], "has 4 numbers"),
        ([[]], "an empty polygon"),
        ([[1, 2, 3, 4, 5, "6"]], "not numbers"),
        ([[1, 2, 3, 4, 5, True]], "not numbers"),
        ([1, 2], "not numbers"),
        ("mask", "neither polygons nor run lengths"),
        ({"counts": [4]}, "no `size`"),
        ({"counts": [4], "size": [0, 2]}, "no `size`"),
        ({"counts": [4], "size": [2, 2, 2]}, "no `size`"),
        ({"counts": [4], "size": [3, 2]}, "are 4 pixels, but its size is 2x3"),
        ({"counts": [-1, 5], "size": [2, 2]}, "not numbers"),
        ({"counts": [], "size": [2, 2]}, "not numbers"),
        ({"counts": 4, "size": [2, 2]}, "not numbers"),
        ({"counts": "\x00", "size": [2, 2]}, "no text that `pycocotools` writes"),
        ({"counts": "o" * 9, "size": [2, 2]}, "no text that `pycocotools` writes"),
        ({"counts": "o", "size": [2, 2]}, "no text that `pycocotools` writes"),
    ],
)
def test_a_mask_that_is_not_well_formed_says_why(mask, why):
    with pytest.raises(MaskError, match=why):
        box_of(mask)


def test_shares_become_pixels():
    assert orjson.loads(stretched("[[0,0,0.5,0,0.5,1]]", 64, 48)) == [[0, 0, 32, 0, 32, 48]]


def test_a_polygon_stands_for_its_box_only_where_it_fills_it():
    triangle = "[[1,1,9,1,9,5]]"
    assert lone_polygon(triangle, (1, 1, 8, 4.4)) == [1, 1, 9, 1, 9, 5]
    assert lone_polygon(triangle, (1, 1, 8, 3)) is None
    assert lone_polygon("[[1,1,9,1,9,5],[1,1,9,1,9,5]]", (1, 1, 8, 4)) is None
    assert lone_polygon('{"size":[1,1],"counts":[1]}', (0, 0, 1, 1)) is None
    assert lone_polygon(None, (0, 0, 1, 1)) is None
