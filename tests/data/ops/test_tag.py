import polars as pl
import pytest
from hypothesis import given

from tests.data.tables import tables
from ymir.data.ops.tag import tag
from ymir.data.table import table, tag_of
from ymir.errors import DataError


def named(*files: str) -> pl.DataFrame:
    return table({"image": str(at), "file": file} for at, file in enumerate(files))


def test_named_groups_become_tags() -> None:
    images = tag(named("yard/cam3_0001.jpg", "yard/cam4_0007.jpg"), file=r"(?P<camera>cam\d+)_")
    assert tag_of(images, "camera").to_list() == ["cam3", "cam4"]


def test_a_pattern_may_give_several_tags() -> None:
    images = tag(named("yard/cam3_0001.jpg"), file=r"^(?P<site>[^/]+)/(?P<camera>[^_]+)_")
    assert images["tags"].to_list() == [
        [{"key": "site", "value": "yard"}, {"key": "camera", "value": "cam3"}]
    ]


def test_a_name_that_does_not_fit_and_an_empty_group_give_none() -> None:
    images = tag(named("cam3.jpg", "_1.jpg"), file=r"^(?P<camera>[a-z0-9]*)_")
    assert images["tags"].to_list() == [[], []]


def test_what_an_image_is_tagged_with_already_stays() -> None:
    images = table([{"file": "cam3_1.jpg", "tags": [{"key": "camera", "value": "north"}]}])
    assert tag_of(tag(images, file=r"(?P<camera>cam\d)"), "camera").to_list() == ["north"]


@given(tables)
def test_tagging_twice_is_tagging_once_and_takes_nothing_away(images: pl.DataFrame) -> None:
    once = tag(images, file=r"(?P<stem>\w+)\.")
    assert tag(once, file=r"(?P<stem>\w+)\.").equals(once)
    assert once.drop("tags").equals(images.drop("tags"))
    before = images["tags"].to_list()
    assert [tags[: len(old)] for tags, old in zip(once["tags"].to_list(), before, strict=True)] == (
        before
    )


def test_what_is_no_pattern_is_said() -> None:
    with pytest.raises(DataError, match="is no pattern"):
        tag(named("a.jpg"), file=r"(?P<camera>a")
