import hashlib

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.tables import tables
from ymir.data.ops.split import split
from ymir.data.table import table, tag_of

relaxed = settings(deadline=None, max_examples=40)
PARTS = {"train": 0.7, "val": 0.2, "test": 0.1}
by = st.sampled_from([None, "light"])


def parts(images, **settings):
    return {name: split(images, parts=PARTS, take=name, **settings) for name in PARTS}


def many(count: int) -> pl.DataFrame:
    digests = (
        hashlib.md5(str(n).encode(), usedforsecurity=False).hexdigest() for n in range(count)
    )
    return table(
        {"image": each, "tags": [{"key": "camera", "value": f"c{n % 40}"}]}
        for n, each in enumerate(digests)
    )


@relaxed
@given(tables, by, st.integers(0))
def test_the_parts_are_disjoint_and_complete(a, by, seed):
    found = [image for each in parts(a, by=by, seed=seed).values() for image in each["image"]]
    assert sorted(found) == sorted(a["image"])


@relaxed
@given(tables, tables, by)
def test_images_that_are_added_move_no_other(a, b, by):
    whole = pl.concat([a, b]).unique("image", keep="first", maintain_order=True)
    for name, before in parts(a, by=by, seed=1).items():
        after = split(whole, parts=PARTS, take=name, by=by, seed=1)
        assert set(before["image"]) == set(after["image"]) & set(a["image"])


@relaxed
@given(tables)
def test_a_group_never_crosses(a):
    values = [tag_of(each, "light").drop_nulls() for each in parts(a, by="light", seed=1).values()]
    assert sum(each.n_unique() for each in values) == pl.concat(values).n_unique()


def test_shares_are_met_about():
    a = many(4000)
    found = {name: each.height / a.height for name, each in parts(a, seed=1).items()}
    assert all(abs(found[name] - share) < 0.03 for name, share in PARTS.items())


def test_images_without_the_tag_stand_alone():
    a = many(400)
    assert all(each.height for each in parts(a, by="site", seed=1).values())


def test_the_order_in_which_parts_are_written_is_no_matter():
    a = many(100)
    turned = dict(reversed(PARTS.items()))
    assert split(a, parts=PARTS, take="val", seed=1).equals(
        split(a, parts=turned, take="val", seed=1)
    )


def test_the_parts_stay_for_ever():
    a = many(40).with_columns(file=pl.int_range(pl.len()).cast(pl.String))
    assert split(a, parts=PARTS, take="test", seed=5)["file"].to_list() == [
        "4",
        "7",
        "10",
        "26",
        "28",
        "35",
    ]
    assert split(a, parts=PARTS, take="test", by="camera", seed=5)["file"].to_list() == ["27"]
