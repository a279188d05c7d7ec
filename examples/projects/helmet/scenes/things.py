"""Things that are no heads: some look like one, some stand in front of one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scenes.canvas import NOBODY, SIDE, Canvas
from scenes.headwear import FACES, Dome, Head, draw_dome
from scenes.modes import Mode
from scenes.palette import (
    POLES,
    RARE_HELMETS,
    SKINS,
    USUAL_HELMETS,
    Colour,
    pick,
    shade,
)

PAINTS = USUAL_HELMETS + RARE_HELMETS[:3]
SIGNS: tuple[Colour, ...] = ((230, 200, 30), (240, 240, 240), (30, 90, 200))


@dataclass(frozen=True)
class Thing:
    """Where a thing is on the canvas, how large, and its paint."""

    x: float
    y: float
    size: float
    colour: Colour

    def at(self, right: float, down: float) -> tuple[float, float]:
        """A point, in sizes from the thing's middle."""
        return self.x + right * self.size, self.y + down * self.size

    def box(
        self, left: float, top: float, right: float, bottom: float
    ) -> tuple[float, float, float, float]:
        """A box, in sizes from the thing's middle."""
        return *self.at(left, top), *self.at(right, bottom)


def draw_things(canvas: Canvas, rng: np.random.Generator, mode: Mode, horizon: int) -> None:
    """Scatter as many things over the site as `mode` has."""
    for _ in range(int(rng.integers(mode.things[0], mode.things[1] + 1))):
        kinds = LOOK_ALIKES if rng.random() < mode.look_alike_things else tuple(THINGS)
        place = rng.uniform(0, SIDE), rng.uniform(horizon * 0.5, SIDE * 0.95)
        thing = Thing(*place, rng.uniform(16, 58), pick(rng, PAINTS))
        THINGS[pick(rng, kinds)](canvas, thing, rng)


def _ball(canvas: Canvas, thing: Thing, _: np.random.Generator) -> None:
    whole = thing.box(-0.5, -0.5, 0.5, 0.5)
    canvas.ellipse(whole, thing.colour)
    canvas.chord(whole, (20, 160), shade(thing.colour, 0.78))
    canvas.ellipse(thing.box(-0.26, -0.32, -0.06, -0.12), shade(thing.colour, 1.3))


def _bucket(canvas: Canvas, thing: Thing, _: np.random.Generator) -> None:
    rim, base = ((-0.32, -0.5), (0.32, -0.5)), ((0.46, 0.5), (-0.46, 0.5))
    canvas.polygon([thing.at(*corner) for corner in rim + base], thing.colour)
    canvas.ellipse(thing.box(-0.46, 0.4, 0.46, 0.6), shade(thing.colour, 0.7))
    canvas.ellipse(thing.box(-0.32, -0.58, 0.32, -0.42), shade(thing.colour, 1.15))


def _unworn_helmet(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    if rng.random() < 0.5:
        canvas.rectangle(thing.box(-0.08, 0, 0.08, 2.4), (96, 74, 52))
    dome = Dome(thing.x, thing.y, thing.size, thing.size * 0.6, pick(rng, FACES), thing.colour)
    draw_dome(canvas, dome, NOBODY)


def _cone(canvas: Canvas, thing: Thing, _: np.random.Generator) -> None:
    canvas.polygon([thing.at(0, -1), thing.at(0.4, 0.4), thing.at(-0.4, 0.4)], (240, 96, 24))
    band = ((-0.14, -0.5), (0.14, -0.5), (0.22, -0.2), (-0.22, -0.2))
    canvas.polygon([thing.at(*corner) for corner in band], (240, 240, 236))
    canvas.rectangle(thing.box(-0.5, 0.36, 0.5, 0.48), (200, 76, 20))


def _sign(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    canvas.rectangle((thing.x - 2, thing.y, thing.x + 2, thing.y + thing.size * 2), (120, 120, 120))
    plate = thing.box(-0.45, -0.45, 0.45, 0.45)
    canvas.ellipse(plate, pick(rng, SIGNS))
    canvas.ring(plate, pick(rng, ((200, 20, 20), (20, 20, 20))), max(2, thing.size * 0.1))


def _lamp(canvas: Canvas, thing: Thing, _: np.random.Generator) -> None:
    canvas.rectangle((thing.x - 2, thing.y, thing.x + 2, thing.y + thing.size * 2.5), (70, 70, 74))
    left, top, right, bottom = thing.box(-0.4, -0.5, 0.4, 0.4)
    canvas.ellipse((left, top, right, bottom), (250, 244, 214))
    canvas.chord((left - 3, top, right + 3, bottom), (180, 360), (80, 84, 90))


def _sack(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    canvas.ellipse(thing.box(-0.4, -0.5, 0.4, 0.5), pick(rng, SKINS))
    canvas.line(thing.box(-0.2, -0.48, 0.2, -0.48), (90, 70, 40), 3)
    for rope in (-0.2, 0.1, 0.3):
        canvas.line(thing.box(-0.36, rope, 0.36, rope + 0.08), (120, 92, 60), 1)


THINGS: dict[str, Callable[[Canvas, Thing, np.random.Generator], None]] = {
    "ball": _ball,
    "bucket": _bucket,
    "helmet": _unworn_helmet,
    "cone": _cone,
    "sign": _sign,
    "lamp": _lamp,
    "sack": _sack,
}
LOOK_ALIKES = ("helmet", "ball", "sack")


def draw_obstacles(canvas: Canvas, rng: np.random.Generator, mode: Mode, heads: list[Head]) -> None:
    """Put poles, planks and nets before the people, most of them before a head."""
    for _ in range(int(rng.integers(mode.obstacles[0], mode.obstacles[1] + 1))):
        x, y, size = rng.uniform(0, SIDE), rng.uniform(0, SIDE), 40.0
        if heads and rng.random() < 0.8:
            head = pick(rng, heads)
            x, y, size = head.x, head.crown, head.height
        draw = pick(rng, (_pole, _plank, _net))
        draw(canvas, Thing(x, y, size, pick(rng, POLES)), rng)


def _pole(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    left = thing.x + rng.uniform(-0.35, 0.35) * thing.size
    right = left + rng.uniform(0.18, 0.42) * thing.size
    canvas.rectangle((left, 0, right, SIDE), thing.colour, NOBODY)
    canvas.line((left + 2, 0, left + 2, SIDE), shade(thing.colour, 1.3), 2)


def _plank(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    top = thing.y + rng.uniform(0.45, 0.95) * thing.size
    bottom = top + rng.uniform(0.25, 0.5) * thing.size
    canvas.rectangle((0, top, SIDE, bottom), thing.colour, NOBODY)
    canvas.line((0, top + 1, SIDE, top + 1), shade(thing.colour, 1.25), 2)


def _net(canvas: Canvas, thing: Thing, _: np.random.Generator) -> None:
    for x in np.arange(thing.x - thing.size, thing.x + thing.size, max(5, thing.size * 0.22)):
        strand = (
            float(x),
            thing.y - thing.size,
            float(x + thing.size / 2),
            thing.y + 2 * thing.size,
        )
        canvas.line(strand, thing.colour, 2)
