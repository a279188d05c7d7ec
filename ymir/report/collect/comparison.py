"""Collect what a page shows of models side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl
from pydantic import TypeAdapter

from ymir.metrics.paired import Gap, Paired, paired
from ymir.metrics.scores import Band, ClassScores
from ymir.report.collect.compared_slices import compared_slices
from ymir.report.record import Judged
from ymir.report.shown.pages import (
    ComparedClass,
    CompareReport,
    Contender,
    Difference,
)
from ymir.report.shown.quality import ClassCurve
from ymir.report.words import figure, plural, signed
from ymir.sources.filtering import filtered
from ymir.spec.operations import Filter

_PAIR = 2

# What `ymir compare --json` prints.
reports: TypeAdapter[CompareReport] = TypeAdapter(CompareReport)


@dataclass(frozen=True, eq=False)
class Side:
    """A model that is compared: what it is, and how the judge saw it."""

    says: str
    judged: Judged

    @property
    def name(self) -> str:
        """What it is called."""
        return self.judged.name

    @property
    def map(self) -> float:
        """What it is compared by."""
        return self.judged.scores.map.value

    def of(self, label: str) -> ClassScores:
        """The scores of one class."""
        return next(each for each in self.judged.scores.per_class if each.label == label)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Models that were judged on the same images, by the same classes; the first is the measure."""

    testing: str  # names of datasets
    digest: str  # of those
    truth: pl.DataFrame
    labels: tuple[str, ...]
    sides: tuple[Side, ...]
    notes: tuple[str, ...] = ()  # what a reader must know to trust the figures
    slices: Mapping[str, Filter] = field(default_factory=dict)  # that the projects declare

    @cached_property
    def gaps(self) -> tuple[Paired, ...]:
        """Each other model beside the first."""
        return tuple(self.between(self.sides[0], each) for each in self.sides[1:])

    @property
    def slice_images(self) -> Mapping[str, pl.Series]:
        """The images of each declared slice."""
        return {name: filtered(self.truth, op)["image"] for name, op in self.slices.items()}

    def between(self, first: Side, second: Side) -> Paired:
        """How far the second is above the first."""
        tables = (each.judged.matches for each in (first, second))
        return paired(self.truth, *tables, labels=self.labels)


def collect_comparison(comparison: Comparison) -> CompareReport:
    """The page of these models."""
    scores = comparison.sides[0].judged.scores
    return CompareReport(
        testing=comparison.testing,
        digest=comparison.digest,
        images=scores.images,
        boxes=scores.boxes,
        headline=headline(comparison),
        reason=_reason(comparison),
        contenders=tuple(map(_contender, comparison.sides)),
        differences=tuple(_differences(comparison)),
        classes=tuple(_class(label, comparison.sides) for label in comparison.labels),
        slices=compared_slices(
            comparison.slices, comparison.truth, [each.judged for each in comparison.sides]
        ),
        curves=tuple(_curves(each, comparison) for each in comparison.sides),
    )


def headline(comparison: Comparison) -> str:
    """Which model is the best, by how much, and whether that could be chance."""
    ranked = sorted(comparison.sides, key=lambda each: -each.map)
    best, next_best = ranked[0], ranked[1]
    if comparison.sides[0] in (best, next_best):
        other = next(each for each in (best, next_best) if each is not comparison.sides[0])
        gap = comparison.gaps[comparison.sides.index(other) - 1].overall
        gap = gap if other is best else _turned(gap)
    else:
        gap = comparison.between(next_best, best).overall
    return _said(best.name, next_best.name, gap, among=len(ranked))


def _said(best: str, other: str, gap: Gap, *, among: int) -> str:
    by = f"{figure(gap.change.value)} mAP ({_signed(gap.change.low)} to {_signed(gap.change.high)})"
    of = f" leads {among} models: it" if among > _PAIR else ""
    if not gap.change.value:
        return f"{best} and {other} have the same mAP: what differs could be chance"
    if gap.is_real:
        return f"{best}{of} is better than {other} by {by}: the difference is real"
    return f"{best}{of} is ahead of {other} by {by}: the difference could be chance"


def _signed(value: float) -> str:
    """A bound of an interval: a sign only where it says something."""
    return figure(value) if value >= 0 else signed(value)


def _turned(gap: Gap) -> Gap:
    """The same, seen from the other model."""
    change = gap.change
    return Gap(Band(-change.value, -change.high, -change.low), 1 - gap.wins)


def _reason(comparison: Comparison) -> str:
    """What was judged, and how; then what a reader must know."""
    scores = comparison.sides[0].judged.scores
    what = f"{plural(scores.images, 'image')} of {comparison.testing}"
    boxes = f"{plural(scores.boxes, 'box')} of {plural(len(comparison.labels), 'class')}"
    first = f"Judged on the {what}, {boxes}, and compared image by image"
    return " ".join(f"{each}." for each in (first, *comparison.notes))


def _contender(side: Side) -> Contender:
    scores = side.judged.scores
    return Contender(side.name, side.says, scores.map, scores.map_50_95, scores.threshold)


def _differences(comparison: Comparison) -> Iterator[Difference]:
    """Of each other model: over all classes, then of each class."""
    for side, gaps in zip(comparison.sides[1:], comparison.gaps, strict=True):
        yield _difference(side.name, None, gaps.overall)
        for label in comparison.labels:
            if label in gaps.per_class:
                yield _difference(side.name, label, gaps.per_class[label])


def _difference(name: str, label: str | None, gap: Gap) -> Difference:
    return Difference(name, label, gap.change, gap.is_real)


def _class(label: str, sides: Sequence[Side]) -> ComparedClass:
    figures = tuple(each.of(label).ap50 for each in sides)
    return ComparedClass(label, sides[0].of(label).boxes, figures, _best(figures))


def _best(figures: Sequence[Band | None]) -> int | None:
    """The place of the highest; None where there is none, or all are equal."""
    values = [each.value for each in figures if each]
    return None if len(set(values)) <= 1 else values.index(max(values))


def _curves(side: Side, comparison: Comparison) -> tuple[ClassCurve, ...]:
    """Of the classes that have truth: the same ones of every model, in the same order."""
    threshold = side.judged.scores.threshold
    found = (side.of(label) for label in comparison.labels)
    return tuple(
        ClassCurve(
            label=each.label,
            ap50=each.ap50.value,
            precision=each.curve.precision,
            before=None,
            at=_at(each, threshold),
            score=each.curve.score,
        )
        for each in found
        if each.ap50 and each.curve
    )


def _at(scores: ClassScores, threshold: float) -> tuple[float, float] | None:
    """Recall and precision at the threshold, as counted there."""
    taken = scores.true_positives + scores.false_positives
    if not taken or not scores.boxes:
        return None
    return scores.true_positives / scores.boxes, scores.true_positives / taken
