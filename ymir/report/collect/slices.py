"""How the model does on parts of the testing set: sizes, tags, attributes, and declared slices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from ymir.metrics.boxes import Bools, Boxes, Ints
from ymir.metrics.slices import SIZES, Part, Scene, scene, score, sized, whole
from ymir.report.record import RoundRecord
from ymir.report.shown.quality import SliceRow
from ymir.sources.filtering import filtered
from ymir.spec.operations import Filter
from ymir.spec.project import ProjectSpec

KEYS = 8  # tags, and as many attributes, that get rows
VALUES = 12  # of each of them
_TOO_MANY = 50  # a key with more values is a name or a number, and no way to group images
_APART = 2**20  # more than any image has boxes
_SHAPES = ("min_side", "min_area", "max_area", "min_share", "max_share", "max_aspect")


@dataclass(frozen=True)
class Cut:
    """A part of the testing set before any model is looked at."""

    kind: Literal["size", "tag", "attribute", "declared"]
    group: str
    name: str
    images: Bools | None = None  # by place among the sorted digests; None: all
    boxes: Ints | None = None  # keys of the true boxes that count; None: all on these images
    shapes: Filter | None = None  # what a prediction must look like to be wrong here

    @property
    def is_of_boxes(self) -> bool:
        """Whether boxes make the part: of images, those are counted that hold one of them."""
        return self.kind in ("size", "attribute")


def slice_rows(
    spec: ProjectSpec, testing: pl.DataFrame, now: RoundRecord, before: RoundRecord | None
) -> tuple[SliceRow, ...]:
    """AP50 and recall of each part, beside those of the round before.

    Declared slices come first, then COCO's sizes, then tags and attributes. Those with very many
    values (a file's name, a time) are left out, and so is a value that everything has.
    """
    ordered = testing.sort("image")
    labels = tuple(each.label for each in now.testing.per_class)
    one = _scene(ordered, now, labels, resamples=100)
    other = _scene(ordered, before, labels, resamples=0) if before else None
    cuts = cuts_of(spec.report.slices, ordered, labels)
    return tuple(_row(each, ordered, one, other, now.testing.threshold) for each in cuts)


def cuts_of(
    slices: Mapping[str, Filter], ordered: pl.DataFrame, labels: tuple[str, ...]
) -> tuple[Cut, ...]:
    """The parts of a testing set that is in the order of its digests; `slices` are declared."""
    declared = _declared(slices, ordered)
    return (*declared, *_sizes(), *_tags(ordered), *_attributes(ordered, labels))


def slice_images(spec: ProjectSpec, testing: pl.DataFrame) -> Mapping[str, pl.Series]:
    """The images of each declared slice, by its name."""
    return {name: filtered(testing, op)["image"] for name, op in spec.report.slices.items()}


def _scene(
    ordered: pl.DataFrame, record: RoundRecord, labels: tuple[str, ...], *, resamples: int
) -> Scene:
    return scene(ordered["image"], record.matches, labels=labels, resamples=resamples)


def _row(
    cut: Cut, ordered: pl.DataFrame, one: Scene, other: Scene | None, threshold: float
) -> SliceRow:
    now = score(one, part_of(cut, ordered, one), threshold=threshold)
    then = score(other, part_of(cut, ordered, other), threshold=threshold) if other else None
    before = then.ap50.value if then and then.ap50 else None
    return SliceRow(
        kind=cut.kind,
        group=cut.group,
        name=cut.name,
        images=now.with_boxes if cut.is_of_boxes else now.images,
        boxes=now.boxes,
        ap50=now.ap50,
        recall=now.recall,
        before=before,
        change=now.ap50.value - before if now.ap50 and before is not None else None,
    )


def part_of(cut: Cut, ordered: pl.DataFrame, of: Scene) -> Part:
    """What counts of a model's record."""
    if cut.kind == "size":
        return sized(of, cut.name)
    plain = whole(of)
    images = plain.images if cut.images is None else cut.images
    truth, predictions = plain.truth, plain.predictions
    if cut.boxes is not None:
        truth = np.isin(_keys_of(of.sides.truth), cut.boxes)
    if cut.shapes is not None:
        fitting = filtered(_as_table(of.sides.predictions, ordered), cut.shapes)
        predictions = np.isin(_keys_of(of.sides.predictions), _keys(fitting))
    return Part(images, truth, predictions)


def _declared(slices: Mapping[str, Filter], ordered: pl.DataFrame) -> Iterator[Cut]:
    numbered = _numbered(ordered)
    for name, op in slices.items():
        left = filtered(numbered, op)
        shapes = {each: value for each in _SHAPES if (value := getattr(op, each)) is not None}
        yield Cut(
            "declared",
            "declared",
            name,
            images=_marked(left["place"], ordered.height),
            boxes=_keys(left),
            shapes=Filter(op="filter", **shapes) if shapes else None,
        )


def _sizes() -> Iterator[Cut]:
    yield from (Cut("size", "size", each) for each in SIZES)


def _tags(ordered: pl.DataFrame) -> Iterator[Cut]:
    pairs = (
        ordered.with_row_index("place")
        .select("place", tag="tags")
        .explode("tag")
        .drop_nulls("tag")
        .unnest("tag")
        .unique()
    )
    for key, value, rows in _worth_it(pairs):
        if rows.height < ordered.height:
            yield Cut("tag", key, value, images=_marked(rows["place"], ordered.height))


def _attributes(ordered: pl.DataFrame, labels: tuple[str, ...]) -> Iterator[Cut]:
    """A box of another value is ignored, and so are images without a box of this one."""
    objects = (
        _numbered(ordered)
        .select("place", each="objects")
        .explode("each")
        .drop_nulls("each")
        .unnest("each")
        .filter(pl.col("label").is_in(labels) & ~pl.col("crowd").fill_null(value=False))
    )
    pairs = (
        objects.select("place", "index", each="attributes")
        .explode("each")
        .drop_nulls("each")
        .unnest("each")
        .unique()
    )
    for key, value, rows in _worth_it(pairs):
        if rows.height < objects.height:
            keys = _key(rows["place"].to_numpy(), rows["index"].to_numpy())
            images = _marked(rows["place"], ordered.height)
            yield Cut("attribute", key, value, images=images, boxes=keys)


def _worth_it(pairs: pl.DataFrame) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """The keys and values that are on the most images, and the rows of each."""
    values = pairs.group_by("key", "value").agg(images=pl.col("place").n_unique())
    keys = (
        values.group_by("key")
        .agg(pl.len(), images=pl.col("images").sum())
        .filter(pl.col("len") <= _TOO_MANY)
        .sort("images", "key", descending=[True, False])
        .head(KEYS)
    )
    rows = {str(key): own for (key,), own in pairs.partition_by("key", as_dict=True).items()}
    for key in keys["key"]:
        own = values.filter(key=key).sort("images", "value", descending=[True, False])
        for value in own["value"].head(VALUES):
            yield key, value, rows[key].filter(value=value)


def _numbered(ordered: pl.DataFrame) -> pl.DataFrame:
    """Images with their place, and objects with their place among those of their image."""
    number = pl.int_range(pl.len(), dtype=pl.Int64).alias("index")
    with_number = pl.element().struct.with_fields(number)
    return ordered.with_row_index("place").with_columns(pl.col("objects").list.eval(with_number))


def _as_table(boxes: Boxes, ordered: pl.DataFrame) -> pl.DataFrame:
    """What was found, as the table that filters read."""
    found = boxes.rows.group_by("image").agg(objects=pl.struct("label", *"xywh", "index"))
    size = ordered.with_row_index("place").select("place", "image", "width", "height")
    return size.join(found, on="image", how="inner")


def _marked(places: pl.Series, count: int) -> Bools:
    marks = np.zeros(count, dtype=np.bool_)
    marks[places.to_numpy()] = True
    return marks


def _keys(images: pl.DataFrame) -> Ints:
    """A number for each box: of the image's place, and of its own in it."""
    boxes = images.select("place", each="objects").explode("each").drop_nulls("each")
    return _key(boxes["place"].to_numpy(), boxes["each"].struct.field("index").to_numpy())


def _keys_of(boxes: Boxes) -> Ints:
    return _key(boxes.image, boxes.rows["index"].to_numpy())


def _key(place: Ints, index: Ints) -> Ints:
    return place.astype(np.int64) * _APART + index
