"""The shapes that people draw in Label Studio: from percent of an image to pixels."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, hypot, radians, sin
from typing import Any

from ymir.layouts.masks import box_around, box_of, check_polygons
from ymir.layouts.written import WrittenError, numbers, size_in

Drawn = tuple[object, tuple[float, ...]]  # a mask or none, and x, y, w, h of the box


def drawn(kind: str, result: Mapping[str, Any]) -> Drawn:
    """The mask of a region, if it is more than a box, and the box around it; in pixels.

    `kind` is rectangle, ellipse, polygon or brush. What cannot be used raises, and says why.
    """
    size = size_in(result, "original_")
    if size is None or min(size) < 1:
        raise WrittenError("a region does not say `original_width` and `original_height`")
    if result.get("image_rotation"):
        raise WrittenError("its image was turned, and regions are as they look then")
    value = result["value"]
    match kind:
        case "polygon":
            polygon = _polygon(value, size)
            return [polygon], box_around([polygon])
        case "brush":
            return _painted(value, size)
        case "ellipse":
            return None, _ellipse(value, size)
    return _rectangle(value, size)


def _sides(value: Mapping[str, Any], *names: str) -> tuple[float, ...]:
    return numbers([value.get(name) for name in names], len(names), f"{', '.join(names)}")


def _turned(value: Mapping[str, Any]) -> float:
    return radians(numbers([value.get("rotation") or 0], 1, "rotation")[0])


def _rectangle(value: Mapping[str, Any], size: tuple[int, int]) -> Drawn:
    x, y, w, h = _sides(value, "x", "y", "width", "height")
    wide, high = size[0] / 100, size[1] / 100
    x, y, w, h = x * wide, y * high, w * wide, h * high
    angle = _turned(value)
    if not angle:
        return None, (x, y, w, h)
    across = (w * cos(angle), w * sin(angle))
    down = (-h * sin(angle), h * cos(angle))
    corners = [(0.0, 0.0), across, (across[0] + down[0], across[1] + down[1]), down]
    polygon = [side for dx, dy in corners for side in (x + dx, y + dy)]
    return [polygon], box_around([polygon])


def _ellipse(value: Mapping[str, Any], size: tuple[int, int]) -> tuple[float, ...]:
    x, y, across, down = _sides(value, "x", "y", "radiusX", "radiusY")
    wide, high, angle = size[0] / 100, size[1] / 100, _turned(value)
    w = hypot(across * wide * cos(angle), down * high * sin(angle))
    h = hypot(across * wide * sin(angle), down * high * cos(angle))
    return x * wide - w, y * high - h, 2 * w, 2 * h


def _polygon(value: Mapping[str, Any], size: tuple[int, int]) -> list[float]:
    points = value.get("points")
    pairs = points if isinstance(points, list) else []
    sides = [side for pair in pairs for side in numbers(pair, 2, "point")]
    check_polygons([sides])
    return [side * size[at % 2] / 100 for at, side in enumerate(sides)]


def _painted(value: Mapping[str, Any], size: tuple[int, int]) -> Drawn:
    from ymir.layouts.brush import mask_of  # few paint, and it needs numpy

    mask = mask_of(value.get("rle"), *size)
    box = box_of(mask)
    if box is None:
        raise WrittenError("its brush strokes are empty")
    return mask, box
