"""Laws the operations keep for every table."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.tables import labels, tables
from ymir.data.ops.exclude import exclude
from ymir.data.ops.filter import drop_unlabelled, exclude_labels, filter_labels, filter_tags
from ymir.data.ops.merge import merge
from ymir.data.ops.sample import sample
from ymir.data.table import check, objects_of, table
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
@given(tables, labels)
def test_filtering_twice_is_filtering_once(a, label):
    once = filter_labels(a, labels={label})
    assert filter_labels(once, labels={label}).equals(once)
    assert once.height == a.height
    assert set(objects_of(once)["label"]) <= {label}


@relaxed
@given(tables, labels)
def test_filtering_and_excluding_a_label_split_the_objects(a, label):
    kept, dropped = filter_labels(a, labels={label}), exclude_labels(a, labels={label})
    assert objects_of(kept).height + objects_of(dropped).height == objects_of(a).height


@relaxed
@given(tables)
def test_images_are_kept_by_all_of_their_tags(a):
    dim = filter_tags(a, tags={"light": "dim"})
    assert dim.height == sum(
        {"key": "light", "value": "dim"} in row["tags"] for row in a.to_dicts()
    )
    assert filter_tags(a, tags={"light": "dim", "site": "north"}).height == 0
    assert filter_tags(a, tags={}).equals(a)


@relaxed
@given(tables)
def test_dropping_unlabelled_images_drops_no_object(a):
    assert objects_of(drop_unlabelled(a)).equals(objects_of(a))


@relaxed
@given(tables, st.integers(1, 6), st.integers())
def test_sample_is_a_reproducible_subset(a, count, seed):
    picked = sample(a, count=count, seed=seed)
    assert picked.equals(sample(a.reverse(), count=count, seed=seed))
    assert picked.height == min(count, a.height)
    assert set(picked["image"]) <= set(a["image"])
    assert set(picked["image"]) <= set(sample(a, count=count + 1, seed=seed)["image"])


@relaxed
@given(tables, st.floats(0.01, 1))
def test_a_share_is_that_share(a, share):
    assert sample(a, share=share, seed=1).height == round(share * a.height)


def test_the_seed_decides_the_sample():
    a = table({"image": f"{number:02}"} for number in range(50))
    picks = {tuple(sample(a, count=10, seed=seed)["image"]) for seed in range(5)}
    assert len(picks) == 5
    assert sample(a, count=3, seed=7)["image"].to_list() == ["05", "30", "43"]


@relaxed
@given(tables, tables, tables)
def test_exclude_leaves_what_no_other_holds(a, b, c):
    left = exclude(a, b, c)
    assert set(left["image"]) == set(a["image"]) - set(b["image"]) - set(c["image"])
    assert exclude(left, b, c).equals(left)


@relaxed
@given(tables, tables)
def test_every_operation_keeps_the_schema(a, b):
    check(filter_labels(merge(a, b, on_conflict="last"), labels={"dog"}))
    check(exclude_labels(a, labels=[]))
    check(filter_tags(drop_unlabelled(a), tags={"light": "day"}))
    check(sample(exclude(a, b), share=0.5, seed=0))
