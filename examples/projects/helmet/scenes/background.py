"""What stands behind the people: sky, ground, buildings, scaffolds, walls, containers."""

import numpy as np
from PIL import Image

from scenes.canvas import SCALE, SIDE, Canvas, canvas_of
from scenes.palette import (
    BRICKS,
    CONTAINERS,
    GROUNDS,
    RUBBLE,
    SCAFFOLDS,
    SKIES,
    WALLS,
    Colour,
    pick,
    shade,
)


def value_noise(rng: np.random.Generator, side: int, cell: int) -> np.ndarray:
    """A smooth random field of `side` x `side` in -0.5..0.5, with bumps about `cell` wide."""
    cells = side // cell + 2
    coarse = Image.fromarray(rng.integers(0, 256, (cells, cells), dtype=np.uint8))
    fine = coarse.resize((cells * cell, cells * cell), Image.Resampling.BICUBIC)
    return np.asarray(fine, np.float32)[:side, :side] / 255 - 0.5


def draw_background(rng: np.random.Generator) -> tuple[Canvas, int]:
    """A fresh canvas with an empty site on it, and the row of its horizon."""
    horizon = int(SIDE * rng.uniform(0.25, 0.6))
    canvas = canvas_of(_sky_and_ground(rng, horizon))
    for draw in pick(rng, SITES):
        draw(canvas, rng, horizon)
    _rubble(canvas, rng, horizon)
    return canvas, horizon


def _sky_and_ground(rng: np.random.Generator, horizon: int) -> np.ndarray:
    sky, ground = pick(rng, SKIES), pick(rng, GROUNDS)
    rows = np.empty((SIDE, 1, 3), np.float32)
    rows[:horizon] = _gradient(sky, 1.0, 1.12, horizon)
    rows[horizon:] = _gradient(ground, 0.95, 1.08, SIDE - horizon)
    half = SIDE // SCALE
    bumps = value_noise(rng, half, 12) * 26 + value_noise(rng, half, 4) * 14
    bumps = bumps.repeat(SCALE, 0).repeat(SCALE, 1)
    bumps[:horizon] *= 0.35
    pixels: np.ndarray = rows + bumps[..., None]
    return pixels


def _gradient(colour: Colour, top: float, bottom: float, count: int) -> np.ndarray:
    factors = np.linspace(top, bottom, count)[:, None, None]
    return np.multiply(factors, colour)


def _buildings(canvas: Canvas, rng: np.random.Generator, horizon: int) -> None:
    left = int(rng.integers(-40, 20))
    while left < SIDE:
        width = int(rng.integers(50, 130))
        top = int(horizon * rng.uniform(0.0, 0.75))
        wall = shade(pick(rng, WALLS), rng.uniform(0.8, 1.1))
        canvas.rectangle((left, top, left + width, horizon + 6), wall)
        for y in range(top + 8, horizon - 8, 18):
            for x in range(left + 6, left + width - 10, 16):
                lit = 0.45 if rng.random() < 0.7 else 1.25
                canvas.rectangle((x, y, x + 8, y + 10), shade(wall, lit))
        left += width + int(rng.integers(0, 30))


def _scaffold(canvas: Canvas, rng: np.random.Generator, horizon: int) -> None:
    steel = pick(rng, SCAFFOLDS)
    bay = int(rng.integers(44, 80))
    for x in range(int(rng.integers(0, bay)), SIDE, bay):
        canvas.line((x, 0, x, horizon + 20), steel, 4)
        canvas.line((x + 2, 0, x + 2, horizon + 20), shade(steel, 1.3), 1)
    for y in range(int(rng.integers(0, 30)), horizon + 10, int(rng.integers(36, 60))):
        canvas.line((0, y, SIDE, y), shade(steel, 0.9), 3)
        canvas.rectangle((0, y + 2, SIDE, y + 7), (134, 104, 66))


def _brick_wall(canvas: Canvas, rng: np.random.Generator, horizon: int) -> None:
    brick = pick(rng, BRICKS)
    canvas.rectangle((0, 0, SIDE, horizon), shade(brick, 0.72))
    for row, y in enumerate(range(0, horizon, 12)):
        for x in range(-24 + (row % 2) * 14, SIDE, 28):
            bottom = min(y + 9, horizon)
            canvas.rectangle((x, y, x + 25, bottom), shade(brick, rng.uniform(0.82, 1.12)))


def _containers(canvas: Canvas, rng: np.random.Generator, horizon: int) -> None:
    for _ in range(int(rng.integers(1, 4))):
        width, height = int(rng.integers(70, 170)), int(rng.integers(40, 90))
        left = int(rng.integers(-30, SIDE - 30))
        top = horizon - height + int(rng.integers(0, 24))
        steel = pick(rng, CONTAINERS)
        canvas.rectangle((left, top, left + width, top + height), steel)
        for x in range(left + 4, left + width, 8):
            canvas.line((x, top + 2, x, top + height - 2), shade(steel, 0.78), 2)
        canvas.rectangle((left, top, left + width, top + 4), shade(steel, 1.2))


def _crane(canvas: Canvas, rng: np.random.Generator, horizon: int) -> None:
    mast, jib = int(rng.integers(30, SIDE - 30)), int(rng.integers(6, max(8, horizon // 3)))
    steel = pick(rng, CONTAINERS)
    reach = int(rng.integers(90, 200)) * (1 if rng.random() < 0.5 else -1)
    for x in (mast, mast + 8):
        canvas.line((x, jib, x, horizon), steel, 2)
    for y in range(jib, horizon, 10):
        canvas.line((mast, y, mast + 8, y + 10), shade(steel, 0.8), 1)
    canvas.line((mast - reach * 0.3, jib + 4, mast + reach, jib + 4), steel, 4)
    hook = mast + reach * rng.uniform(0.4, 0.9)
    canvas.line((hook, jib + 4, hook, jib + (horizon - jib) * 0.5), (60, 60, 64), 1)


def _rubble(canvas: Canvas, rng: np.random.Generator, horizon: int) -> None:
    for _ in range(int(rng.integers(2, 7))):
        x, y = int(rng.integers(0, SIDE)), int(rng.integers(horizon, SIDE))
        width, rise = int(rng.integers(10, 60)), int(rng.integers(0, 10))
        corners = [(x, y), (x + width, y - rise), (x + width + 4, y + 6), (x + 2, y + 10)]
        canvas.polygon(corners, pick(rng, RUBBLE))


SITES = (
    (_buildings,),
    (_crane, _buildings),
    (_buildings, _scaffold),
    (_scaffold,),
    (_brick_wall,),
    (_buildings, _containers),
    (_containers,),
)
