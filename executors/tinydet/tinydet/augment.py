"""Training crops: one random window per image, zoomed, flipped and recoloured."""

import math
from dataclasses import dataclass

import torch
from torch.nn import functional
from ymir_kit.pytorch import Objects

from tinydet.dataset import LabelledImages

ZOOM = 1.5  # a window is magnified by at most this, or shrunk by as much
AROUND_OBJECT = 0.75  # share of windows that are placed around an object
VISIBLE = 0.4  # an object counts if so much of it is left in the window
SMALLEST_AREA = 9.0  # square pixels of the crop
LIGHT, CONTRAST, SATURATION, TINT = 0.3, 0.3, 0.4, 0.06  # largest relative changes


class Dice:
    """Random numbers from one generator, whose state a checkpoint can keep."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def unit(self, *shape: int) -> torch.Tensor:
        """Return numbers in 0..1."""
        return torch.rand(*shape, generator=self.generator)

    def around_zero(self, limit: float, *shape: int) -> torch.Tensor:
        """Return numbers in -limit..limit."""
        return (self.unit(*shape) * 2 - 1) * limit

    def order(self, count: int) -> torch.Tensor:
        """Return the numbers 0..count-1, shuffled."""
        return torch.randperm(count, generator=self.generator)


@dataclass(frozen=True)
class _Windows:
    """One square window per image, in pixels of the network's square."""

    centre: torch.Tensor  # (N, 2) x, y
    side: torch.Tensor  # (N,)
    mirror: torch.Tensor  # (N,) -1 for flipped, else 1


def random_crops(
    images: LabelledImages, chosen: torch.Tensor, size: int, dice: Dice
) -> tuple[torch.Tensor, Objects]:
    """Return crops (N, 3, size, size) in 0..1 of the chosen images, and their objects."""
    objects = images.objects.of(chosen)
    pixels = images.pixels[chosen].float().div_(255)
    windows = _random_windows(objects, pixels.shape[-1], size, dice)
    return _recolour(_cut(pixels, windows, size), dice), _objects_in(windows, objects, size)


def _random_windows(objects: Objects, whole: int, size: int, dice: Dice) -> _Windows:
    """Place a window in each image, mostly around one of its objects."""
    count = len(objects.present)
    zoom = torch.exp(dice.around_zero(math.log(ZOOM), count))
    side = (size / zoom).clamp(max=whole)
    # The object with the highest draw is taken: any, with equal chance.
    draws = dice.unit(*objects.present.shape) * objects.present
    picked = objects.boxes[torch.arange(count), draws.argmax(1)]
    beside = (picked[:, :2] + picked[:, 2:]) / 2 + dice.around_zero(0.4, count, 2) * side[:, None]
    anywhere = dice.unit(count, 2) * whole
    has_object = objects.present.any(1)
    is_around = (dice.unit(count) < AROUND_OBJECT) & has_object
    centre = torch.where(is_around[:, None], beside, anywhere)
    margin = side[:, None] / 2
    centre = torch.minimum(torch.maximum(centre, margin), whole - margin)
    mirror = torch.where(dice.unit(count) < 0.5, -1.0, 1.0)
    return _Windows(centre, side, mirror)


def _cut(pixels: torch.Tensor, windows: _Windows, size: int) -> torch.Tensor:
    """Return what is seen through the windows, resampled to `size`."""
    whole = pixels.shape[-1]
    transform = torch.zeros(len(pixels), 2, 3)
    transform[:, 0, 0] = windows.mirror * windows.side / whole
    transform[:, 1, 1] = windows.side / whole
    transform[:, :, 2] = windows.centre / whole * 2 - 1
    shape = [len(pixels), 3, size, size]
    grid = functional.affine_grid(transform, shape, align_corners=False)
    return functional.grid_sample(pixels, grid, padding_mode="border", align_corners=False)


def _objects_in(windows: _Windows, objects: Objects, size: int) -> Objects:
    """Return the objects in pixels of the crops; those mostly outside are not present."""
    zoom = (size / windows.side)[:, None, None]
    mirror = windows.mirror[:, None, None]
    x = (objects.boxes[..., 0::2] - windows.centre[:, None, :1]) * zoom * mirror + size / 2
    y = (objects.boxes[..., 1::2] - windows.centre[:, None, 1:]) * zoom + size / 2
    x = x.sort(-1).values
    whole_area = (x[..., 1] - x[..., 0]) * (y[..., 1] - y[..., 0])
    x, y = x.clamp(0, size), y.clamp(0, size)
    area = (x[..., 1] - x[..., 0]) * (y[..., 1] - y[..., 0])
    is_seen = (area > VISIBLE * whole_area) & (whole_area > SMALLEST_AREA)
    boxes = torch.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], -1)
    return Objects(boxes, objects.labels, objects.present & is_seen)


def _recolour(crops: torch.Tensor, dice: Dice) -> torch.Tensor:
    """Change light, contrast, saturation and tint of each crop by chance."""
    count = len(crops)
    mean = crops.mean((1, 2, 3), keepdim=True)
    contrast = 1 + dice.around_zero(CONTRAST, count, 1, 1, 1)
    crops = (crops - mean) * contrast + mean * (1 + dice.around_zero(LIGHT, count, 1, 1, 1))
    grey = crops.mean(1, keepdim=True)
    crops = grey + (crops - grey) * (1 + dice.around_zero(SATURATION, count, 1, 1, 1))
    return (crops * (1 + dice.around_zero(TINT, count, 3, 1, 1))).clamp_(0, 1)
