"""Everything a report shows, as plain values: a page is drawn from these and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ymir.report.shown.batches import LeakCount
from ymir.report.shown.origin import Fact, Lineage, Step, Used
from ymir.report.shown.quality import Cell, ClassCurve, ClassRow, Confusion
from ymir.report.shown.summary import Gain, Point, State, Target, Weakest

__all__ = [
    "Cell",
    "ClassCurve",
    "ClassRow",
    "Confusion",
    "Fact",
    "Gain",
    "LeakCount",
    "Lineage",
    "Point",
    "State",
    "Step",
    "Target",
    "Used",
    "Weakest",
]


@dataclass(frozen=True)
class Verdict:
    """The line that a reader takes home."""

    state: State  # the goal is met; the loop goes on; it stopped without
    headline: str
    reason: str


@dataclass(frozen=True)
class Spent:
    """What the round has cost, and what it learned from."""

    labels: int
    labels_budget: int | None
    rounds: int
    rounds_budget: int
    images: int
    boxes: int


@dataclass(frozen=True)
class Progress:
    """The overall figure over the labels bought, round by round."""

    name: str
    goal: float | None
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Box:
    """A rectangle on a picture, in the picture's pixels."""

    kind: Literal["truth", "tp", "fp", "fn", "guess", "label"]
    label: str
    score: float | None
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True)
class Picture:
    """An image with boxes on it. `uri` holds a small copy, or is None where it is not at hand."""

    image: str
    file: str
    width: int
    height: int
    uri: str | None
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Worst:
    """A testing image and how wrong the model was on it."""

    picture: Picture
    found: int
    invented: int
    missed: int


@dataclass(frozen=True)
class Mined:
    """An image that was picked from the pool, and why."""

    picture: Picture
    rank: int
    score: float
    why: str


@dataclass(frozen=True)
class Errors:
    """The testing images with most errors, and how many have any."""

    shown: tuple[Worst, ...]
    images: int
    with_errors: int
    threshold: float


@dataclass(frozen=True)
class Batch:
    """What the round picked from the pool, and what people said of it."""

    shown: tuple[Mined, ...]
    mined: int
    strategy: str
    labelled: int | None  # None until the labels are there
    boxes: int | None


@dataclass(frozen=True)
class Leak:
    """A training image beside a held-out one from which a model could know the answer."""

    kind: Literal["same", "near", "group"]
    held_out: str  # `testing` or `validation`
    image: Picture
    other: Picture
    why: str
    left_out: bool  # of training


@dataclass(frozen=True)
class Leakage:
    """What leaks from the images that models are judged on into those they learn from."""

    shown: tuple[Leak, ...]
    counts: tuple[LeakCount, ...]
    left_out: int
    looked_for: str


@dataclass(frozen=True)
class RoundReport:
    """The page of one round."""

    project: str
    description: str
    number: int
    previous: str | None  # its page
    verdict: Verdict
    target: Target
    weakest: Weakest | None
    spent: Spent
    progress: Progress
    classes: tuple[ClassRow, ...]
    curves: tuple[ClassCurve, ...]
    curves_left_out: int
    confusion: Confusion
    errors: Errors
    batch: Batch | None
    leakage: Leakage | None  # None where nobody looked
    lineage: Lineage


@dataclass(frozen=True)
class ProjectReport:
    """The page of a project."""

    project: str
    description: str
    verdict: Verdict
    target: Target
    weakest: Weakest | None
    spent: Spent
    progress: Progress
    next_command: str | None
    facts: tuple[Fact, ...]


Report = RoundReport | ProjectReport
