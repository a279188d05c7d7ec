"""Masks as COCO writes them: polygons, or the lengths of runs of pixels outside and inside.

Runs go down one column after the other and begin outside. They stand as a list of numbers, or as
the text of `pycocotools`: each number less the one two before it, five bits to a letter, six from
`0`; the sixth bit says that the number goes on (cocoapi, `common/maskApi.c`, `rleToString`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import orjson

Box = tuple[float, float, float, float]  # x, y, w, h

_FEWEST = 6  # numbers of a polygon: three points
_PLAIN = frozenset({int, float})
_FIRST, _LAST = 48, 48 + 63  # the letters of a text of runs
_LONGEST = 7  # letters of one number
_DEGREE = 3  # decimals of a pixel


class MaskError(ValueError):
    """A mask cannot be used; the text says why."""


def box_of(mask: object) -> Box | None:
    """The box around a mask; None if no pixel is inside. A mask that is not well-formed raises."""
    if isinstance(mask, list):
        return box_around(check_polygons(mask))
    runs, height = check_runs(mask)
    ends = list(accumulate(runs))
    inside = [
        (start, end) for start, end in zip(ends[::2], ends[1::2], strict=False) if end > start
    ]
    if not inside:
        return None
    left, right = inside[0][0] // height, (inside[-1][1] - 1) // height + 1
    rows = [_rows(start, end, height) for start, end in inside]
    top, bottom = min(first for first, _ in rows), max(last for _, last in rows)
    return left, top, right - left, bottom - top


def box_around(parts: Sequence[Sequence[float]]) -> Box:
    """The box around some polygons."""
    left, right = min(min(each[::2]) for each in parts), max(max(each[::2]) for each in parts)
    top, bottom = min(min(each[1::2]) for each in parts), max(max(each[1::2]) for each in parts)
    return left, top, right - left, bottom - top


def check_mask(mask: object, size: tuple[int, int] | None) -> None:
    """Raise unless a mask is well-formed, and that of an image of this width and height."""
    if isinstance(mask, list):
        check_polygons(mask)
        return
    runs, height = check_runs(mask)
    if size and (sum(runs) // height, height) != size:
        raise MaskError(f"its mask is of an image of {sum(runs) // height}x{height} pixels")


def check_polygons(parts: Sequence[Any]) -> Sequence[Sequence[float]]:
    """The parts of a mask, if each is the numbers of three points or more."""
    for part in parts:
        if not isinstance(part, list) or not set(map(type, part)) <= _PLAIN:
            raise MaskError("its polygon is not numbers")
        if not part:
            raise MaskError("it has an empty polygon")
        if len(part) % 2 or len(part) < _FEWEST:
            raise MaskError(f"its polygon has {len(part)} numbers, not x and y of 3 points or more")
    return parts


def check_runs(mask: object) -> tuple[Sequence[int], int]:
    """The runs of a mask and the height of its columns, if they fill its size exactly."""
    if not isinstance(mask, dict):
        raise MaskError("its `segmentation` is neither polygons nor run lengths")
    size, counts = mask.get("size"), mask.get("counts")
    if not isinstance(size, list) or list(map(type, size)) != [int, int] or min(size) < 1:
        raise MaskError("its run lengths have no `size` of height and width")
    runs = _decoded(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, list) or set(map(type, runs)) != {int} or min(runs) < 0:
        raise MaskError("its run lengths are not numbers")
    if sum(runs) != size[0] * size[1]:
        pixels = f"{size[1]}x{size[0]}"
        raise MaskError(f"its run lengths are {sum(runs)} pixels, but its size is {pixels}")
    return runs, size[0]


def area_of(mask: object) -> float:
    """How many pixels a well-formed mask covers; parts that overlap count each."""
    if not isinstance(mask, list):
        return sum(check_runs(mask)[0][1::2])
    return sum(map(_area, check_polygons(mask)))


def stretched(mask: str, wide: float, high: float) -> str:
    """A mask whose polygons are shares of an image, in pixels of an image of that size."""
    if (wide, high) == (1, 1):
        return mask
    parts = [
        [round(each * (high if at % 2 else wide), _DEGREE) for at, each in enumerate(part)]
        for part in orjson.loads(mask)
    ]
    return orjson.dumps(parts).decode()


def lone_polygon(mask: str | None, box: Box, tolerance: float = 0.5) -> Sequence[float] | None:
    """A mask's polygon, if there is one, and the box is what lies around it."""
    parts = orjson.loads(mask) if mask else None
    if not isinstance(parts, list) or len(parts) != 1:
        return None
    pairs = zip(_corners(box_around(parts)), _corners(box), strict=True)
    return parts[0] if all(abs(one - other) <= tolerance for one, other in pairs) else None


def _area(polygon: Sequence[float]) -> float:
    xs, ys = polygon[::2], polygon[1::2]
    nexts = zip((*xs[1:], xs[0]), (*ys[1:], ys[0]), strict=True)
    turns = (
        x * after_y - after_x * y for x, y, (after_x, after_y) in zip(xs, ys, nexts, strict=True)
    )
    return abs(sum(turns)) / 2


def _corners(box: Box) -> Box:
    x, y, w, h = box
    return x, y, x + w, y + h


def _rows(start: int, end: int, height: int) -> tuple[int, int]:
    """The first row of a run of pixels, and the one behind its last."""
    if start // height != (end - 1) // height:
        return 0, height
    return start % height, (end - 1) % height + 1


def _decoded(text: str) -> list[int]:
    runs: list[int] = []
    at = 0
    while at < len(text):
        number, at = _number(text, at)
        runs.append(number + runs[-2] if len(runs) > 2 else number)
    return runs


def encoded(runs: Sequence[int]) -> str:
    """Run lengths as the text that `pycocotools` writes."""
    return "".join(_letters(run - runs[at - 2] if at > 2 else run) for at, run in enumerate(runs))


def _letters(number: int) -> str:
    """One number, five bits to a letter."""
    text = ""
    is_open = True
    while is_open:
        bits, number = number & 0x1F, number >> 5
        is_open = number != (-1 if bits & 0x10 else 0)
        text += chr(_FIRST + (bits | 0x20 if is_open else bits))
    return text


def _number(text: str, at: int) -> tuple[int, int]:
    """The number that begins at a letter, and where the next one does."""
    number = 0
    for shift in range(_LONGEST):
        letter = ord(text[at + shift]) if at + shift < len(text) else -1
        if not _FIRST <= letter <= _LAST:
            raise MaskError("its run lengths are no text that `pycocotools` writes")
        bits = letter - _FIRST
        number |= (bits & 0x1F) << 5 * shift
        if not bits & 0x20:
            negative = -1 << 5 * (shift + 1) if bits & 0x10 else 0
            return number | negative, at + shift + 1
    raise MaskError("its run lengths are no text that `pycocotools` writes")
