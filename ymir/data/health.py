"""The health of a dataset: what is in it, and what may be wrong with it."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from ymir.data.boxes import BoxColumns, box_columns
from ymir.data.findings import Finding, Severity, examined, findings

NEAR = 4  # bits in which the hashes of near duplicates differ, at most

_SIZES = {"small": 0.0, "medium": 32.0**2, "large": 96.0**2}  # pixels, as COCO has them
_SHARES = {
    "up to 0.1 %": 0.0,
    "0.1 to 1 %": 0.001,
    "1 to 10 %": 0.01,
    "10 to 50 %": 0.1,
    "above 50 %": 0.5,
}


@dataclass(frozen=True)
class ClassHealth:
    """One class: its boxes, how many images have one, and its boxes by size."""

    label: str
    boxes: int
    images: int
    small: int
    medium: int
    large: int


@dataclass(frozen=True)
class Bar:
    """So many boxes are of this size."""

    size: str
    boxes: int


@dataclass(frozen=True)
class Health:
    """What a dataset holds; `findings` are what people should look at, the worst first."""

    images: int
    boxes: int
    empty: int
    classes: tuple[ClassHealth, ...]
    sizes: tuple[Bar, ...]
    shares: tuple[Bar, ...]
    findings: tuple[Finding, ...]

    @property
    def worst(self) -> Severity | None:
        """The severity of the worst finding."""
        return self.findings[0].severity if self.findings else None


def health(
    images: pl.DataFrame, *, hashes: pl.Series | None = None, distance: int = NEAR
) -> Health:
    """Look through a dataset; with the perceptual `hashes` of its images also for near duplicates.

    Sizes are COCO's: small is below 32 x 32 pixels, large from 96 x 96; and shares of the image.
    """
    boxes = box_columns(images)
    of = examined(images, boxes, hashes, distance)
    area = np.where(of.sound, boxes.w * boxes.h, 0.0)
    whole = np.maximum(1.0, of.width * of.height)[boxes.row]
    size = np.digitize(area, list(_SIZES.values())) - 1
    share = np.digitize(area / whole, list(_SHARES.values())) - 1
    return Health(
        images=images.height,
        boxes=len(boxes),
        empty=int((images["objects"].list.len().fill_null(0) == 0).sum()),
        classes=_classes(boxes, size),
        sizes=_bars(_SIZES, size),
        shares=_bars(_SHARES, share),
        findings=findings(of),
    )


def as_data(of: Health) -> dict[str, Any]:
    """The same as plain lists and words, for JSON."""
    return asdict(of)


def _classes(
    boxes: BoxColumns, size: np.ndarray[Any, np.dtype[np.int64]]
) -> tuple[ClassHealth, ...]:
    """Every class, that with most boxes first."""
    count = len(boxes.labels)
    by_size = np.bincount(boxes.label * 3 + size, minlength=3 * count).reshape(count, 3)
    each = pl.DataFrame({"row": boxes.row, "label": boxes.label})
    images = dict(each.group_by("label").agg(pl.col("row").n_unique()).iter_rows())
    rows = [
        ClassHealth(label, int(sizes.sum()), images[at], *(int(n) for n in sizes))
        for at, (label, sizes) in enumerate(zip(boxes.labels, by_size, strict=True))
    ]
    return tuple(sorted(rows, key=lambda each: (-each.boxes, each.label)))


def _bars(names: dict[str, float], place: np.ndarray[Any, np.dtype[np.int64]]) -> tuple[Bar, ...]:
    counts = np.bincount(place, minlength=len(names))
    return tuple(Bar(name, int(count)) for name, count in zip(names, counts, strict=True))
