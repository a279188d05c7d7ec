"""The pages: of a round, of a project, and of models side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from ymir.metrics.scores import Band
from ymir.report.shown.batches import Batch, Leakage
from ymir.report.shown.mining import Mining
from ymir.report.shown.origin import Fact, Lineage
from ymir.report.shown.quality import (
    Changes,
    ClassCurve,
    ClassRow,
    Confidence,
    Confusion,
    Doubts,
    SliceRow,
)
from ymir.report.shown.summary import (
    Gate,
    Progress,
    Regressions,
    Spent,
    Target,
    Verdict,
    Weakest,
)

SCHEMA: Final = (
    "ymir/report/v1"  # of `report.json`: a field may be added, none is taken away or renamed
)


@dataclass(frozen=True)
class RoundReport:
    """The page of one round; `report.json` is this and nothing else."""

    project: str
    description: str
    number: int
    previous: str | None  # its page
    verdict: Verdict
    target: Target
    weakest: Weakest | None
    regressions: Regressions | None
    spent: Spent
    gates: tuple[Gate, ...]
    progress: Progress
    classes: tuple[ClassRow, ...]
    curves: tuple[ClassCurve, ...]
    curves_left_out: int
    confusion: Confusion
    confidence: Confidence
    slices: tuple[SliceRow, ...]
    images: int  # in the testing set
    with_errors: int  # of them, at the threshold
    threshold: float  # the score from which counts take a prediction
    changes: Changes | None
    doubts: Doubts
    batch: Batch | None
    leakage: Leakage | None  # None where nobody looked
    lineage: Lineage
    mining: Mining | None = None  # None where no image was picked by lot, to compare with
    schema: Literal["ymir/report/v1"] = SCHEMA
    kind: Literal["round"] = "round"


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
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Contender:
    """A model that is compared with others."""

    name: str  # as it was asked for: `helmet/r3`, `helmet`, `base@v1`
    says: str  # e.g. `round 3 of helmet, trained on 140 images`
    map: Band
    map_50_95: Band
    threshold: float


@dataclass(frozen=True)
class Difference:
    """One contender beside the first, on the same images, drawn in pairs."""

    name: str
    label: str | None  # None: the mean over classes
    change: Band  # of AP at IoU 0.5, with its 95 % interval
    is_real: bool  # the interval does not hold 0


@dataclass(frozen=True)
class ComparedClass:
    """One class under each contender, in their order."""

    label: str
    boxes: int
    ap50: tuple[Band | None, ...]
    best: int | None  # place of the highest; None where no class has a figure


@dataclass(frozen=True)
class ComparedSlice:
    """One part of the testing set under each contender, in their order."""

    group: str
    name: str
    images: int
    boxes: int
    ap50: tuple[Band | None, ...]
    kind: Literal["size", "tag", "attribute", "declared"] = "tag"  # what `group` is


@dataclass(frozen=True)
class CompareReport:
    """Models side by side on the same images."""

    testing: str  # the datasets they are judged on
    digest: str  # of those datasets
    images: int
    boxes: int
    headline: str
    reason: str
    contenders: tuple[Contender, ...]
    differences: tuple[Difference, ...]
    classes: tuple[ComparedClass, ...]
    slices: tuple[ComparedSlice, ...]
    curves: tuple[tuple[ClassCurve, ...], ...]  # by contender, of the same classes
    schema: Literal["ymir/report/v1"] = SCHEMA
    kind: Literal["compare"] = "compare"


Report = RoundReport | ProjectReport | CompareReport
