"""What a strategy is worth: labels needed, area under its curve, its lead over another. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ymir.metrics.scores import Band

SHARES = (0.8, 0.9, 0.95)  # of the mAP that a model reaches that was trained on all labels
_RESAMPLES = 10_000


@dataclass(frozen=True)
class Point:
    """A model on the way: how many images were labelled for it, and what it is worth."""

    labels: int
    map: float
    per_class: Mapping[str, float] = field(default_factory=dict)


Curve = Sequence[Point]  # in the order of their labels


@dataclass(frozen=True)
class Needed:
    """How many labels a curve took to get somewhere; where it never did, all that it had."""

    labels: float
    is_reached: bool = True


@dataclass(frozen=True)
class Replay:
    """One start, and what became of it: the mAP with all labels, and a curve per strategy."""

    seed: int
    full: float
    curves: Mapping[str, Curve]


@dataclass(frozen=True)
class Reach:
    """Labels needed for a share of the all-labels mAP, over all starts.

    `labels` is the mean, `missed` says in how many starts it was never reached; those count with
    all labels that they had, so the mean is at least this. `ratio` is the mean over that of the
    strategy compared with: None where this one missed; at most this where only the other did.
    """

    share: float
    labels: float
    missed: int
    ratio: float | None = None
    is_at_most: bool = False


@dataclass(frozen=True)
class Worth:
    """What a strategy is worth over all starts; leads are over the strategy compared with."""

    strategy: str
    reach: tuple[Reach, ...]
    area: float
    final: float
    lead: Band | None = None  # of the area under the curve: the mean mAP on the way
    final_lead: Band | None = None
    wins: int = 0  # starts in which its area is larger


def needed(curve: Curve, target: float) -> Needed:
    """Labels at which the curve first reaches `target`, linear between its points."""
    before: Point | None = None
    for point in curve:
        if point.map >= target:
            if before is None:
                return Needed(point.labels)
            part = (target - before.map) / (point.map - before.map)
            return Needed(before.labels + part * (point.labels - before.labels))
        before = point
    return Needed(curve[-1].labels, is_reached=False)


def area(curve: Curve, until: int = 0) -> float:
    """The mean mAP from the first point to the last, linear between them.

    A curve that ends before so many labels stays as it was: its limits left no more images.
    """
    end = [] if curve[-1].labels >= until else [(until, curve[-1].map)]
    points = [*((each.labels, each.map) for each in curve), *end]
    if len(points) == 1:
        return curve[0].map
    labels, heights = np.array(points, np.float64).T
    return float(np.trapezoid(heights, labels) / (labels[-1] - labels[0]))


def interval(differences: Sequence[float], *, seed: int = 0) -> Band:
    """The mean of paired differences, and the 95 % interval of a bootstrap over the pairs.

    One pair tells nothing of the noise: the interval is all there can be.
    """
    found = np.array(differences, np.float64)
    if len(found) == 1:
        return Band(float(found[0]), -1.0, 1.0)
    draws = np.random.default_rng(seed).integers(len(found), size=(_RESAMPLES, len(found)))
    low, high = np.percentile(found[draws].mean(axis=1), [2.5, 97.5])
    return Band(float(found.mean()), float(low), float(high))


def worth(
    strategy: str, replays: Sequence[Replay], *, beside: str, shares: Sequence[float] = SHARES
) -> Worth:
    """What `strategy` is worth, over the starts in which it and `beside` were replayed to the end.

    Leads and ratios are there where both were, and where they are not the same.
    """
    own = [each for each in replays if strategy in each.curves]
    paired = [each for each in own if beside in each.curves and beside != strategy]
    leads = [_area(each, strategy) - _area(each, beside) for each in paired]
    finals = [each.curves[strategy][-1].map - each.curves[beside][-1].map for each in paired]
    return Worth(
        strategy=strategy,
        reach=tuple(_reach(strategy, own, paired, beside, share) for share in shares),
        area=_mean([_area(each, strategy) for each in own]),
        final=_mean([each.curves[strategy][-1].map for each in own]),
        lead=interval(leads) if leads else None,
        final_lead=interval(finals) if finals else None,
        wins=sum(lead > 0 for lead in leads),
    )


def _area(replay: Replay, strategy: str) -> float:
    """Up to where the longest curve of the start leads."""
    until = max(curve[-1].labels for curve in replay.curves.values())
    return area(replay.curves[strategy], until)


def _reach(
    strategy: str, own: Sequence[Replay], paired: Sequence[Replay], beside: str, share: float
) -> Reach:
    found = [needed(each.curves[strategy], share * each.full) for each in own]
    ours = [needed(each.curves[strategy], share * each.full) for each in paired]
    theirs = [needed(each.curves[beside], share * each.full) for each in paired]
    is_told = bool(paired) and all(each.is_reached for each in ours)
    return Reach(
        share,
        labels=_mean([each.labels for each in found]),
        missed=sum(not each.is_reached for each in found),
        ratio=sum(n.labels for n in ours) / sum(n.labels for n in theirs) if is_told else None,
        is_at_most=is_told and not all(each.is_reached for each in theirs),
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
