"""Collect what a format's reader finds into columns; no row outlives its turn."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from ymir.contracts.format import Found
from ymir.data.intake import BOXES, FOUND
from ymir.data.table import TAG
from ymir.media.source import Seen

_LARGEST = 2**31 - 1  # a size that an annotation may claim


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
            return pl.Series([None], dtype=pl.List(TAG)).new_from_index(0, height).fill_null([])
        rows = _numbers(self._rows, pl.UInt32)
        tags = pl.DataFrame({"at": rows, "key": self._keys, "value": self._values})
        listed = tags.group_by("at").agg(tags=pl.struct("key", "value"))
        every = pl.DataFrame({"at": pl.arange(height, dtype=pl.UInt32, eager=True)})
        joined = every.join(listed, on="at", how="left", maintain_order="left")
        return joined["tags"].fill_null([])


class Gathered:
    """Grows by one image at a time into the two tables of `ymir.data.intake`."""

    def __init__(self) -> None:
        self._images: dict[str, list[Any]] = {name: [] for name in FOUND.names() if name != "tags"}
        self._tags = _Tags()
        self._rows = array("I")
        self._labels: list[str] = []
        self._sides = {name: array("d") for name in "xywh"}
        self._extras: dict[str, list[Any]] = {"score": [], "crowd": [], "mask": []}
        self._attributes = _Tags()

    def add(self, each: Found, seen: Seen) -> None:
        """Take one image in, with what was seen of its file."""
        row = len(self._images["file"])
        width, height = each.declared or (None, None)
        values = (
            each.image, each.annotation, _claimed(width), _claimed(height),
            seen.problem or each.problem, seen.digest or None,
            seen.width, seen.height, seen.bytes, seen.format,
        )  # fmt: skip
        for column, value in zip(self._images.values(), values, strict=True):
            column.append(value)
        self._tags.add(row, each.tags)
        for box in each.objects:
            self._add_box(row, box)

    def _add_box(self, row: int, box: Mapping[str, Any]) -> None:
        self._attributes.add(len(self._rows), box.get("attributes", ()))
        self._rows.append(row)
        self._labels.append(sys.intern(box["label"]))
        for name, sides in self._sides.items():
            sides.append(box[name])
        for name, extras in self._extras.items():
            extras.append(box.get(name))

    def found(self) -> pl.DataFrame:
        """One row per image."""
        tags = self._tags.column(len(self._images["file"]))
        return pl.DataFrame({**self._images, "tags": tags}, schema=FOUND)

    def boxes(self) -> pl.DataFrame:
        """One row per box."""
        sides = {name: _numbers(side, pl.Float64) for name, side in self._sides.items()}
        columns = {
            "row": _numbers(self._rows, pl.UInt32),
            "label": self._labels,
            **sides,
            **self._extras,
            "attributes": self._attributes.column(len(self._rows)),
        }
        return pl.DataFrame(columns, schema=BOXES).with_columns(
            pl.col("crowd").fill_null(value=False)
        )


def _claimed(side: int | None) -> int | None:
    return None if side is None else max(0, min(side, _LARGEST))


def _numbers(values: array[Any], kind: pl.DataType | type[pl.DataType]) -> pl.Series:
    return pl.Series(values, dtype=kind)
