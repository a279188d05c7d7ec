"""Laws the operations keep for every table."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.tables import tables
from ymir.data.ops import filter as keep
from ymir.data.ops.dedupe import dedupe
from ymir.data.ops.exclude import exclude
from ymir.data.ops.merge import merge
from ymir.data.ops.relabel import relabel
from ymir.data.ops.sample import sample, sample_per_class, sample_per_tag
from ymir.data.ops.split import split
from ymir.data.ops.tag import tag
from ymir.data.table import check, table
from ymir.errors import DataError

relaxed = settings(deadline=None, max_examples=40)
winners = st.sampled_from(["first", "last"])


@relaxed
@given(tables, tables, tables, winners)
def test_merge_is_associative_and_idempotent(a, b, c, wins):
    left = merge(merge(a, b, on_conflict=wins), c, on_conflict=wins)
    right = merge(a, merge(b, c, on_conflict=wins), on_conflict=wins)
    assert left.equals(right)
    assert merge(a, a).equals(merge(a))


@relaxed
@given(tables, tables)
def test_first_and_last_are_mirror_images(a, b):
    assert merge(a, b, on_conflict="first").equals(merge(b, a, on_conflict="last"))


@relaxed
@given(tables, tables)
def test_merge_holds_every_image_and_no_other(a, b):
    merged = merge(a, b, on_conflict="first")
    assert set(merged["image"]) == {*a["image"], *b["image"]}


@relaxed
@given(tables)
def test_the_order_of_objects_is_no_conflict(a):
    turned = table({**row, "objects": row["objects"][::-1]} for row in a.to_dicts())
    assert merge(a, turned).height == a.height


def test_a_conflict_stops_and_names_both_files():
    one = {"label": "car", "x": 1, "y": 1, "w": 1, "h": 1}
    a = table([{"image": "a", "file": "day/1.jpg", "objects": [one]}])
    b = table([{"image": "a", "file": "night/9.jpg", "objects": []}])
    with pytest.raises(DataError, match=r"`day/1\.jpg` and `night/9\.jpg`"):
        merge(a, b)


def test_merging_nothing_is_an_empty_dataset():
    assert check(merge()).height == 0


@relaxed
@given(tables, tables, tables)
def test_exclude_leaves_what_no_other_holds(a, b, c):
    left = exclude(a, b, c)
    assert set(left["image"]) == set(a["image"]) - set(b["image"]) - set(c["image"])
    assert exclude(left, b, c).equals(left)


@relaxed
@given(tables, tables)
def test_every_operation_keeps_the_schema(a, b):
    hashes = pl.Series(range(a.height), dtype=pl.UInt64)
    for made in (
        merge(a, b, on_conflict="last"),
        exclude(a, b),
        keep.filter_labels(a, labels={"dog"}),
        keep.exclude_labels(a, labels=[]),
        keep.filter_attributes(a, attributes={"pose": ["sits"]}),
        keep.exclude_attributes(a, attributes={"pose": ["sits"]}),
        keep.filter_areas(a, at_least=3),
        keep.filter_shares(a, at_most=0.5),
        keep.filter_shapes(a, min_side=2, max_aspect=2),
        keep.filter_scores(a, at_least=0.5),
        keep.with_labels(a, labels={"dog"}),
        keep.without_labels(a, labels={"dog"}),
        keep.filter_tags(a, tags={"light": ["day"]}),
        keep.exclude_tags(a, tags={"light": ["day"]}),
        keep.filter_sizes(a, min_side=3),
        keep.drop_unlabelled(a),
        sample(a, share=0.5, seed=0),
        sample_per_class(a, count=2, seed=0),
        sample_per_tag(a, tag="light", count=2, seed=0),
        split(a, parts={"x": 0.5, "y": 0.5}, take="y", by="light", seed=0),
        relabel(a, names={"dog": "car"}, drop=["person"]),
        dedupe(a, hashes, distance=1),
        tag(a, file=r"(?P<stem>\w+)\."),
    ):
        check(made)
        assert set(made["image"]) <= {*a["image"], *b["image"]}
