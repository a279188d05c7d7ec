"""Images and their objects as batches of tensors, read by worker processes ahead of the GPU."""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.utils.data import DataLoader, Dataset
from ymir_kit.annotations import LabelledBox, fit, read_annotation
from ymir_kit.contract import LabelledLine
from ymir_kit.errors import Code, ExecutorError
from ymir_kit.images import read_picture
from ymir_kit.pytorch import Objects, padded

LOG = logging.getLogger("rtdetr")
SMALLEST = 1.0  # pixels of the square; what is thinner after clipping is no object
PREFETCH = 4  # batches that each worker has ready


@dataclass(frozen=True)
class Batch:
    """N images in the network's square, and how to get back to their own pixels."""

    pixels: torch.Tensor  # (N, 3, S, S) uint8
    objects: Objects
    scales: torch.Tensor  # (N,) pixels of the square for one of the image
    sizes: torch.Tensor  # (N, 2) width and height of the image

    def pin_memory(self) -> "Batch":
        """Return the batch in memory from which the GPU copies while it calculates."""
        return Batch(self.pixels.pin_memory(), self.objects, self.scales, self.sizes)


@dataclass(frozen=True)
class Sample:
    """An image to read, and the objects that are known in it."""

    image: Path
    boxes: tuple[LabelledBox, ...] = ()


class Pictures(Dataset):
    """Reads samples into the network's square; what cannot be read is handed on as its error."""

    def __init__(self, samples: Sequence[Sample], size: int) -> None:
        self._samples = samples
        self._size = size

    def __len__(self) -> int:
        return len(self._samples)

    def __getitems__(self, chosen: Sequence[int]) -> list[Batch | ExecutorError]:
        """Return one batch, in a list as torch wants it."""
        try:
            return [self._batch([self._samples[index] for index in chosen])]
        except ExecutorError as error:  # raised here, torch would lose its code
            return [error]

    def _batch(self, samples: Sequence[Sample]) -> Batch:
        """Return the images of some samples as one tensor."""
        pixels = torch.empty(len(samples), 3, self._size, self._size, dtype=torch.uint8)
        rows, scales, sizes = [], [], []
        for number, sample in enumerate(samples):
            picture = read_picture(sample.image, self._size)
            pixels[number] = torch.from_numpy(picture.pixels).permute(2, 0, 1)
            size = (picture.width, picture.height)
            rows.append(fit(sample.boxes, size, picture.scale, SMALLEST))
            scales.append(picture.scale)
            sizes.append(size)
        return Batch(pixels, padded(rows), torch.tensor(scales), torch.tensor(sizes))


def read_samples(
    lines: Sequence[LabelledLine], annotation_format: str, class_names: Sequence[str]
) -> list[Sample]:
    """Return the images of an index with their objects; no pixel is read yet."""
    return [
        Sample(line.image, read_annotation(line.annotation, annotation_format, class_names))
        for line in lines
    ]


def require_objects(samples: Sequence[Sample]) -> None:
    """Refuse a training set in which there is nothing to learn."""
    if not samples:
        raise ExecutorError(Code.DATASET, "the training index names no image")
    if not any(sample.boxes for sample in samples):
        raise ExecutorError(Code.DATASET, "no image of the training index has an object")


def digest(samples: Sequence[Sample]) -> str:
    """Return a hash of names, bytes counted and objects: it reads no image."""
    found = hashlib.blake2b(digest_size=16)
    for sample in samples:
        try:
            length = sample.image.stat().st_size
        except OSError as error:
            raise ExecutorError(Code.IMAGE, f"cannot read `{sample.image}`: {error}") from error
        found.update(f"{sample.image.name} {length} {sample.boxes}\n".encode())
    return found.hexdigest()


def batches(
    samples: Sequence[Sample],
    size: int,
    order: Sequence[Sequence[int]] | Iterator[Sequence[int]],
    *,
    workers: int,
    is_pinned: bool,
) -> Iterator[Batch]:
    """Yield the batches that `order` names, read ahead by the workers."""
    loader = DataLoader(
        Pictures(samples, size),
        batch_sampler=order,
        num_workers=workers,
        collate_fn=_only,
        pin_memory=is_pinned,
        prefetch_factor=PREFETCH if workers else None,
    )
    for batch in loader:
        if isinstance(batch, ExecutorError):
            raise batch
        yield batch


def in_order(count: int, batch_size: int) -> list[range]:
    """Return the indices of all samples, a batch at a time."""
    return [range(start, min(start + batch_size, count)) for start in range(0, count, batch_size)]


def _only(items: Sequence[Batch | ExecutorError]) -> Batch | ExecutorError:
    return items[0]
