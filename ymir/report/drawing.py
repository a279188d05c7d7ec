"""Draws what a model found onto a copy of an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

# Told apart by most people with any colour vision; dark or light text as each needs.
COLOURS = (
    ("#56b4e9", "black"),
    ("#e69f00", "black"),
    ("#009e73", "white"),
    ("#f0e442", "black"),
    ("#d55e00", "white"),
    ("#cc79a7", "black"),
    ("#0072b2", "white"),
    ("#ffffff", "black"),
)
QUALITY = 92
LEAST_SIDE = 800  # pixels


def draw_boxes(
    image: Path, objects: Sequence[Mapping[str, Any]], classes: Sequence[str], into: Path
) -> None:
    """Write `image` with its objects, their labels and scores to `into`, in its own format."""
    with Image.open(image) as opened:
        drawn(opened.convert("RGB"), objects, classes).save(into, quality=QUALITY)


def drawn(
    image: Image.Image, objects: Sequence[Mapping[str, Any]], classes: Sequence[str]
) -> Image.Image:
    """A copy of an image with its objects, their labels and scores.

    A small image is enlarged, so that the labels can be read and do not hide it.
    """
    times = max(1, LEAST_SIDE // max(image.size))
    picture = image.resize((image.width * times, image.height * times))
    draw = ImageDraw.Draw(picture)
    width = max(3, round(max(picture.size) / 300))
    font = ImageFont.load_default(max(11, round(max(picture.size) / 56)))
    for each in reversed(objects):  # the surest on top
        colour, ink = COLOURS[classes.index(each["label"]) % len(COLOURS)]
        left, top, wide, high = (each[side] * times for side in "xywh")
        draw.rectangle((left, top, left + wide, top + high), None, colour, width)
        score = each["score"]  # which truth has not
        said = str(each["label"]) if score is None else f"{each['label']} {score:.2f}"
        place = _above(draw.textbbox((left, top), said, font), picture.size)
        draw.rectangle(place, colour)
        draw.text((place[0] + 2, place[1]), said, ink, font)
    return picture


def _above(
    text: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Where the label's plate goes: on top of the box, or as near as the picture allows."""
    left, top, right, bottom = text
    wide, high = right - left + 4, bottom - top + 5
    x = min(max(0, left), max(0, size[0] - wide))
    y = max(0, top - high)
    return (x, y, x + wide, y + high)
