"""What is on a head: a helmet, or hair and hats that a hasty eye takes for one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scenes.canvas import Box, Canvas
from scenes.palette import Colour, pick, shade

BADGES: tuple[Colour, ...] = ((255, 255, 255), (30, 60, 140), (180, 20, 20))
FACES = ("front", "front", "left", "right", "back")
HELMET = "helmet"
HAIR = "hair"
UPPER_HALF = (180, 360)

# How far a brim reaches to the left and to the right of the middle, in widths of the dome.
BRIMS = {"front": (0.60, 0.60), "back": (0.52, 0.52), "left": (0.74, 0.50), "right": (0.50, 0.74)}


@dataclass(frozen=True)
class Head:
    """Where a head is, in pixels of the canvas, which way it looks, and what it wears."""

    x: float
    crown: float
    height: float
    face: str
    wears: str
    colour: Colour
    skin: Colour
    hair: Colour

    @property
    def width(self) -> float:
        """From ear to ear."""
        return self.height * 0.78

    @property
    def chin(self) -> float:
        """The row of the chin."""
        return self.crown + self.height

    def at(self, right: float, down: float) -> tuple[float, float]:
        """A point in shares of the head: widths from its middle, heights from its crown."""
        return self.x + right * self.width, self.crown + down * self.height

    def box(self, left: float, top: float, right: float, bottom: float) -> Box:
        """A box in shares of the head, as `at` counts them."""
        return *self.at(left, top), *self.at(right, bottom)


@dataclass(frozen=True)
class Dome:
    """A helmet by itself: the middle of its brim, the size of its shell, where it points."""

    x: float
    y: float
    width: float
    height: float
    face: str
    colour: Colour


def draw_dome(canvas: Canvas, dome: Dome, owner: int) -> None:
    """A helmet, worn or not."""
    x, y, width, height, colour = dome.x, dome.y, dome.width, dome.height, dome.colour

    def part(left: float, right: float, reach: float) -> Box:
        return x + left * width, y - reach * height, x + right * width, y + reach * height

    canvas.chord(part(-0.5, 0.5, 1), UPPER_HALF, colour, owner)
    canvas.chord(part(-0.1, 0.5, 0.99), UPPER_HALF, shade(colour, 0.86))
    canvas.chord(part(-0.36, 0.22, 0.97), UPPER_HALF, colour)
    for ridge in (-0.13, 0.0, 0.13):
        box = (x + (ridge - 0.07) * width, y - height, x + (ridge + 0.07) * width, y + 0.7 * height)
        canvas.arc(box, (200, 340), shade(colour, 0.72), width * 0.03)
    shine = (x - width * 0.30, y - height * 0.82, x - width * 0.12, y - height * 0.50)
    canvas.ellipse(shine, shade(colour, 1.35))
    left, right = BRIMS[dome.face]
    brim = (x - left * width, y - height * 0.12, x + right * width, y + height * 0.16)
    canvas.rounded(brim, height * 0.12, shade(colour, 0.80), owner)
    edge = (brim[0] + 2, brim[1] + 1, brim[2] - 2, brim[1] + 1)
    canvas.line(edge, shade(colour, 1.1), height * 0.07)


def _helmet(canvas: Canvas, head: Head, owner: int, rng: np.random.Generator) -> None:
    brim = head.crown + head.height * 0.34
    width, height = head.width * 1.16, head.height * 0.46
    dome = Dome(head.x, brim, width, height, head.face, head.colour)
    if rng.random() < 0.2:
        muffs = pick(rng, ((30, 30, 30), (200, 40, 30)))
        for side in (-0.5, 0.5):
            canvas.ellipse(head.box(side - 0.14, 0.36, side + 0.14, 0.66), muffs)
    draw_dome(canvas, dome, owner)
    if rng.random() < 0.35 and head.height > 26:
        canvas.rectangle(head.box(-0.09, 0.09, 0.09, 0.20), pick(rng, BADGES))


def _cap(canvas: Canvas, head: Head, owner: int, _: np.random.Generator) -> None:
    colour = head.colour
    canvas.chord(head.box(-0.53, -0.06, 0.53, 0.70), UPPER_HALF, colour, owner)
    canvas.arc(head.box(-0.1, -0.06, 0.1, 0.66), UPPER_HALF, shade(colour, 0.75), 1)
    peaks = {
        "front": (-0.34, 0.28, 0.34, 0.40),
        "back": (-0.20, 0.30, 0.20, 0.34),
        "left": (-0.98, 0.26, -0.30, 0.36),
        "right": (0.30, 0.26, 0.98, 0.36),
    }
    canvas.rounded(head.box(*peaks[head.face]), 2, shade(colour, 0.68), owner)


def _beanie(canvas: Canvas, head: Head, owner: int, _: np.random.Generator) -> None:
    colour = head.colour
    canvas.chord(head.box(-0.54, -0.14, 0.54, 0.74), (188, 352), colour, owner)
    canvas.rounded(head.box(-0.54, 0.16, 0.54, 0.34), 3, shade(colour, 0.8))
    for rib in range(-3, 4):
        canvas.line(head.box(rib * 0.14, 0, rib * 0.15, 0.32), shade(colour, 0.88), 1)


def _hood(canvas: Canvas, head: Head, owner: int, _: np.random.Generator) -> None:
    around_head = head.box(-0.66, -0.12, 0.66, 1.16)
    if head.face == "back":
        canvas.ellipse(around_head, head.colour, owner)
        return
    canvas.arc(around_head, (140, 400), head.colour, head.height * 0.2)
    canvas.claim_chord(around_head, (140, 400), owner)


def _bald(canvas: Canvas, head: Head, _: int, __: np.random.Generator) -> None:
    canvas.ellipse(head.box(-0.18, 0.08, 0.06, 0.2), shade(head.skin, 1.15))


def _hair(canvas: Canvas, head: Head, owner: int, rng: np.random.Generator) -> None:
    canvas.chord(head.box(-0.53, -0.05, 0.53, 0.72), (190, 350), head.hair, owner)
    if rng.random() < 0.2:
        _locks(canvas, head)


def _long_hair(canvas: Canvas, head: Head, owner: int, _: np.random.Generator) -> None:
    canvas.chord(head.box(-0.53, -0.05, 0.53, 0.72), (190, 350), head.hair, owner)
    _locks(canvas, head)


def _dyed_hair(canvas: Canvas, head: Head, owner: int, _: np.random.Generator) -> None:
    canvas.chord(head.box(-0.55, -0.07, 0.55, 0.72), (186, 354), head.colour, owner)


def _locks(canvas: Canvas, head: Head) -> None:
    for box in (head.box(-0.54, 0.25, -0.34, 1.05), head.box(0.34, 0.25, 0.54, 1.05)):
        canvas.rounded(box, 2, head.hair)


HEADWEAR: dict[str, Callable[[Canvas, Head, int, np.random.Generator], None]] = {
    HELMET: _helmet,
    "cap": _cap,
    "beanie": _beanie,
    "hood": _hood,
    "bald": _bald,
    HAIR: _hair,
    "long": _long_hair,
    "dyed": _dyed_hair,
}
