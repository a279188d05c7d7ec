"""What the judge says of one model on one dataset."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter


@dataclass(frozen=True)
class Band:
    """A figure and the noise around it: the 95 % interval of a bootstrap over images."""

    value: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half the width of the interval: the ± that people read."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class Curve:
    """Precision at IoU 0.5 over 101 recall points 0, .01 … 1, and the score that reaches each."""

    precision: tuple[float, ...]
    score: tuple[float, ...]


@dataclass(frozen=True)
class ClassScores:
    """One class. AP is None where the dataset has no box of it; counts are at `threshold`."""

    label: str
    ap50: Band | None
    ap50_95: float | None
    boxes: int  # in the truth, without crowds
    images: int  # that hold at least one
    true_positives: int
    false_positives: int
    false_negatives: int
    curve: Curve | None


@dataclass(frozen=True)
class Scores:
    """One model on one dataset. `map` is COCO AP at IoU 0.5, `map_50_95` the average over IoUs."""

    evaluator: str  # name and version of the library that counted, e.g. `hotcoco 1.3.0`
    images: int
    boxes: int
    map: Band
    map_50_95: Band
    threshold: float  # the score that gives the best F1 over all classes, for the counts below
    per_class: tuple[ClassScores, ...]  # in the order of the project's labels
    confusion: tuple[tuple[int, ...], ...]  # truth by predicted at `threshold`, IoU ≥ 0.5;
    # rows and columns in the order of `per_class`, then background (missed / invented)


# `metrics.json` of a round: the scores of each set, by its role.
round_metrics: TypeAdapter[dict[str, Scores]] = TypeAdapter(dict[str, Scores])
