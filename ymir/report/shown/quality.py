"""Where the model is good and where it is not: classes, confusion, slices, scores, labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ymir.metrics.scores import Band


@dataclass(frozen=True)
class ClassRow:
    """One class on the testing set. Counts are at the scores' threshold."""

    label: str
    ap50: Band | None
    before: float | None
    change: float | None
    floor: float | None
    room: float | None
    testing: int
    training: int
    found: int
    invented: int
    missed: int


@dataclass(frozen=True)
class ClassCurve:
    """Precision at recall 0, .01 … 1 of one class, now and a round ago."""

    label: str
    ap50: float
    precision: tuple[float, ...]
    before: tuple[float, ...] | None
    at: tuple[float, float] | None  # recall and precision at the scores' threshold
    score: tuple[float, ...] = ()  # the score that reaches each recall


@dataclass(frozen=True)
class Cell:
    """How often one truth was called something; `share` is of its row."""

    count: int
    share: float
    is_right: bool


@dataclass(frozen=True)
class Confusion:
    """Truth by prediction, background last."""

    predicted: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    left_out: int  # classes that are not shown


@dataclass(frozen=True)
class SliceRow:
    """How the model does on a part of the testing set."""

    kind: Literal["size", "tag", "attribute", "declared"]
    group: str  # `size`, the tag's or attribute's key, or `declared`
    name: str  # `small`, the tag's or attribute's value, or the name in the spec
    images: int
    boxes: int
    ap50: Band | None  # None where the part has no box
    recall: float | None  # at the scores' threshold
    before: float | None  # AP50 a round ago
    change: float | None


@dataclass(frozen=True)
class Bin:
    """Predictions whose scores are from `low` to below `high`."""

    low: float
    high: float
    right: int
    wrong: int


@dataclass(frozen=True)
class Threshold:
    """The score that gives a class, or all of them, the best F1; precision and recall there."""

    label: str | None  # None: all classes together
    score: float
    f1: float
    precision: float
    recall: float


@dataclass(frozen=True)
class Confidence:
    """What scores mean: how many predictions are right at each, and which to believe."""

    bins: tuple[Bin, ...]
    suggested: Threshold
    per_class: tuple[Threshold, ...]


@dataclass(frozen=True)
class ImageRef:
    """An image of the testing set, as lists name it."""

    image: str
    file: str


@dataclass(frozen=True)
class Changed:
    """A testing image whose errors changed since the round before."""

    image: str
    file: str
    errors: int
    errors_before: int


@dataclass(frozen=True)
class Changes:
    """Images that were fixed or broken since the round before, the largest changes first."""

    before: str  # e.g. `round 3`
    fixed: tuple[Changed, ...]  # had errors, has none
    broken: tuple[Changed, ...]  # had none, has some
    better: int  # of all images, those with fewer errors
    worse: int


@dataclass(frozen=True)
class Doubt:
    """A label that a confident model contradicts: most likely the label is wrong."""

    kind: Literal["missing", "wrong class", "badly placed"]
    image: str
    file: str
    label: str | None  # what the label says; None where it is missing
    said: str  # what the model says
    score: float
    iou: float | None  # of the model's box with the label's
    x: float  # the model's box, in pixels
    y: float
    w: float
    h: float
    again: int | None = None  # the round in which people labelled it again; 0: they have it now


@dataclass(frozen=True)
class Doubts:
    """Suspicious labels, the surest first."""

    shown: tuple[Doubt, ...]
    count: int
    with_people: int = 0  # of all, on images that people have now
    labelled_again: int = 0  # of all, on images that they have labelled again
