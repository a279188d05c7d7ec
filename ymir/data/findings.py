"""What may be wrong with the images and boxes of a dataset, one check per function."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from ymir.data.boxes import BoxColumns, Mask, Rows, twins
from ymir.data.near import groups

Severity = Literal["error", "warning", "note"]
Unit = Literal["image", "box", "class", "group of images"]

TWINS = 0.95  # intersection over union of two boxes around one thing

_EXAMPLES = 5
_SLACK = 0.5  # pixels: what rounding may move an edge
_TINY = 4  # pixels
_LONG, _UNUSUAL = 10.0, 4.0
_RARE = 0.05  # of the boxes of the class that has most
_CROWDED = 100  # boxes of one class: what the judge looks at in one image
_WHOLE = 0.98  # of the image
_SMALL_SIDE = 32  # pixels
_NARROW, _FAR_OFF = 4.0, 16.0


@dataclass(frozen=True)
class Example:
    """Where to look; `what` is seen there."""

    image: str
    file: str
    what: str


@dataclass(frozen=True)
class Finding:
    """Something that `count` of a dataset's images or boxes have, and what it means."""

    name: str
    severity: Severity
    count: int
    of: Unit
    means: str
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Examined:
    """A table, its boxes as columns, and what the checks share.

    `sound` are the boxes that are finite and have an area. `alike` names, for each image, the
    first of its near duplicates; without hashes it is None.
    """

    images: pl.DataFrame
    boxes: BoxColumns
    sound: Mask
    width: npt.NDArray[np.float64]
    height: npt.NDArray[np.float64]
    alike: Rows | None


def examined(
    images: pl.DataFrame, boxes: BoxColumns, hashes: pl.Series | None, distance: int
) -> Examined:
    """Prepare a table for the checks."""
    finite = np.isfinite(boxes.x) & np.isfinite(boxes.y)
    sound = finite & np.isfinite(boxes.w) & np.isfinite(boxes.h) & (boxes.w > 0) & (boxes.h > 0)
    width, height = (images[side].cast(pl.Float64).to_numpy() for side in ("width", "height"))
    alike = None if hashes is None else _alike(hashes, distance)
    return Examined(images, boxes, sound, width, height, alike)


def findings(of: Examined) -> tuple[Finding, ...]:
    """Everything that was found, the worst first."""
    found = [each for check in _CHECKS for each in check(of)]
    order: tuple[Severity, ...] = ("error", "warning", "note")
    return tuple(sorted(found, key=lambda each: order.index(each.severity)))


def _broken(of: Examined) -> Iterator[Finding]:
    means = "not a number, or without an area: nothing can be learned from such a box"
    yield from _boxes(of, "broken box", "error", ~of.sound, means)


def _outside(of: Examined) -> Iterator[Finding]:
    b, width, height = of.boxes, of.width[of.boxes.row], of.height[of.boxes.row]
    is_in = (b.x >= -_SLACK) & (b.y >= -_SLACK)
    is_in &= (b.x + b.w <= width + _SLACK) & (b.y + b.h <= height + _SLACK)
    means = "reaches out of its image: was the image resized, or turned, after it was labelled?"
    yield from _boxes(of, "box out of range", "error", of.sound & ~is_in, means)


def _tiny(of: Examined) -> Iterator[Finding]:
    is_tiny = of.sound & ((of.boxes.w < _TINY) | (of.boxes.h < _TINY))
    means = f"less than {_TINY} pixels wide or high: often a slip of the mouse; hard to learn from"
    yield from _boxes(of, "tiny box", "warning", is_tiny, means)


def _odd_aspect(of: Examined) -> Iterator[Finding]:
    b = of.boxes
    with np.errstate(all="ignore"):
        aspect = np.where(of.sound, np.maximum(b.w / b.h, b.h / b.w), 1.0)
    usual = _medians(aspect, b.label, of.sound & ~b.crowd, len(b.labels))
    is_odd = of.sound & ~b.crowd & (aspect > _LONG) & (aspect > _UNUSUAL * usual[b.label])
    means = (
        f"more than {_LONG:.0f} times as long as wide, and {_UNUSUAL:.0f} times as elongated as "
        "its class usually is"
    )
    yield from _boxes(of, "suspicious aspect", "note", is_odd, means)


def _whole(of: Examined) -> Iterator[Finding]:
    area = of.width[of.boxes.row] * of.height[of.boxes.row]
    is_whole = of.sound & (of.boxes.w * of.boxes.h > _WHOLE * area) & (area > 0)
    means = "covers the whole image: often a label of the image that was taken for a box"
    yield from _boxes(of, "box around everything", "note", is_whole, means)


def _twins(of: Examined) -> Iterator[Finding]:
    same, other = twins(of.boxes, of.sound & ~of.boxes.crowd, iou=TWINS)
    means = "one thing has two labels: the model is taught both, and can only get one right"
    yield from _boxes(of, "label conflict", "error", other >= 0, means, other)
    means = "one thing is boxed twice: the model is taught to find it twice"
    yield from _boxes(of, "duplicate box", "warning", same >= 0, means)


def _crowded(of: Examined) -> Iterator[Finding]:
    b = of.boxes
    each, count = np.unique(b.row * len(b.labels) + b.label, return_counts=True)
    rows = np.unique(each[count > _CROWDED] // max(1, len(b.labels)))
    means = f"the judge looks at the {_CROWDED} surest boxes of a class in an image, not at more"
    yield from _images(of, "crowded image", "note", rows, means)


def _unlabelled(of: Examined) -> Iterator[Finding]:
    rows = np.flatnonzero(of.images["objects"].list.len().fill_null(0).to_numpy() == 0)
    is_most = 2 * len(rows) > of.images.height
    means = "no box at all: a true negative, or an image that nobody has labelled yet"
    yield from _images(of, "empty image", "warning" if is_most else "note", rows, means)


def _odd_size(of: Examined) -> Iterator[Finding]:
    if of.images.is_empty():
        return
    short, long = np.minimum(of.width, of.height), np.maximum(of.width, of.height)
    pixels = of.width * of.height
    usual = float(np.median(pixels))
    is_odd = (short < _SMALL_SIDE) | (long > _NARROW * short)
    is_odd |= (pixels > _FAR_OFF * usual) | (pixels * _FAR_OFF < usual)
    means = (
        f"narrower than {_SMALL_SIDE} pixels or than a quarter of its length, or "
        f"{_FAR_OFF:.0f} times as large or small as usual: is it from elsewhere?"
    )
    yield from _images(of, "odd image size", "note", np.flatnonzero(is_odd), means)


def _imbalance(of: Examined) -> Iterator[Finding]:
    count = np.bincount(of.boxes.label, minlength=len(of.boxes.labels))
    if not len(count):
        return
    most = int(count.argmax())
    rare = np.flatnonzero(count < _RARE * count[most])
    if len(rare):
        names = [of.boxes.labels[label] for label in rare[np.argsort(count[rare], kind="stable")]]
        listed = ", ".join(f"`{name}`" for name in names[:_EXAMPLES])
        more = f" and {len(names) - _EXAMPLES} more" if len(names) > _EXAMPLES else ""
        means = (
            f"{listed}{more}: fewer than {_RARE:.0%} of the boxes of `{of.boxes.labels[most]}`, "
            "so they are learned last; `sample` with a balance, or mining, evens it out"
        )
        rows = np.flatnonzero(np.isin(of.boxes.label, rare))
        yield Finding("class imbalance", "note", len(rare), "class", means, _shown(of, rows))


def _near(of: Examined) -> Iterator[Finding]:
    if of.alike is None:
        return
    copies = np.flatnonzero(of.alike != np.arange(len(of.alike)))
    if not len(copies):
        return
    means = "looks like another image, by its perceptual hash; `dedupe` keeps one of each group"
    shown = tuple(
        _example(of.images, row, f"like `{of.images['file'][first]}`")
        for row, first in zip(copies[:_EXAMPLES].tolist(), of.alike[copies].tolist(), strict=False)
    )
    yield Finding("near duplicate", "note", len(copies), "image", means, shown)
    yield from _disagreeing(of, of.alike, copies)


def _disagreeing(of: Examined, alike: Rows, copies: Rows) -> Iterator[Finding]:
    """Copies whose labels are not those of the first of their group."""
    first = alike[copies]
    differ = np.flatnonzero((_said(of, copies) != _said(of, first)).to_numpy())
    if not len(differ):
        return
    groups_of, at = np.unique(first[differ], return_index=True)
    pairs = [(copies[each], first[each]) for each in differ[at][:_EXAMPLES].tolist()]
    shown = tuple(
        _example(
            of.images,
            row,
            f"{_labels(of, row)}; `{of.images['file'][int(other)]}` has {_labels(of, other)}",
        )
        for row, other in pairs
    )
    means = "near duplicates with different labels: if they show the same, one of them is wrong"
    unit: Unit = "group of images"
    yield Finding("near duplicates disagree", "warning", len(groups_of), unit, means, shown)


def _said(of: Examined, rows: Rows) -> pl.Series:
    """The labels on each of the images, as one text."""
    labels = pl.element().struct.field("label")
    sorted_labels = pl.col("objects").list.eval(labels.sort()).list.join("\n")
    return of.images[rows].select(sorted_labels.fill_null("")).to_series()


def _labels(of: Examined, row: int) -> str:
    """`2 car, 1 person`, or `no box`."""
    count = Counter(_said(of, np.array([row]))[0].split("\n"))
    return ", ".join(f"{n} {label}" for label, n in count.items() if label) or "no box"


_CHECKS: Sequence[Callable[[Examined], Iterator[Finding]]] = (
    _broken,
    _outside,
    _twins,
    _near,
    _tiny,
    _unlabelled,
    _imbalance,
    _odd_aspect,
    _whole,
    _crowded,
    _odd_size,
)


def _alike(hashes: pl.Series, distance: int) -> Rows:
    """For each image the first that it is near to; one that says nothing is near to none."""
    alike = np.arange(len(hashes))
    rows = np.flatnonzero(hashes.is_not_null().to_numpy())
    alike[rows] = rows[groups(hashes.drop_nulls().to_numpy(), distance=distance)]
    return alike


def _medians(
    values: npt.NDArray[np.float64], label: Rows, among: Mask, labels: int
) -> npt.NDArray[np.float64]:
    """The median of each class."""
    chosen = pl.DataFrame({"label": label[among], "value": values[among]})
    found = np.ones(labels)
    for each, median in chosen.group_by("label").median().iter_rows():
        found[each] = median
    return found


def _boxes(
    of: Examined,
    name: str,
    severity: Severity,
    which: Mask,
    means: str,
    beside: Rows | None = None,
) -> Iterator[Finding]:
    rows = np.flatnonzero(which)
    if len(rows):
        yield Finding(name, severity, len(rows), "box", means, _shown(of, rows, beside))


def _images(
    of: Examined, name: str, severity: Severity, rows: Rows, means: str
) -> Iterator[Finding]:
    if len(rows):
        first = rows[:_EXAMPLES].tolist()
        shown = tuple(_example(of.images, row, _size(of, row)) for row in first)
        yield Finding(name, severity, len(rows), "image", means, shown)


def _shown(of: Examined, rows: Rows, beside: Rows | None = None) -> tuple[Example, ...]:
    """The first boxes, of different images."""
    images, first = np.unique(of.boxes.row[rows], return_index=True)
    shown = []
    for image, at in list(zip(images.tolist(), first.tolist(), strict=True))[:_EXAMPLES]:
        what = _box(of, rows[at])
        if beside is not None:
            what += f", and {_box(of, beside[rows[at]])}"
        shown.append(_example(of.images, image, what))
    return tuple(shown)


def _box(of: Examined, row: int) -> str:
    b = of.boxes
    where = f"{b.w[row]:g} x {b.h[row]:g} at {b.x[row]:g}, {b.y[row]:g}"
    return f"`{b.labels[b.label[row]]}` {where}"


def _size(of: Examined, row: int) -> str:
    return f"{of.width[row]:.0f} x {of.height[row]:.0f} pixels"


def _example(images: pl.DataFrame, row: int, what: str) -> Example:
    return Example(str(images["image"][int(row)]), str(images["file"][int(row)]), what)
