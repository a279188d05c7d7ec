"""What a reader takes in at once: the verdict, the tiles, the gates, the way to the goal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ymir.metrics.scores import Band

State = Literal["met", "open", "missed"]
Light = Literal["green", "amber", "red", "off"]  # `off`: nobody looked


@dataclass(frozen=True)
class Next:
    """Who or what comes next: a command to type, or what people must do first."""

    says: str
    command: str | None


@dataclass(frozen=True)
class Verdict:
    """The line that a reader takes home."""

    state: State  # the goal is met; the loop goes on; it stopped without
    headline: str
    reason: str
    next: Next


@dataclass(frozen=True)
class Gain:
    """A figure beside what it was a round ago; the change is noise while the bands explain it."""

    before: Band
    change: float
    is_noise: bool


@dataclass(frozen=True)
class Target:
    """The overall figure that the goal is about."""

    name: str
    value: Band
    goal: float | None
    gain: Gain | None


@dataclass(frozen=True)
class Weakest:
    """The class that is furthest from its floor, or the lowest where no class has one."""

    label: str
    ap50: float
    floor: float | None
    room: float | None  # above the floor; negative below it


@dataclass(frozen=True)
class Regressions:
    """What is worse than a round ago; None in `RoundReport` for a first round."""

    before: str  # e.g. `round 3`
    classes: tuple[str, ...]  # whose AP fell by more than noise
    fixed: int  # images that had errors and have none
    broken: int  # images that had none and have some


@dataclass(frozen=True)
class Spent:
    """What has been spent of each budget, and what the round learned from."""

    labels: int  # images labelled in the loop before the round
    labels_budget: int | None
    rounds: int
    rounds_budget: int
    images: int  # in training
    boxes: int
    seconds: float  # of all stages of all rounds so far
    gpu_hours: float | None  # None where no round says
    gpu_hours_budget: float | None
    pseudo: int = 0  # images labelled by a model alone, which no budget counts
    cost: float | None = None  # of the answers to the batches before; None: the spec has no price
    currency: str | None = None


@dataclass(frozen=True)
class Gate:
    """One thing that a round must not get wrong, and how it stands, in one sentence."""

    name: str  # leakage | frozen set | label balance | regression | package
    light: Light
    says: str


@dataclass(frozen=True)
class Point:
    """One round on the way to the goal."""

    number: int
    labels: int
    images: int
    value: Band
    map_50_95: Band
    change: float | None
    seconds: float | None
    says: str
    page: str


@dataclass(frozen=True)
class Control:
    """The same loop with random picks: another project of the workspace, for comparison."""

    project: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Guess:
    """What the figure may be after so many labels."""

    labels: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Outlook:
    """An estimate of the labels that the goal needs; `labels` is None where it is out of sight."""

    labels: int | None
    low: int | None  # with luck
    high: int | None  # without; None: perhaps never
    says: str
    curve: tuple[Guess, ...]  # from today's labels on


@dataclass(frozen=True)
class Progress:
    """The overall figure over the labels bought, round by round."""

    name: str
    goal: float | None
    points: tuple[Point, ...]
    control: Control | None = None
    outlook: Outlook | None = None
