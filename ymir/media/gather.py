"""Collect what a format's reader finds into columns; no row outlives its turn."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from ymir.contracts.format import Found
from ymir.data.intake import BOXES, FOUND
from ymir.data.table import TAG
from ymir.media.source import Seen

_LARGEST = 2**31 - 1  # a size that an annotation may claim

_COLUMNS = [name for name in FOUND.names() if name != "tags"]
_PLAIN = 5  # keys of a box that has a label and four numbers


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
        self._images: list[tuple[Any, ...]] = []
        self._tags = _Tags()
        self._rows = array("I")
        self._labels: list[str] = []
        self._sides = {name: array("d") for name in "xywh"}
        self._extras: dict[str, dict[int, Any]] = {"score": {}, "crowd": {}, "mask": {}}
        self._attributes = _Tags()

    def __len__(self) -> int:
        return len(self._images)

    def add(self, each: Found, seen: Seen) -> None:
        """Take one image in, with what was seen of its file."""
        row = len(self._images)
        width, height = each.declared or (None, None)
        image = (
            each.image, each.annotation, _claimed(width), _claimed(height),
            seen.problem or each.problem, seen.digest or None,
            seen.width, seen.height, seen.bytes, seen.format,
        )  # fmt: skip
        self._images.append(image)
        if each.tags:
            self._tags.add(row, each.tags)
        if each.objects:
            self._add_boxes(row, each.objects)

    def _add_boxes(self, row: int, boxes: Sequence[Mapping[str, Any]]) -> None:
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

    def found(self) -> pl.DataFrame:
        """One row per image."""
        tags = self._tags.column(len(self))
        columns = zip(*self._images, strict=True) if self._images else [()] * len(_COLUMNS)
        images = dict(zip(_COLUMNS, columns, strict=True))
        return pl.DataFrame({**images, "tags": tags}, schema=FOUND)

    def boxes(self) -> pl.DataFrame:
        """One row per box."""
        size = len(self._rows)
        columns = {
            "row": _numbers(self._rows, pl.UInt32),
            "label": self._labels,
            **{name: _numbers(side, pl.Float64) for name, side in self._sides.items()},
            **{name: _filled(extras, size) for name, extras in self._extras.items()},
            "attributes": self._attributes.column(size),
        }
        return pl.DataFrame(columns, schema=BOXES).with_columns(
            pl.col("crowd").fill_null(value=False)
        )


def _claimed(side: int | None) -> int | None:
    return None if side is None else max(0, min(side, _LARGEST))


def _numbers(values: array[Any], kind: pl.DataType | type[pl.DataType]) -> pl.Series:
    return pl.Series(values, dtype=kind)


def _filled(extras: Mapping[int, Any], size: int) -> list[Any]:
    return [extras.get(at) for at in range(size)] if extras else [None] * size
