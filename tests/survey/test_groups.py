from collections.abc import Iterable

import polars as pl
import pytest

from ymir.data.table import TAG
from ymir.survey.groups import grouping


def images(files: Iterable[str], **tags: Iterable[str]) -> pl.DataFrame:
    names = list(files)
    rows = zip(
        *([{"key": key, "value": v} for v in values] for key, values in tags.items()), strict=True
    )
    tagged = [list(each) for each in rows] or [[] for _ in names]
    return pl.DataFrame({"file": names, "tags": tagged}, schema={"file": str, "tags": pl.List(TAG)})


@pytest.mark.parametrize(
    ("name", "tag", "first"),
    [
        ("images/clip{group:02}_{shot:04}.jpg", "clip", "clip00"),
        ("cam {group}-{shot}.png", "clip", "cam 0"),
        ("{group:02}/{shot:06}.jpg", "folder", "00"),
        ("train/images/yard{group}_{shot:03}_jpg.rf.0a{shot}f.jpg", "clip", "yard0"),
        ("photo-{group}-x_jpg.rf.0a{shot}f.jpg", "source", "photo-0-x_jpg"),
    ],
)
def test_names_tell_what_belongs_together(name: str, tag: str, first: str) -> None:
    files = [name.format(group=group, shot=shot) for group in range(8) for shot in range(4)]
    found = grouping(images(files))
    assert found is not None
    assert (found.tag, found.groups, found.values[0]) == (tag, 8, first)


@pytest.mark.parametrize(
    "name",
    ["{shot:012}.jpg", "IMG_{shot}.jpg", "images/train/{shot}.jpg", "{shot}a.jpg"],
)
def test_numbers_alone_tell_nothing(name: str) -> None:
    assert grouping(images(name.format(shot=shot) for shot in range(40))) is None


def test_one_group_that_is_most_of_all_parts_nothing() -> None:
    files = [f"a_{shot}.jpg" for shot in range(60)] + [f"b{n}_1.jpg" for n in range(6)]
    assert grouping(images(files)) is None


def test_tags_that_say_where_an_image_is_from_come_first() -> None:
    files = [f"clip{at // 4}_{at}.jpg" for at in range(40)]
    cameras = [f"c{at % 7}" for at in range(40)]
    found = grouping(images(files, weather=["rain"] * 40, camera=cameras))
    assert found is not None
    assert (found.tag, found.pattern, found.groups) == ("camera", None, 7)
