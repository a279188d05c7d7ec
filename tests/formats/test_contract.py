"""What holds for every format."""

import hashlib
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.media.pictures import picture, put
from ymir.contracts.format import Format, formats
from ymir.data.intake import take_in
from ymir.data.table import objects_of, table
from ymir.errors import DataError, StoreError
from ymir.layouts.tags import read_tags
from ymir.sources.gather import Gathered
from ymir.sources.sight import Seen, Sight

# What each layout has a place for; `polygons` are masks of one part that fill their box.
KEPT = {
    "ark": {"boxes"},
    "coco": {"boxes", "crowds", "polygons", "masks", "scores", "attributes", "tags"},
    "datumaro": {"boxes", "crowds", "polygons", "masks", "scores", "attributes", "tags"},
    "fiftyone": {"boxes", "crowds", "scores", "attributes", "tags"},
    "images": set(),
    "labelstudio": {"boxes", "polygons", "scores"},
    "voc": {"boxes", "crowds", "polygons", "masks", "scores", "attributes", "tags"},
    "yolo": {"boxes", "polygons", "scores"},
}
WIDTH, HEIGHT = 64, 48
RUNS = '{"counts":[5,2,3065],"size":[48,64]}'

words = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=8)
tags = st.dictionaries(words, words, max_size=2).map(
    lambda each: [{"key": key, "value": value} for key, value in each.items()]
)
sides = st.floats(0, 30, width=32)


def with_mask(box, kind):
    """The box, or one around a polygon, with a mask of that kind."""
    x, y, right, bottom = box["x"], box["y"], box["x"] + box["w"], box["y"] + box["h"]
    masks = {
        "polygon": f"[[{x},{y},{right},{y},{right},{bottom}]]",
        "parts": "[[1.0,2.0,3.0,4.0,5.0,6.0],[1.0,2.0,3.0,4.0,5.0,6.0]]",
        "runs": RUNS,
    }
    return {**box, "mask": masks.get(kind)}


def boxes(scores):
    plain = st.fixed_dictionaries(
        {
            "label": words,
            "x": sides,
            "y": sides,
            "w": st.floats(1, 30, width=32),
            "h": st.floats(1, 15, width=32),
            "crowd": st.sampled_from([False, False, True]),
            "score": scores,
            "attributes": tags,
        }
    )
    kinds = st.sampled_from([None, "polygon", "parts", "runs"])
    return st.builds(with_mask, plain, kinds)


def images(scores):
    row = st.tuples(
        st.lists(boxes(scores), max_size=3),
        tags,
        st.sampled_from(["a.jpg", "b.jpg", "x/a.jpg", "A.JPG", "\u00e9.jpg", "a b\n.jpg", "../.c"]),
    )
    return st.lists(row, min_size=1, max_size=3)


labels = images(st.none())
predictions = images(st.floats(0, 1, width=16))
every_format = pytest.mark.parametrize("name", list(formats.modules()))
both_ways = pytest.mark.parametrize("name", [name for name in formats.modules() if KEPT[name]])
with_scores = pytest.mark.parametrize(
    "name", [name for name in formats.modules() if "scores" in KEPT[name]]
)


def written(folder, rows, kind="jpg"):
    """A table, and the files of its images."""
    media, full = {}, []
    for number, (objects, marks, file) in enumerate(rows):
        content = picture(number, (WIDTH, HEIGHT), kind=kind)
        digest = hashlib.md5(content).hexdigest()  # noqa: S324
        media[digest] = put(folder / "objects" / digest, content)
        size = {"width": WIDTH, "height": HEIGHT, "bytes": len(content), "format": kind}
        full.append({"image": digest, "file": file, "objects": objects, "tags": marks, **size})
    return table(full), media


def read(name, folder, holds):
    """What an import makes of a folder: a table, and what was ignored."""
    plugin = formats.load(name)
    listing = plugin.listing(folder)
    assert not listing.stray
    gathered, seen = Gathered(), Sight()
    for found in plugin.read(listing):
        assert found.problem is None
        gathered.add(found)
        content = (folder / found.image).read_bytes()
        digest = hashlib.md5(content).hexdigest()  # noqa: S324
        seen.add([found.image], [Seen(len(content), 0, 0, digest, WIDTH, HEIGHT, "jpg")])
    boxes = gathered.boxes(seen)
    intake = take_in(gathered.found(seen), boxes, labels={}, unknown="add", holds=holds)
    assert intake.rejected.to_dicts() == []
    return intake.images


def is_kept(box, name):
    """Whether a layout has a place for a box, and for its mask."""
    mask = box["mask"]
    fits = "masks" in KEPT[name] or (
        "polygons" in KEPT[name] and "],[" not in f"{mask}" and "{" not in f"{mask}"
    )
    return "crowds" in KEPT[name] or not box["crowd"], mask is None or fits


def check_round_trip(name, rows, folder, holds):
    before, media = written(folder, rows)
    omitted = formats.load(name).write(before, media, folder / "out")
    after = read(name, folder / "out", holds).sort("image")
    assert set(after["image"]) == set(before["image"])
    left = objects_of(before.sort("image")).with_columns(pl.col("label").str.to_lowercase())
    fates = [is_kept(box, name) for box in left.to_dicts()]
    left = left.filter(pl.Series([is_there for is_there, _ in fates], dtype=pl.Boolean))
    right = objects_of(after)
    assert left.select("image", "label").equals(right.select("image", "label"))
    for corner in (pl.col("x"), pl.col("y"), pl.col("x") + pl.col("w"), pl.col("y") + pl.col("h")):
        apart = left.select(corner).to_series() - right.select(corner).to_series()
        assert (apart.abs() <= 0.5001).all()
    masked = [has_mask for is_there, has_mask in fates if is_there]
    lost = sum(not has_mask for has_mask in masked)
    assert right["mask"].count() == left["mask"].count() - lost
    assert omitted.get("masks", 0) == lost
    check_extras(name, before, left, right, omitted)


def check_extras(name, before, left, right, omitted):
    """Scores, crowds, attributes and tags are there again, or said to be left out."""
    kept = KEPT[name]
    assert ((left["score"] - right["score"]).abs() < 1e-5).all()
    crowds = int(objects_of(before)["crowd"].sum())
    assert omitted.get("crowds", 0) == (0 if "crowds" in kept else crowds)
    attributes = [sorted(each.to_list(), key=str) for each in left["attributes"]]
    if "attributes" in kept:
        assert attributes == [sorted(each.to_list(), key=str) for each in right["attributes"]]
    else:
        assert omitted.get("attributes", 0) == sum(map(len, attributes))


@every_format
def test_every_format_keeps_the_contract(name):
    assert isinstance(formats.load(name), Format)


@both_ways
@settings(deadline=None, max_examples=25)
@given(rows=labels)
def test_what_is_written_is_read_again_to_half_a_pixel(name, rows, tmp_path_factory):
    check_round_trip(name, rows, tmp_path_factory.mktemp("round-trip"), "labels")


@with_scores
@settings(deadline=None, max_examples=25)
@given(rows=predictions)
def test_predictions_keep_their_scores(name, rows, tmp_path_factory):
    check_round_trip(name, rows, tmp_path_factory.mktemp("round-trip"), "predictions")


@every_format
@settings(deadline=None, max_examples=10)
@given(rows=labels)
def test_tags_are_in_the_layout_or_in_a_table_beside_it(name, rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tags")
    before, media = written(folder, rows)
    plugin = formats.load(name)
    plugin.write(before, media, folder / "out")
    listing = plugin.listing(folder / "out")
    beside = read_tags(folder / "out", listing.images)
    assert not beside.unknown
    found = Counter()
    for each in plugin.read(listing):
        digest = hashlib.md5((folder / "out" / each.image).read_bytes()).hexdigest()  # noqa: S324
        for tag in (*each.tags, *beside.of.get(each.image, ())):
            found[digest, tag["key"], tag["value"]] += 1
    wanted = [
        (image, tag["key"], tag["value"])
        for image, tags in before.select("image", "tags").iter_rows()
        for tag in tags
    ]
    assert found == Counter(wanted)


@every_format
def test_a_table_without_images_can_be_written(name, tmp_path):
    formats.load(name).write(table([]), {}, tmp_path / "out")
    assert formats.load(name).listing(tmp_path / "out").images == ()


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
