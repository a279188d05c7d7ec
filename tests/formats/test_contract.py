"""What holds for every format."""

import hashlib

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.media.pictures import picture, put
from ymir.contracts.format import Format, formats
from ymir.data.table import objects_of, table
from ymir.errors import DataError, StoreError

words = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=8)
tags = st.dictionaries(words, words, max_size=2).map(
    lambda each: [{"key": key, "value": value} for key, value in each.items()]
)
sides = st.floats(0, 30, width=32)
boxes = st.fixed_dictionaries(
    {
        "label": words,
        "x": sides,
        "y": sides,
        "w": st.floats(1, 30, width=32),
        "h": st.floats(1, 15, width=32),
        "crowd": st.booleans(),
        "mask": st.sampled_from([None, "[[1,2,3,4,5,6]]", '{"counts":"abc","size":[48,64]}']),
        "score": st.none() | st.floats(0, 1, width=16),
        "attributes": tags,
    }
)
images = st.lists(
    st.tuples(st.lists(boxes, max_size=3), tags, st.sampled_from(["a.jpg", "b.jpg", "x/a.jpg"])),
    min_size=1,
    max_size=3,
)
every_format = pytest.mark.parametrize("name", list(formats.modules()))


def written(folder, rows, kind="jpg"):
    """A table, and the files of its images."""
    media, full = {}, []
    for number, (objects, marks, file) in enumerate(rows):
        content = picture(number, kind=kind)
        digest = hashlib.md5(content).hexdigest()  # noqa: S324
        media[digest] = put(folder / "objects" / digest, content)
        size = {"width": 64, "height": 48, "format": kind}
        full.append({"image": digest, "file": file, "objects": objects, "tags": marks, **size})
    return table(full), media


@every_format
def test_every_format_keeps_the_contract(name):
    assert isinstance(formats.load(name), Format)


@every_format
@settings(deadline=None, max_examples=30)
@given(rows=images)
def test_what_is_written_is_read_again_to_half_a_pixel(name, rows, tmp_path_factory):
    plugin = formats.load(name)
    folder = tmp_path_factory.mktemp("round-trip")
    before, media = written(folder, rows)
    plugin.write(before, media, folder / "out")
    listing = plugin.listing(folder / "out")
    assert not listing.stray
    by_digest = {}
    for found in plugin.read(listing):
        assert found.problem is None
        content = (listing.folder / found.image).read_bytes()
        by_digest[hashlib.md5(content).hexdigest()] = found  # noqa: S324
    after = table(
        {"image": digest, "objects": found.objects, "tags": found.tags}
        for digest, found in by_digest.items()
    )
    assert set(after["image"]) == set(before["image"])
    left, right = (
        objects_of(before.sort("image")).sort("image", maintain_order=True),
        objects_of(after.sort("image")).sort("image", maintain_order=True),
    )
    exact = ["image", "label", "crowd", "mask"]
    assert left.select(exact).equals(right.select(exact))
    for corner in (pl.col("x"), pl.col("y"), pl.col("x") + pl.col("w"), pl.col("y") + pl.col("h")):
        apart = left.select(corner).to_series() - right.select(corner).to_series()
        assert (apart.abs() <= 0.5001).all()
    assert ((left["score"] - right["score"]).abs() < 1e-5).all()
    for one, other in zip(left["attributes"], right["attributes"], strict=True):
        assert sorted(one.to_list(), key=str) == sorted(other.to_list(), key=str)


@every_format
def test_exported_images_are_copies_that_may_be_edited(name, tmp_path):
    images, media = written(tmp_path, [([], [], "a.jpg")], kind="png")
    formats.load(name).write(images, media, tmp_path / "out")
    (copy,) = (tmp_path / "out").rglob("*.png")
    (original,) = media.values()
    before = original.read_bytes()
    copy.write_bytes(b"edited")
    assert original.read_bytes() == before


@every_format
def test_bytes_that_are_not_at_hand_are_named(name, tmp_path):
    images, _ = written(tmp_path, [([], [], "a.jpg")])
    with pytest.raises(StoreError, match=r"`a\.jpg` are not at hand"):
        formats.load(name).write(images, {}, tmp_path / "out")


@every_format
def test_a_folder_that_is_not_there_is_named(name, tmp_path):
    with pytest.raises(DataError, match="there is no folder"):
        formats.load(name).listing(tmp_path / "nowhere")
