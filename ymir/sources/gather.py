"""Collect what a format's reader finds into columns; no row outlives its turn."""

from __future__ import annotations

import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from ymir.contracts.format import Found
from ymir.data.intake import BOXES, FOUND
from ymir.data.table import TAG
from ymir.layouts.boxes import Boxes
from ymir.layouts.masks import stretched
from ymir.sources.sight import Sight

_LARGEST = 2**31 - 1  # a size that an annotation may claim

_ONE = pl.Series([1.0])  # the size of an image whose boxes are in pixels
_SEEN = ("width", "height", "bytes", "format")
_PLAIN = 5  # keys of a box that has a label and four numbers
_REST = ("score", "crowd", "mask")


class _Tags:
    """Keys and values that few rows have."""

    def __init__(self) -> None:
        self._rows = array("I")
        self._keys: list[str] = []
        self._values: list[str] = []

    def add(self, row: int, tags: Iterable[Mapping[str, str]]) -> None:
        for tag in tags:
            self._rows.append(row)
            self._keys.append(sys.intern(tag["key"]))
            self._values.append(sys.intern(tag["value"]))

    def column(self, height: int) -> pl.Series:
        """One list of tags per row, of `height` rows."""
        if not self._keys:
            return pl.Series([[]], dtype=pl.List(TAG)).new_from_index(0, height)
        rows = _numbers(self._rows, pl.UInt32)
        tags = pl.DataFrame({"at": rows, "key": self._keys, "value": self._values})
        listed = tags.group_by("at").agg(tags=pl.struct("key", "value"))
        every = pl.DataFrame({"at": pl.arange(height, dtype=pl.UInt32, eager=True)})
        joined = every.join(listed, on="at", how="left", maintain_order="left")
        return joined["tags"].fill_null([])


class Gathered:
    """Grows by one image at a time into the two tables of `ymir.data.intake`."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._annotations: list[str | None] = []
        self._sizes: list[tuple[int, int] | tuple[None, None]] = []
        self._problems: list[str | None] = []
        self._tags = _Tags()
        self._plain: dict[int, _PlainBoxes] = {}
        self._boxes = _AnyBoxes()
        self._relative = bytearray()
        self.ignored: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._names)

    def add(self, each: Found) -> None:
        """Take one image in."""
        row = len(self._names)
        self._names.append(each.image)
        self._annotations.append(each.annotation)
        self._sizes.append(each.declared or (None, None))
        self._problems.append(each.problem)
        self._relative.append(each.is_relative)
        if each.tags:
            self._tags.add(row, each.tags)
        if each.ignored:
            self.ignored.update(each.ignored)
        if isinstance(each.objects, Boxes):
            first = each.objects.first
            self._plain.setdefault(first, _PlainBoxes(first)).add(row, each.objects)
        elif each.objects:
            self._boxes.add(row, each.objects)

    def found(self, seen: Sight) -> pl.DataFrame:
        """One row per image, with what was seen of its file."""
        problems = zip(seen.column("problem", self._names), self._problems, strict=True)
        widths, heights = zip(*self._sizes, strict=True) if self._sizes else ((), ())
        columns = {
            "file": self._names,
            "annotation": self._annotations,
            "declared_width": _claimed(widths),
            "declared_height": _claimed(heights),
            "problem": [one or other for one, other in problems],
            "image": [digest or None for digest in seen.column("digest", self._names)],
            **{name: list(seen.column(name, self._names)) for name in _SEEN},
            "tags": self._tags.column(len(self)),
        }
        return pl.DataFrame(columns, schema=FOUND)

    def boxes(self, seen: Sight | None = None) -> pl.DataFrame:
        """One row per box, in the order of their images.

        Where a format's numbers are shares of the image, `seen` must say how large each image is.
        """
        boxes = self._table()
        if not any(self._relative):
            return boxes
        if seen is None:
            raise ValueError("these boxes are shares of images whose sizes are not given")
        is_relative = pl.Series(self._relative, dtype=pl.UInt8).cast(pl.Boolean)
        sides = ("width", "height")
        sizes = (pl.Series(seen.column(side, self._names), dtype=pl.Float64) for side in sides)
        return _in_pixels(boxes, *(size.zip_with(is_relative, _ONE) for size in sizes))

    def _table(self) -> pl.DataFrame:
        every: list[_PlainBoxes | _AnyBoxes] = [*self._plain.values(), self._boxes]
        kinds = [each for each in every if len(each)]
        if len(kinds) <= 1:
            return kinds[0].table() if kinds else self._boxes.table()
        return pl.concat([each.table() for each in kinds]).sort("row", maintain_order=True)


def _in_pixels(boxes: pl.DataFrame, widths: pl.Series, heights: pl.Series) -> pl.DataFrame:
    """Every number times the width or height that its image has in the list."""
    across, down = widths.gather(boxes["row"]), heights.gather(boxes["row"])
    masks = zip(boxes["mask"], across, down, strict=True) if boxes["mask"].count() else ()
    scaled = [mask and stretched(mask, wide, high) for mask, wide, high in masks]
    return boxes.with_columns(
        boxes["x"] * across,
        boxes["y"] * down,
        boxes["w"] * across,
        boxes["h"] * down,
        pl.Series("mask", scaled or boxes["mask"], dtype=pl.String),
    )


class _PlainBoxes:
    """Boxes that came by column, their pixels counted from `first`."""

    def __init__(self, first: int) -> None:
        self._rows = array("I")
        self._labels: list[str] = []
        self._corners = array("d")
        self._first = first

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: int, boxes: Boxes) -> None:
        self._rows.extend([row] * len(boxes))
        self._labels.extend(boxes.labels)
        self._corners.extend(boxes.corners)

    def table(self) -> pl.DataFrame:
        corners = _numbers(self._corners, pl.Float64)
        left, top, right, bottom = (corners.gather_every(4, at) for at in range(4))
        x, y = left - self._first, top - self._first
        columns = {
            "row": _numbers(self._rows, pl.UInt32),
            "label": pl.Series(self._labels, dtype=pl.String),
            "x": x,
            "y": y,
            "w": right - x,
            "h": bottom - y,
        }
        return _with_rest(columns, {}, _Tags())


class _AnyBoxes:
    """Boxes that came as rows."""

    def __init__(self) -> None:
        self._rows = array("I")
        self._labels: list[str] = []
        self._sides = {name: array("d") for name in "xywh"}
        self._extras: dict[str, dict[int, Any]] = {name: {} for name in _REST}
        self._attributes = _Tags()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: int, boxes: Sequence[Mapping[str, Any]]) -> None:
        first = len(self._rows)
        self._rows.extend([row] * len(boxes))
        self._labels.extend([box["label"] for box in boxes])
        for side, sides in self._sides.items():
            sides.extend([box[side] for box in boxes])
        for at, box in enumerate(boxes, start=first):
            if len(box) > _PLAIN:
                self._add_extras(at, box)

    def _add_extras(self, at: int, box: Mapping[str, Any]) -> None:
        self._attributes.add(at, box.get("attributes", ()))
        for name, extras in self._extras.items():
            if name in box:
                extras[at] = box[name]

    def table(self) -> pl.DataFrame:
        columns = {
            "row": _numbers(self._rows, pl.UInt32),
            "label": pl.Series(self._labels, dtype=pl.String),
            **{name: _numbers(side, pl.Float64) for name, side in self._sides.items()},
        }
        return _with_rest(columns, self._extras, self._attributes)


def _with_rest(
    columns: Mapping[str, pl.Series], extras: Mapping[str, Mapping[int, Any]], attributes: _Tags
) -> pl.DataFrame:
    """The table of boxes, with what few boxes have."""
    height = len(columns["row"])
    rest = {name: _filled(extras.get(name), height, BOXES[name]) for name in _REST}
    return pl.DataFrame({**columns, **rest, "attributes": attributes.column(height)}, schema=BOXES)


def _claimed(sides: Iterable[int | None]) -> list[int | None]:
    return [None if side is None else max(0, min(side, _LARGEST)) for side in sides]


def _numbers(values: array[Any], kind: pl.DataType | type[pl.DataType]) -> pl.Series:
    return pl.Series(values, dtype=kind)


def _filled(extras: Mapping[int, Any] | None, height: int, kind: pl.DataType) -> pl.Series:
    nothing = False if kind == pl.Boolean else None
    if not extras:
        return pl.Series([nothing], dtype=kind).new_from_index(0, height)
    return pl.Series([extras.get(at, nothing) for at in range(height)], dtype=kind)
