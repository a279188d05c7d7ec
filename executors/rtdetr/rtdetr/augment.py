"""Training images, changed by chance: kornia moves, flips and recolours batches on the GPU."""

import torch
from kornia.augmentation import (
    AugmentationSequential,
    ColorJiggle,
    RandomAffine,
    RandomHorizontalFlip,
)
from ymir_kit.pytorch import Objects

SHIFT = 0.15  # of the side
ZOOM = (0.6, 1.6)
LIGHT, CONTRAST, SATURATION, HUE = 0.25, 0.25, 0.4, 0.03
VISIBLE = 0.3  # an object counts if so much of it is left
SMALLEST = 2.0  # pixels
GREY = 114 / 255  # what fills the part that the image leaves empty


class Augmentation:
    """Changes of a strength in 0..1; the random numbers are torch's own, seeded by the caller."""

    def __init__(self, strength: float) -> None:
        self._change = AugmentationSequential(
            RandomHorizontalFlip(p=0.5),
            RandomAffine(
                0.0,
                translate=(SHIFT, SHIFT),
                scale=ZOOM,
                padding_mode="fill",
                fill_value=torch.full((3,), GREY),
                p=0.8 * strength,
            ),
            ColorJiggle(LIGHT, CONTRAST, SATURATION, HUE, p=0.8 * strength),
            data_keys=["input", "bbox_xyxy"],
        )
        self._is_on = strength > 0

    @torch.no_grad()
    def __call__(
        self, pixels: torch.Tensor, objects: Objects
    ) -> tuple[torch.Tensor, list[dict[str, torch.Tensor]]]:
        """Return images (N, 3, S, S) in 0..1 and the labels that transformers wants with them."""
        boxes, present = objects.boxes, objects.present
        if self._is_on:
            # Padding gets a box, too, as the library refuses empty ones.
            filler = boxes.new_tensor([0.0, 0.0, 2.0, 2.0])
            boxes = torch.where(present[..., None], boxes, filler)
            pixels, boxes = self._change(pixels, boxes)
        boxes, is_seen = _clipped(boxes.float(), pixels.shape[-1])
        return pixels.clamp(0, 1), labels(
            boxes, objects.labels, present & is_seen, pixels.shape[-1]
        )


def labels(
    boxes: torch.Tensor, classes: torch.Tensor, present: torch.Tensor, side: int
) -> list[dict[str, torch.Tensor]]:
    """Return each image's classes and boxes, as centre, width and height in shares of the side."""
    centre = (boxes[..., :2] + boxes[..., 2:]) / (2 * side)
    extent = (boxes[..., 2:] - boxes[..., :2]) / side
    places = torch.cat([centre, extent], -1)
    rows = zip(places, classes, present, strict=True)
    return [{"boxes": place[kept], "class_labels": label[kept]} for place, label, kept in rows]


def _clipped(boxes: torch.Tensor, side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return boxes cut at the square's edges, and which of them still show their object."""
    inside = boxes.clamp(0, side)
    whole, left = _sides(boxes), _sides(inside)
    is_seen = (left.prod(-1) > VISIBLE * whole.prod(-1)) & (left.amin(-1) >= SMALLEST)
    return inside, is_seen


def _sides(boxes: torch.Tensor) -> torch.Tensor:
    return boxes[..., 2:] - boxes[..., :2]
