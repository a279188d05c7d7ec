"""The shapes that people draw in CVAT, as boxes in pixels."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, hypot, isfinite, radians, sin

import orjson

from ymir.cvat.replies import Shape
from ymir.cvat.settings import Settings
from ymir.layouts.masks import box_around

Row = Mapping[str, str | float]  # of `Found.objects`

_POLYGON, _ELLIPSE, _RECTANGLE, _SIDES = 6, 4, 4, 4  # the fewest numbers of each


class RegionError(ValueError):
    """A shape cannot be a box; the text says why."""


class RejectedError(ValueError):
    """The spec says that an image with such a shape does not count; the text says why."""


def boxed(shape: Shape, label: str, settings: Settings) -> Row:
    """The box of a shape, with its outline where the spec asks for it."""
    outline: list[float] = []
    match shape.type:
        case "rectangle":
            points = _numbers(shape, _RECTANGLE)
            if shape.rotation % 360:
                outline = _turned(points, shape.rotation)
                _judge(settings.rotated, "a turned rectangle")
            box = box_around([outline or points])
        case "polygon":
            points = outline = _numbers(shape, _POLYGON)
            box = box_around([points])
            _judge(settings.polygons, "a polygon")
        case "ellipse":
            box = _ellipse(_numbers(shape, _ELLIPSE), shape.rotation)
            _judge(settings.polygons, "an ellipse")
        case "mask":
            left, top, right, bottom = _numbers(shape, _SIDES)[-_SIDES:]
            box = (left, top, right - left + 1, bottom - top + 1)
            _judge(settings.polygons, "a mask")
        case kind:
            raise RegionError(f"a {kind} of `{label}` is no box: draw a rectangle instead")
    x, y, w, h = box
    row: Row = {"label": label, "x": x, "y": y, "w": w, "h": h}
    keeps = settings.rotated == "polygon" if shape.type == "rectangle" else _has_masks(settings)
    return {**row, "mask": orjson.dumps([outline]).decode()} if outline and keeps else row


def _has_masks(settings: Settings) -> bool:
    return settings.polygons == "mask"


def _judge(rule: str, what: str) -> None:
    if rule == "reject":
        raise RejectedError(f"{what} is drawn on it")


def _numbers(shape: Shape, fewest: int) -> list[float]:
    if len(shape.points) < fewest or (shape.type != "mask" and len(shape.points) % 2):
        raise RegionError(f"a {shape.type} has {len(shape.points)} numbers")
    if not all(map(isfinite, (*shape.points, shape.rotation))):
        raise RegionError(f"a {shape.type} has a number that is not finite")
    return shape.points


def _turned(points: list[float], rotation: float) -> list[float]:
    """The corners of a rectangle that is turned clockwise about its centre."""
    x1, y1, x2, y2 = points[:4]
    across, down, angle = (x1 + x2) / 2, (y1 + y2) / 2, radians(rotation)
    corners = ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
    turned = (
        (
            across + (x - across) * cos(angle) - (y - down) * sin(angle),
            down + (x - across) * sin(angle) + (y - down) * cos(angle),
        )
        for x, y in corners
    )
    return [round(side, 3) for corner in turned for side in corner]


def _ellipse(points: list[float], rotation: float) -> tuple[float, float, float, float]:
    """The box around an ellipse: its centre, how far right and how far up it goes, turned."""
    x, y, right, top = points[:4]
    across, up, angle = abs(right - x), abs(y - top), radians(rotation)
    w = hypot(across * cos(angle), up * sin(angle))
    h = hypot(across * sin(angle), up * cos(angle))
    return x - w, y - h, 2 * w, 2 * h
