"""The results that Label Studio keeps for an answer, put together region by region."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from ymir.layouts.shapes import Drawn
from ymir.layouts.written import WrittenError, size_in

_LABELS = "labels"  # how the type of a region with a label ends
_SHAPES = frozenset({"rectangle", "polygon", "brush", "ellipse"})

Row = Mapping[str, Any]


@dataclass
class Region:
    """What the results of one id say: where it is, what it is, and more."""

    kinds: list[str] = field(default_factory=list)
    shape: Row | None = None
    labels: list[str] = field(default_factory=list)
    choices: list[dict[str, str]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """What was drawn: rectangle, polygon, brush or ellipse."""
        return str((self.shape or {}).get("type")).removesuffix(_LABELS)

    @property
    def label(self) -> str:
        """The one label that it has."""
        if len(self.labels) != 1:
            which = f"{len(self.labels)} labels" if self.labels else "no label"
            raise WrittenError(f"a region has {which}")
        return sys.intern(self.labels[0])

    def as_object(self, drawn: Drawn) -> dict[str, Any]:
        """It as an object of a dataset, with the mask and the box that were drawn."""
        mask, box = drawn
        found: dict[str, Any] = {"label": self.label, **dict(zip("xywh", box, strict=True))}
        if mask is not None:
            found["mask"] = orjson.dumps(mask).decode()
        if self.choices:
            found["attributes"] = self.choices
        return found


def dicts_in(written: object) -> list[Row]:
    """A list of rows, which may be absent."""
    if written is None:
        return []
    if not isinstance(written, list) or not all(isinstance(each, dict) for each in written):
        raise WrittenError("its answers are no list")
    return written


def regions_of(results: Sequence[Row]) -> list[Region]:
    """The results by id: shape, label and choices may stand in one of their own each."""
    regions: dict[object, Region] = {}
    for number, result in enumerate(results):
        region = regions.setdefault(str(result.get("id") or number), Region())
        kind, value = str(result.get("type")), result.get("value")
        region.kinds.append(kind)
        if not isinstance(value, dict):
            continue
        if kind.endswith(_LABELS):
            region.labels += _texts(value.get(kind, value.get(_LABELS)))
        if kind.removesuffix(_LABELS) in _SHAPES:
            region.shape = result
        elif kind == "choices":
            key = str(result.get("from_name"))
            region.choices += [{"key": key, "value": each} for each in _texts(value.get(kind))]
    return list(regions.values())


def size_of(results: Sequence[Row]) -> tuple[int, int] | None:
    """The size of the image that all regions are on, where they say one."""
    sizes = {size for each in results if (size := size_in(each, "original_"))}
    if len(sizes) > 1:
        raise WrittenError("its regions are of images of different sizes")
    return next(iter(sizes), None)


def unread(regions: Iterable[Region]) -> Counter[str]:
    """How many results are of a kind that a dataset has no place for."""
    shapes = {*_SHAPES, _LABELS, *(shape + _LABELS for shape in _SHAPES)}
    kinds = (kind for each in regions for kind in each.kinds if not (each.shape and kind in shapes))
    return Counter(f"`{kind}` of Label Studio" for kind in kinds if kind != "choices")


def _texts(written: object) -> list[str]:
    if not isinstance(written, list) or not all(isinstance(each, str) for each in written):
        raise WrittenError("a label or choice is no text")
    return written
