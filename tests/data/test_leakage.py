"""Leaks as tables: which image, from which held-out one, and why."""

import polars as pl

from ymir.data.leakage import LEAKS, group, near, same
from ymir.data.table import table


def images(*names: str, **tags: str) -> pl.DataFrame:
    carried = [{"key": key, "value": value} for key, value in tags.items()]
    return table({"image": name, "file": f"{name}.jpg", "tags": carried} for name in names)


def hashes(*values: int | None) -> pl.Series:
    return pl.Series(values, dtype=pl.UInt64)


def pairs(leaks: pl.DataFrame) -> list[tuple[object, ...]]:
    assert leaks.schema == LEAKS
    return leaks.select("image", "other").rows()


def test_the_same_file_leaks_under_whatever_name():
    renamed = images("b", "c").with_columns(file=pl.lit("other.jpg"))
    leaks = same(images("a", "b", "c"), renamed)
    assert pairs(leaks) == [("b", "b"), ("c", "c")]
    assert leaks["other_file"].to_list() == ["other.jpg", "other.jpg"]


def test_a_picture_that_looks_like_one_leaks_from_the_nearest_and_the_nearest_stand_first():
    training, held_out = images("a", "b", "c"), images("x", "y")
    leaks = near(training, hashes(0b111, 0, 7 << 40), held_out, hashes(0b1111, 1), distance=2)
    assert pairs(leaks) == [("a", "x"), ("b", "y")]
    assert leaks["distance"].to_list() == [1, 1]
    assert pairs(near(training, hashes(3, 1, 9), held_out, hashes(9, 1), distance=1)) == [
        ("b", "y"),
        ("c", "x"),
        ("a", "y"),
    ]


def test_what_says_nothing_and_what_is_the_same_are_not_near():
    leaks = near(
        images("a", "b", "c"), hashes(None, 1, 1), images("b", "x"), hashes(1, None), distance=4
    )
    assert pairs(leaks) == [("c", "b")]
    nothing = images("a")
    assert pairs(near(nothing, hashes(None), nothing, hashes(None), distance=4)) == []


def test_images_of_one_group_leak_once_each():
    training = pl.concat(
        [images("a", camera="7", site="north"), images("b", camera="8"), images("c")]
    )
    held_out = pl.concat([images("x", camera="7", site="north"), images("y", camera="7")])
    leaks = group(training, held_out, by=["camera", "site"])
    assert pairs(leaks) == [("a", "x")]
    assert leaks["group"].to_list() == ["camera: 7"]
    assert pairs(group(training, held_out, by=["site"])) == [("a", "x")]


def test_one_tag_is_not_another_of_the_same_value():
    assert pairs(group(images("a", camera="7"), images("x", lens="7"), by=["camera", "lens"])) == []


def test_nothing_leaks_into_or_from_nothing():
    some, none = images("a", camera="7"), images()
    for training, held_out in ((some, none), (none, some), (none, none)):
        ours, theirs = hashes(*[1] * training.height), hashes(*[1] * held_out.height)
        assert pairs(same(training, held_out)) == []
        assert pairs(near(training, ours, held_out, theirs, distance=4)) == []
        assert pairs(group(training, held_out, by=["camera"])) == []
