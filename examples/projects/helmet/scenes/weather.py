"""What the camera and the weather do to a finished picture."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

from scenes.background import value_noise
from scenes.canvas import SIZE
from scenes.palette import pick

LAMP_TINTS = ((1.0, 0.9, 0.7), (0.8, 0.9, 1.1), (0.95, 1.0, 0.85))
Effect = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def photograph(
    picture: Image.Image, weather: str, shot: np.random.Generator, frame: np.random.Generator
) -> Image.Image:
    """`picture` as a camera saw it; what lasts comes from `shot`, the noise from `frame`."""
    effect, grain = WEATHERS[weather]
    pixels = effect(np.asarray(picture, np.float32), shot)
    contrast, light = shot.uniform(0.85, 1.12), shot.uniform(0.85, 1.15) * frame.uniform(0.98, 1.02)
    tint = shot.uniform(0.94, 1.06, 3).astype(np.float32)
    pixels = ((pixels - 128) * contrast + 128 * light) * tint
    noise = frame.standard_normal(pixels.shape, dtype=np.float32)
    pixels = pixels + noise * shot.uniform(*grain)
    seen = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    if shot.random() < 0.3:
        return seen.filter(ImageFilter.GaussianBlur(shot.uniform(0.3, 0.8)))
    return seen


def _clear(pixels: np.ndarray, _: np.random.Generator) -> np.ndarray:
    return pixels


def _night(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    light = np.full((SIZE, SIZE), rng.uniform(0.18, 0.30), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(0, SIZE), rng.uniform(0, SIZE * 0.8)
        reach = rng.uniform(0.10, 0.28) * SIZE
        distance = (columns - x) ** 2 + (rows - y) ** 2
        light += rng.uniform(0.25, 0.7) * np.exp(-distance / (2 * reach**2))
    return pixels * light[..., None] * np.array(pick(rng, LAMP_TINTS), np.float32)


def _fog(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    haze = (rng.uniform(0.45, 0.65) + value_noise(rng, SIZE, 30) * 0.25)[..., None]
    return _smear(pixels * (1 - haze) + 205 * haze, int(rng.integers(2, 4)))


def _smear(pixels: np.ndarray, length: int) -> np.ndarray:
    padded = np.pad(pixels, ((0, 0), (length, 0), (0, 0)), mode="edge")
    views = [padded[:, start : start + SIZE] for start in range(1, length + 1)]
    smeared: np.ndarray = np.mean(views, axis=0)
    return smeared


def _infrared(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    grey = pixels @ np.array((0.299, 0.587, 0.114), np.float32)
    if rng.random() < 0.25:
        grey = 255 - grey
    axis = np.linspace(-1, 1, SIZE, dtype=np.float32) ** 2
    vignette = 1.05 - 0.45 * (axis[:, None] + axis[None])
    return np.repeat((grey * vignette)[..., None], 3, 2)


# Each weather's effect, and the strength of its sensor noise from least to most.
WEATHERS: dict[str, tuple[Effect, tuple[float, float]]] = {
    "clear": (_clear, (1.5, 4)),
    "night": (_night, (6, 9)),
    "fog": (_fog, (1.5, 4)),
    "infrared": (_infrared, (4, 7)),
}
