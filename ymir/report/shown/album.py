"""What the gallery of a page shows: images, truth, and what each candidate found, in columns.

A column has one value per image, per true box, or per found box; `count` says how many boxes each
image has, in the order of the images. The page's script reads exactly this, as JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TESTING, MINED, TRAINING = 0, 1, 2  # where an image comes from; `training`: half of a leaking pair


@dataclass(frozen=True)
class Candidate:
    """A model whose predictions are shown; the first is the page's own."""

    name: str  # e.g. `round 4`
    round: int | None
    threshold: float


@dataclass(frozen=True)
class Images:
    """One value per image."""

    id: Sequence[str]  # md5, as in every table
    file: Sequence[str]
    width: Sequence[int]
    height: Sequence[int]
    set: Sequence[int]  # TESTING, MINED or TRAINING
    tags: Sequence[Sequence[int]]  # places in `Album.tags`
    note: Sequence[str]  # e.g. why it was mined; empty where there is nothing to say
    picture: Sequence[int]  # place among the inlined pictures; -1: beside the page; -2: nowhere


@dataclass(frozen=True)
class Truth:
    """One value per true box: of testing images the truth, of mined ones what people drew."""

    count: Sequence[int]
    label: Sequence[int]  # place in `Album.classes`
    x: Sequence[float]
    y: Sequence[float]
    w: Sequence[float]
    h: Sequence[float]
    crowd: Sequence[int]
    notes: Sequence[Sequence[int]]  # attributes: places in `Album.attributes`


@dataclass(frozen=True)
class Found:
    """One value per box that a candidate found; `hit` and `taken` are places in its image's truth.

    `hit` is the true box of its own label that it found at IoU 0.5 (-1: none, -2: it counts for
    nothing, e.g. it lies in a crowd). `taken` is the one of any label that the confusion matrix
    gives it (-1: none, -2: it is below the candidate's threshold).
    """

    count: Sequence[int]
    label: Sequence[int]
    score: Sequence[float]
    x: Sequence[float]
    y: Sequence[float]
    w: Sequence[float]
    h: Sequence[float]
    hit: Sequence[int]
    taken: Sequence[int]


@dataclass(frozen=True)
class Group:
    """Images that belong together: a declared slice, `fixed`, `broken`."""

    kind: str  # slice | change
    name: str
    images: Sequence[int]  # rows


@dataclass(frozen=True)
class DoubtMarks:
    """One value per suspicious label: its image, its kind, and the box the model would draw."""

    row: Sequence[int]
    kind: Sequence[str]
    says: Sequence[str]
    x: Sequence[float]
    y: Sequence[float]
    w: Sequence[float]
    h: Sequence[float]


@dataclass(frozen=True)
class Album:
    """Everything that the gallery shows."""

    classes: Sequence[str]
    candidates: Sequence[Candidate]
    tags: Sequence[tuple[str, str]]
    attributes: Sequence[tuple[str, str]]
    images: Images
    truth: Truth
    found: Sequence[Found]  # by candidate; of mined images, the first one's holds the guesses
    groups: Sequence[Group]
    doubts: DoubtMarks
    left_out: str  # what was left out to keep the page small, in words; empty: nothing
    pages: Sequence[tuple[int, str]]  # rounds that are not in this page, and their pages
    beside: str  # folder of the pictures that lie beside the page, e.g. `images/`
