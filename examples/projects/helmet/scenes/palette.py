"""The colours of a building site, and the few ways to vary one."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Colour = tuple[int, int, int]
T = TypeVar("T")

USUAL_HELMETS: tuple[Colour, ...] = ((240, 196, 25), (236, 232, 222), (238, 120, 30))
RARE_HELMETS: tuple[Colour, ...] = (
    (30, 86, 190),
    (28, 140, 66),
    (200, 34, 34),
    (38, 38, 42),
    (120, 60, 150),
    (120, 84, 50),
)
SKINS: tuple[Colour, ...] = (
    (255, 219, 188),
    (236, 188, 150),
    (205, 150, 108),
    (160, 108, 72),
    (112, 74, 48),
    (78, 50, 34),
)
HAIRS: tuple[Colour, ...] = (
    (24, 20, 18),
    (60, 40, 26),
    (98, 66, 36),
    (150, 110, 60),
    (128, 128, 128),
    (170, 64, 30),
)
VESTS: tuple[Colour, ...] = ((255, 120, 0), (200, 240, 20), (255, 90, 30))
SHIRTS: tuple[Colour, ...] = (
    (50, 60, 90),
    (90, 90, 95),
    (120, 60, 50),
    (40, 80, 60),
    (180, 180, 178),
    (60, 50, 44),
    (150, 130, 90),
)
TROUSERS: tuple[Colour, ...] = ((50, 58, 84), (70, 64, 58), (40, 40, 44))
SKIES: tuple[Colour, ...] = (
    (120, 170, 225),
    (165, 190, 215),
    (200, 205, 208),
    (230, 200, 165),
    (150, 160, 175),
)
GROUNDS: tuple[Colour, ...] = (
    (150, 128, 98),
    (128, 124, 118),
    (166, 150, 120),
    (104, 108, 104),
    (120, 100, 78),
    (92, 112, 70),
)
WALLS: tuple[Colour, ...] = (
    (150, 140, 130),
    (120, 110, 104),
    (170, 160, 140),
    (140, 90, 74),
    (100, 108, 118),
)
BRICKS: tuple[Colour, ...] = ((158, 92, 70), (176, 164, 150), (130, 124, 120))
SCAFFOLDS: tuple[Colour, ...] = ((120, 120, 126), (150, 118, 60), (90, 96, 110))
CONTAINERS: tuple[Colour, ...] = (
    (40, 90, 140),
    (160, 60, 44),
    (230, 178, 30),
    (60, 120, 90),
    (190, 190, 186),
)
RUBBLE: tuple[Colour, ...] = ((140, 108, 66), (110, 104, 100), (176, 168, 150), (84, 70, 58))
POLES: tuple[Colour, ...] = ((110, 110, 116), (140, 104, 60), (60, 64, 70), (200, 170, 40))


def pick(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """One of `choices`, each equally likely."""
    return choices[int(rng.integers(len(choices)))]


def shade(colour: Colour, factor: float) -> Colour:
    """`colour` made darker (below 1) or lighter (above 1)."""
    red, green, blue = (max(0, min(255, int(value * factor))) for value in colour)
    return red, green, blue


def vary(rng: np.random.Generator, colour: Colour, spread: float = 8) -> Colour:
    """`colour` as a worn and dusty thing shows it."""
    red, green, blue = np.clip(colour + rng.normal(0, spread, 3), 0, 255).astype(int).tolist()
    return red, green, blue
