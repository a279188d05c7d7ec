import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ymir.data.ops.dedupe import dedupe
from ymir.data.table import table

BOX = {"label": "car", "x": 1, "y": 1, "w": 1, "h": 1}
drawn = st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 63)), st.booleans()), max_size=12)


def images(rows):
    return table(
        {"image": f"{n:02}", "objects": [BOX] if is_labelled else []}
        for n, (_, is_labelled) in enumerate(rows)
    )


def hashes(values) -> pl.Series:
    return pl.Series(list(values), dtype=pl.UInt64)


@pytest.mark.parametrize("keep", ["first", "labelled"])
@settings(deadline=None, max_examples=60)
@given(drawn, st.integers(0, 3))
def test_what_is_left_is_not_alike_and_what_is_dropped_is_like_what_is_left(keep, rows, distance):
    a, values = images(rows), hashes(value for value, _ in rows)
    left = dedupe(a, values, distance=distance, keep=keep)
    of = dict(zip(a["image"], values, strict=True))
    kept = [of[image] for image in left["image"]]
    for image in a["image"]:
        near = [o for o in kept if None not in (o, of[image]) and is_near(o, of[image], distance)]
        is_kept = image in left["image"]
        assert len(near) == 1 if is_kept and of[image] is not None else bool(near) or is_kept
    again = hashes(of[image] for image in left["image"])
    assert dedupe(left, again, distance=distance, keep=keep).equals(left)


def is_near(one: int, other: int, distance: int) -> bool:
    return (one ^ other).bit_count() <= distance


def test_the_first_one_stays_or_the_first_with_a_box():
    a, alike = images([(0, False), (0, True), (0, True)]), hashes([7, 7, 6])
    assert dedupe(a, alike, distance=1)["image"].to_list() == ["00"]
    assert dedupe(a, alike, distance=1, keep="labelled")["image"].to_list() == ["01"]


def test_the_ends_of_a_slow_pan_both_stay():
    a = images([(0, True)] * 4)
    pan = hashes([0b0000, 0b0001, 0b0011, 0b0111])
    assert dedupe(a, pan, distance=1)["image"].to_list() == ["00", "02"]


def test_a_picture_that_says_nothing_is_like_no_other():
    a = images([(None, True)] * 3)
    assert dedupe(a, hashes([None] * 3), distance=16).height == 3
