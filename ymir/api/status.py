"""How a workspace stands, as Python sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from ymir.api.frames import html_lines
from ymir.conditions.dated import Dated
from ymir.plan.rounds import Unrolled

_COLUMNS = ("kind", "name", "type", "status", "reason", "message", "next")


@dataclass(frozen=True)
class Project:
    """How a project stands."""

    name: str
    round: int  # the one under way
    map: float | None  # of the newest judged round; None before the first
    labels: int  # that people made so far
    goal_met: bool | None  # None while no judged round is up to date
    says: str  # how the newest round was decided, in words


@dataclass(frozen=True)
class Status:
    """What `ymir status` shows; `print(status)` shows it the same way."""

    projects: Mapping[str, Project]
    conditions: pl.DataFrame = field(
        repr=False
    )  # what holds of each project, dataset and model, and why
    text: str = field(repr=False)

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return html_lines(self.text.splitlines())


def status_of(projects: Sequence[Unrolled], found: Sequence[Dated], text: str) -> Status:
    """The same in plain words."""
    rows = [[str(getattr(each.condition, name)) for name in _COLUMNS] for each in found]
    conditions = pl.DataFrame(rows, schema=dict.fromkeys(_COLUMNS, pl.String), orient="row")
    return Status({each.project.name: _project(each) for each in projects}, conditions, text)


def _project(each: Unrolled) -> Project:
    decision = each.decision
    return Project(
        name=each.project.name,
        round=each.round,
        map=each.figures[-1].map if each.figures else None,
        labels=each.bought,
        goal_met=decision.goal_met if decision else None,
        says=decision.says if decision else "",
    )
