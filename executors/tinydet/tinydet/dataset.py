"""A labelled data set as tensors, small enough to stay in memory."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from ymir_kit.annotations import fit, read_annotation
from ymir_kit.contract import LabelledLine
from ymir_kit.errors import Code, ExecutorError
from ymir_kit.images import read_pictures
from ymir_kit.pytorch import Objects, padded

LOG = logging.getLogger("tinydet")
SMALLEST = 1.0  # pixels of the square; what is thinner after clipping is no object


@dataclass(frozen=True)
class LabelledImages:
    """N images in the network's square, with their objects in pixels of that square."""

    pixels: torch.Tensor  # (N, 3, S, S) uint8
    objects: Objects

    def __len__(self) -> int:
        return len(self.pixels)

    def digest(self) -> str:
        """Return a hash of every pixel and box."""
        parts = (self.pixels, self.objects.boxes, self.objects.labels, self.objects.present)
        digest = hashlib.blake2b(digest_size=16)
        for part in parts:
            digest.update(part.contiguous().numpy())
        return digest.hexdigest()


def read_labelled_images(
    lines: Sequence[LabelledLine],
    annotation_format: str,
    class_names: Sequence[str],
    size: int,
    threads: int,
) -> LabelledImages:
    """Return the images and objects an index names."""
    found = [read_annotation(line.annotation, annotation_format, class_names) for line in lines]
    pixels = torch.empty(len(lines), 3, size, size, dtype=torch.uint8)
    fitted = []
    pictures = read_pictures([line.image for line in lines], size, threads)
    for number, picture in enumerate(pictures):
        pixels[number] = torch.from_numpy(picture.pixels).permute(2, 0, 1)
        size = (picture.width, picture.height)
        fitted.append(fit(found[number], size, picture.scale, SMALLEST))
    dropped = sum(map(len, found)) - sum(map(len, fitted))
    if dropped:
        LOG.warning("left out %d boxes that lie outside their image or are too thin", dropped)
    return LabelledImages(pixels, padded(fitted))


def require_objects(images: LabelledImages) -> None:
    """Refuse a training set in which there is nothing to learn."""
    if not len(images):
        raise ExecutorError(Code.DATASET, "the training index names no image")
    if not images.objects.present.any():
        raise ExecutorError(Code.DATASET, "no image of the training index has an object")
