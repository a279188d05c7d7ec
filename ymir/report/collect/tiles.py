"""The figures that a reader takes in first: the target, what got worse, what was spent."""

from __future__ import annotations

from math import hypot

from pydantic import JsonValue

from ymir.metrics.scores import Band, Scores
from ymir.plan import regression
from ymir.report.collect.cost import gpu_hours, seconds_of
from ymir.report.collect.people import cost
from ymir.report.names import round_name
from ymir.report.record import ProjectRecord, RoundRecord
from ymir.report.shown.quality import Changes
from ymir.report.shown.summary import Gain, Regressions, Spent, Target
from ymir.spec.label import price
from ymir.spec.project import Goal


def figure_name(goal: Goal) -> str:
    """What the overall figure that the goal is about is called."""
    return "mAP 50-95" if _is_strict(goal) else "mAP"


def figure_of(goal: Goal, scores: Scores) -> Band:
    """The overall figure that the goal is about."""
    return scores.map_50_95 if _is_strict(goal) else scores.map


def wanted(goal: Goal) -> float | None:
    """What that figure must reach; None where the goal is about classes alone."""
    return goal.map_50_95 if _is_strict(goal) else goal.map


def target(goal: Goal, now: RoundRecord, before: RoundRecord | None) -> Target:
    """The overall figure beside the goal and beside the round before."""
    figure = figure_of(goal, now.testing)
    gain = _gain(figure, figure_of(goal, before.testing)) if before else None
    return Target(figure_name(goal), figure, wanted(goal), gain)


def regressions(
    now: RoundRecord, before: RoundRecord | None, changes: Changes | None
) -> Regressions | None:
    """What is worse than a round ago; None where there is no such round."""
    if before is None:
        return None
    fixed, broken = (len(changes.fixed), len(changes.broken)) if changes else (0, 0)
    return Regressions(
        round_name(before.number), fallen(now.testing, before.testing), fixed, broken
    )


def fallen(now: Scores, before: Scores) -> tuple[str, ...]:
    """The classes whose AP at IoU 0.5 fell by more than noise, the deepest fall first."""
    return regression.regressions(_facts(before), _facts(now))


def _facts(scores: Scores) -> dict[str, JsonValue]:
    """What a judge's record says of each class, as the gate reads it."""
    known = [(each.label, each.ap50) for each in scores.per_class if each.ap50]
    return {
        "per_class": {label: band.value for label, band in known},
        "per_class_low": {label: band.low for label, band in known},
        "per_class_high": {label: band.high for label, band in known},
    }


def spent(project: ProjectRecord, now: RoundRecord) -> Spent:
    """What all rounds so far have cost, and what this one learned from."""
    goal, rounds = project.spec.goal, project.until(now.number)
    label = project.spec.label
    return Spent(
        labels=project.labels_before(now.number),
        labels_budget=goal.labels,
        rounds=len(project.line(now.number)),
        rounds_budget=goal.rounds,
        images=now.rows("training"),
        boxes=now.boxes("training"),
        seconds=sum(seconds_of(each) or 0 for each in rounds),
        gpu_hours=gpu_hours(rounds),
        gpu_hours_budget=goal.gpu_hours,
        pseudo=project.pseudo_before(now.number),
        cost=cost(project.spec, project.until(now.number - 1)),
        currency=price(label.cost)[1] if label.cost else None,
    )


def _is_strict(goal: Goal) -> bool:
    return goal.map is None and goal.map_50_95 is not None


def _gain(now: Band, before: Band) -> Gain:
    change = now.value - before.value
    return Gain(before, change, is_noise=abs(change) <= hypot(now.half, before.half))
