"""What the page of a workspace shows, whole: all that is counted or compared is done before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ymir.data.balance import Balance
from ymir.report.shown.summary import Next

SCHEMA: Literal["ymir/site/v1"] = "ymir/site/v1"

_RECENT = 5

# The goal is met; the loop goes on; it stopped without; no round is judged; no spec asks for it.
State = Literal["met", "open", "missed", "new", "left"]


@dataclass(frozen=True)
class Figure:
    """A figure from 0 to 1 and its noise band, where that is known."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def half(self) -> float | None:
        """Half the width of the band: the ± that people read."""
        known = self.low is not None and self.high is not None
        return (self.high - self.low) / 2 if known else None  # type: ignore[operator]  # both are known


@dataclass(frozen=True)
class RoundRow:
    """One round of a project; a link is None where the page or package is not here."""

    number: int
    figure: Figure | None  # of the goal; None while the round is not judged
    change: float | None  # since the judged round before
    is_noise: bool  # the change is no larger than the two bands explain
    strict: float | None  # mAP 50-95
    labels: int  # images labelled in the loop before the round
    images: int | None  # in training
    seconds: float
    recorded: str | None  # ISO date of the commit; None: in no commit yet
    page: str | None
    package: str | None


@dataclass(frozen=True)
class ProjectCard:
    """A project: how it stands, its way so far, what comes next."""

    name: str
    description: str
    state: State
    headline: str
    reason: str
    next: Next | None
    measure: str  # `mAP` or `mAP 50-95`: what the goal is about
    goal: float | None
    rounds: tuple[RoundRow, ...]  # the newest first
    page: str | None
    mining: str = ""  # whether mining pays so far, as the newest report has it

    @property
    def recent(self) -> tuple[RoundRow, ...]:
        """The rounds that are shown at once."""
        return self.rounds[:_RECENT]

    @property
    def older(self) -> tuple[RoundRow, ...]:
        """Those that are shown when they are asked for."""
        return self.rounds[_RECENT:]

    @property
    def is_judged(self) -> bool:
        """Whether there is a figure to show."""
        return any(each.figure for each in self.rounds)


@dataclass(frozen=True)
class ClassCount:
    """One class of a dataset; `share` is of the most frequent one."""

    label: str
    boxes: int
    share: float


@dataclass(frozen=True)
class VersionRow:
    """One version of a dataset, and what it changed."""

    number: int
    images: int
    boxes: int
    images_change: int | None  # None for the first version
    boxes_change: int | None
    changes: tuple[str, ...]  # image by image and box by box, as far as both versions are here
    why: tuple[str, ...]  # what its recipe has that the one before had not
    recorded: str | None
    commit: str | None
    digest: str
    gallery: str | None


@dataclass(frozen=True)
class DatasetCard:
    """A dataset: what is in its newest version, and how it came about."""

    name: str
    description: str
    state: str  # `up to date`, `to be made: …`
    is_current: bool
    versions: tuple[VersionRow, ...]  # the newest first; none: not made yet
    classes: tuple[ClassCount, ...]
    classes_left_out: int
    pictures: tuple[str, ...]  # a few small copies, as the page finds them

    @property
    def newest(self) -> VersionRow | None:
        """The version that counts."""
        return self.versions[0] if self.versions else None


@dataclass(frozen=True)
class ModelRow:
    """A model that can be used: a round's package, or one that was imported."""

    name: str  # `helmet/r3`, `heads@v2`
    origin: Literal["round", "import"]
    figure: Figure | None
    strict: float | None
    is_ours: bool  # the judge of this workspace says so, and not who made it
    classes: tuple[str, ...]
    executor: str
    bytes: int | None
    sha256: str | None
    proof: str
    is_proven: bool | None  # None: nobody tried
    recorded: str | None
    package: str | None
    page: str | None  # of its round


@dataclass(frozen=True)
class Batch:
    """Images that were sent to people and are not back."""

    project: str
    round: int
    tool: str
    where: str
    link: str | None  # only to the web
    images: int
    done: int | None  # None: the tool does not say
    sent: str | None  # ISO date and time; of an older record, those of its commit
    balance: Balance | None = None  # as it was when somebody looked last, on this machine
    seen: str | None = None  # when that was
    due: str | None = None  # None: there is no deadline
    is_late: bool = False
    why: str = ""  # why its tool could not be asked since


@dataclass(frozen=True)
class Returned:
    """A batch that was taken in, and whose answers are others now."""

    project: str
    round: int
    says: str  # how many, and what takes them in


@dataclass(frozen=True)
class Site:
    """All of it; `site.json` of a workspace."""

    name: str
    headline: str
    queue: tuple[Batch, ...]
    returned: tuple[Returned, ...]
    projects: tuple[ProjectCard, ...]
    datasets: tuple[DatasetCard, ...]
    models: tuple[ModelRow, ...]
    advice: tuple[Next, ...]  # where nothing is recorded: what to do first
    ymir: str
    schema: Literal["ymir/site/v1"] = SCHEMA
