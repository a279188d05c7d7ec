"""Turns recorded rounds into what a report shows. All sums and comparisons are made here."""

from __future__ import annotations

from itertools import pairwise
from math import hypot

from ymir.metrics.scores import Band, Scores
from ymir.report.classes import class_rows, confusion, curves, weakest
from ymir.report.cost import seconds_of
from ymir.report.gallery import mined_batch, worst_images
from ymir.report.leakage import leakage
from ymir.report.lineage import lineage, testing_facts
from ymir.report.model import (
    Gain,
    Point,
    Progress,
    ProjectReport,
    RoundReport,
    Spent,
    State,
    Target,
    Verdict,
)
from ymir.report.names import page_of
from ymir.report.record import Locate, ProjectRecord, RoundRecord
from ymir.spec.project import Goal


def collect_round(project: ProjectRecord, number: int, locate: Locate) -> RoundReport:
    """What the page of one round shows: that round and the ones before it, never a later one."""
    rounds = project.until(number)
    now, before = rounds[-1], rounds[-2] if len(rounds) > 1 else None
    rows = class_rows(project.spec, now, before)
    shown, left_out = curves(now.testing, before.testing if before else None)
    return RoundReport(
        project=project.spec.name,
        description=project.spec.description,
        number=number,
        previous=page_of(before.number) if before else None,
        verdict=_verdict(project.spec.goal, now),
        target=_target(project.spec.goal, now, before),
        weakest=weakest(rows),
        spent=_spent(project, now),
        progress=_progress(project, rounds),
        classes=rows,
        curves=shown,
        curves_left_out=left_out,
        confusion=confusion(now.testing),
        errors=worst_images(project.testing, now, locate),
        batch=mined_batch(project.spec, now, locate),
        leakage=leakage(now, locate),
        lineage=lineage(project, now, before),
    )


def collect_project(project: ProjectRecord) -> ProjectReport:
    """What the page of a project shows."""
    now, before = project.rounds[-1], project.rounds[-2] if len(project.rounds) > 1 else None
    return ProjectReport(
        project=project.spec.name,
        description=project.spec.description,
        verdict=_verdict(project.spec.goal, now),
        target=_target(project.spec.goal, now, before),
        weakest=weakest(class_rows(project.spec, now, before)),
        spent=_spent(project, now),
        progress=_progress(project, project.rounds),
        next_command=project.next_command,
        facts=testing_facts(project, now),
    )


def _is_strict(goal: Goal) -> bool:
    return goal.map is None and goal.map_50_95 is not None


def _name(goal: Goal) -> str:
    return "mAP 50-95" if _is_strict(goal) else "mAP"


def _wanted(goal: Goal) -> float | None:
    return goal.map_50_95 if _is_strict(goal) else goal.map


def _figure(goal: Goal, scores: Scores) -> Band:
    return scores.map_50_95 if _is_strict(goal) else scores.map


def _verdict(goal: Goal, now: RoundRecord) -> Verdict:
    state: State = "met" if now.decision.goal_met else "missed" if now.decision.stops else "open"
    said = {"met": "goal met", "open": "goal not met yet", "missed": "stopped without the goal"}
    figure, wanted = _figure(goal, now.testing), _wanted(goal)
    headline = f"Round {now.number}: {said[state]}: {_name(goal)} {figure.value:.3f}"
    if figure.half:
        headline += f" ± {figure.half:.3f}"
    if wanted is not None:
        headline += f", goal {wanted:.3f}"
    reason = now.decision.says.removeprefix("goal met: ").removeprefix("goal not met: ")
    return Verdict(state, headline, reason)


def _target(goal: Goal, now: RoundRecord, before: RoundRecord | None) -> Target:
    figure = _figure(goal, now.testing)
    gain = _gain(figure, _figure(goal, before.testing)) if before else None
    return Target(_name(goal), figure, _wanted(goal), gain)


def _gain(now: Band, before: Band) -> Gain:
    change = now.value - before.value
    return Gain(before, change, is_noise=abs(change) <= hypot(now.half, before.half))


def _spent(project: ProjectRecord, now: RoundRecord) -> Spent:
    training = now.table("training")
    goal = project.spec.goal
    return Spent(
        labels=project.labels_before(now.number),
        labels_budget=goal.labels,
        rounds=now.number,
        rounds_budget=goal.rounds,
        images=0 if training is None else training.height,
        boxes=0 if training is None else int(training["objects"].list.len().sum()),
    )


def _progress(project: ProjectRecord, rounds: tuple[RoundRecord, ...]) -> Progress:
    goal = project.spec.goal
    figures = [_figure(goal, each.testing).value for each in rounds]
    changes = [None, *(after - before for before, after in pairwise(figures))]
    points = tuple(
        _point(project, each, change) for each, change in zip(rounds, changes, strict=True)
    )
    return Progress(_name(goal), _wanted(goal), points)


def _point(project: ProjectRecord, each: RoundRecord, change: float | None) -> Point:
    return Point(
        number=each.number,
        labels=project.labels_before(each.number),
        images=each.rows("training"),
        value=_figure(project.spec.goal, each.testing),
        map_50_95=each.testing.map_50_95,
        change=change,
        seconds=seconds_of(each),
        says=each.decision.says,
        page=page_of(each.number),
    )
