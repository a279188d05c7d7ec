"""The way to the goal: the overall figure over the labels bought, beside random picks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ymir.report.collect.cost import seconds_of
from ymir.report.collect.outlook import outlook
from ymir.report.collect.tiles import figure_name, figure_of, wanted
from ymir.report.names import page_of
from ymir.report.record import ProjectRecord, RoundRecord
from ymir.report.shown.summary import Control, Point, Progress
from ymir.spec.project import Goal


def progress(project: ProjectRecord, number: int) -> Progress:
    """The rounds that lead to one, and none that came after it."""
    goal = project.spec.goal
    found = _points(goal, project, project.line(number))
    return Progress(
        name=figure_name(goal),
        goal=wanted(goal),
        points=found,
        control=_control(goal, project.control, number),
        outlook=outlook(found, wanted(goal)),
    )


def _control(goal: Goal, control: ProjectRecord | None, number: int) -> Control | None:
    """As many rounds of the other project as there are of this one."""
    rounds = [each for each in control.rounds if each.number <= number] if control else []
    if control is None or not rounds:
        return None
    return Control(control.spec.name, _points(goal, control, control.line(rounds[-1].number)))


def _points(goal: Goal, project: ProjectRecord, rounds: Sequence[RoundRecord]) -> tuple[Point, ...]:
    figures = [figure_of(goal, each.testing).value for each in rounds]
    changes = [None, *(after - before for before, after in pairwise(figures))]
    both = zip(rounds, changes, strict=True)
    return tuple(_point(goal, project, each, change) for each, change in both)


def _point(goal: Goal, project: ProjectRecord, each: RoundRecord, change: float | None) -> Point:
    return Point(
        number=each.number,
        labels=project.labels_before(each.number),
        images=each.trained_on,
        value=figure_of(goal, each.testing),
        map_50_95=each.testing.map_50_95,
        change=change,
        seconds=seconds_of(each),
        says=each.decision.says,
        page=page_of(each.number),
    )
