import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.tables import labels, tables
from ymir.data.ops import filter as keep
from ymir.data.table import objects_of, table

relaxed = settings(deadline=None, max_examples=40)

pairs = st.lists(
    st.fixed_dictionaries({"key": st.sampled_from("ab"), "value": st.sampled_from("xyz")}),
    max_size=2,
    unique_by=lambda pair: pair["key"],
)
boxes = st.fixed_dictionaries(
    {
        "label": labels,
        "x": st.just(0.0),
        "y": st.just(0.0),
        "w": st.integers(0, 9).map(float),
        "h": st.integers(0, 9).map(float),
        "score": st.sampled_from([None, 0.25, 0.75]),
        "attributes": pairs,
    }
)
rows = st.fixed_dictionaries(
    {
        "image": st.sampled_from("abcdef"),
        "width": st.integers(10, 20),
        "height": st.integers(10, 20),
        "tags": pairs,
        "objects": st.lists(boxes, max_size=3),
    }
)
varied = st.lists(rows, unique_by=lambda row: row["image"], max_size=6).map(table)

BOX_FILTERS = {
    "labels": lambda a: keep.filter_labels(a, labels={"car", "dog"}),
    "exclude_labels": lambda a: keep.exclude_labels(a, labels={"car"}),
    "attributes": lambda a: keep.filter_attributes(a, attributes={"a": ["x", "y"]}),
    "exclude_attributes": lambda a: keep.exclude_attributes(a, attributes={"a": ["x"]}),
    "areas": lambda a: keep.filter_areas(a, at_least=4, at_most=36),
    "shares": lambda a: keep.filter_shares(a, at_least=0.02, at_most=0.2),
    "shapes": lambda a: keep.filter_shapes(a, min_side=2, max_aspect=3),
    "scores": lambda a: keep.filter_scores(a, at_least=0.5),
}
IMAGE_FILTERS = {
    "with": lambda a: keep.with_labels(a, labels={"car", "dog"}),
    "without": lambda a: keep.without_labels(a, labels={"car"}),
    "tags": lambda a: keep.filter_tags(a, tags={"a": ["x", "y"], "b": ["z"]}),
    "exclude_tags": lambda a: keep.exclude_tags(a, tags={"a": ["x"], "b": ["z"]}),
    "sizes": lambda a: keep.filter_sizes(a, min_side=15),
    "unlabelled": keep.drop_unlabelled,
}


def fits(name: str, image: dict, box: dict) -> bool:
    """What each filter of boxes promises, for one box."""
    has = {pair["key"]: pair["value"] for pair in box["attributes"]}
    area = box["w"] * box["h"]
    short, long = sorted((box["w"], box["h"]))
    return {
        "labels": box["label"] in ("car", "dog"),
        "exclude_labels": box["label"] != "car",
        "attributes": has.get("a") in ("x", "y"),
        "exclude_attributes": has.get("a") != "x",
        "areas": 4 <= area <= 36,
        "shares": 0.02 <= area / (image["width"] * image["height"]) <= 0.2,
        "shapes": short >= 2 and long <= 3 * short,
        "scores": box["score"] in (None, 0.75),
    }[name]


def shows(name: str, image: dict) -> bool:
    """What each filter of images promises, for one image."""
    tags = {pair["key"]: pair["value"] for pair in image["tags"]}
    found = {box["label"] for box in image["objects"]}
    return {
        "with": bool(found & {"car", "dog"}),
        "without": "car" not in found,
        "tags": tags.get("a") in ("x", "y") and tags.get("b") == "z",
        "exclude_tags": tags.get("a") != "x" and tags.get("b") != "z",
        "sizes": min(image["width"], image["height"]) >= 15,
        "unlabelled": bool(found),
    }[name]


@pytest.mark.parametrize("name", BOX_FILTERS)
@relaxed
@given(varied)
def test_a_filter_of_boxes_drops_those_that_do_not_fit_and_no_image(name, a):
    left = BOX_FILTERS[name](a)
    wanted = [
        {**row, "objects": [box for box in row["objects"] if fits(name, row, box)]}
        for row in a.to_dicts()
    ]
    assert left.to_dicts() == wanted
    assert BOX_FILTERS[name](left).equals(left)


@pytest.mark.parametrize("name", IMAGE_FILTERS)
@relaxed
@given(varied)
def test_a_filter_of_images_keeps_those_that_fit_as_they_are(name, a):
    left = IMAGE_FILTERS[name](a)
    assert left.to_dicts() == [row for row in a.to_dicts() if shows(name, row)]
    assert IMAGE_FILTERS[name](left).equals(left)


@relaxed
@given(tables, labels)
def test_filtering_and_excluding_a_label_split_the_objects(a, label):
    kept, dropped = (
        keep.filter_labels(a, labels={label}),
        keep.exclude_labels(a, labels={label}),
    )
    assert objects_of(kept).height + objects_of(dropped).height == objects_of(a).height


@relaxed
@given(varied)
def test_what_asks_for_nothing_changes_nothing(a):
    for same in (
        keep.filter_tags(a, tags={}),
        keep.exclude_tags(a, tags={}),
        keep.filter_attributes(a, attributes={}),
        keep.exclude_attributes(a, attributes={}),
        keep.filter_areas(a),
        keep.filter_shapes(a, max_aspect=math.inf),
    ):
        assert same.equals(a)
