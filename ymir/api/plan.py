"""A plan as Python sees it: what `apply` would do, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, cast

import polars as pl

from ymir.api.frames import html_lines, html_table
from ymir.cli.console import shown
from ymir.cli.words import edit_line, project_lines, step_data
from ymir.errors import Exit
from ymir.plan.plan import Plan as Planned
from ymir.plan.planner import Step as Decided
from ymir.plan.planner import Wait

Action = Literal["run", "park", "wait", "block", "suspend"]
_COLUMNS = ("stage", "action", "why", "category", "cost")


@dataclass(frozen=True)
class Step:
    """What is done about a stage: it is run, people have it (`park`), or it has to wait."""

    stage: str
    action: Action
    why: str
    category: str | None  # what an edit asks for: pointer, forward, re-judge or retrain
    is_destructive: bool  # it gives up a batch that people have
    cost: str


@dataclass(frozen=True)
class Plan:
    """What `ymir plan` shows: by `print(plan)`, and in a notebook as a table."""

    steps: tuple[Step, ...]
    is_empty: bool  # all that the specs ask for exists
    cost: str
    exit: Exit  # of `ymir plan`
    notes: tuple[str, ...]  # what was edited, how each project stands, what follows
    text: str = field(repr=False)

    def __str__(self) -> str:
        return self.text

    def frame(self) -> pl.DataFrame:
        """A row for each step."""
        schema = dict.fromkeys(_COLUMNS, pl.String)
        return pl.DataFrame([_row(each) for each in self.steps], schema=schema, orient="row")

    def _repr_html_(self) -> str:
        steps = html_table(_COLUMNS, map(_row, self.steps)) if self.steps else ""
        end = "nothing to do" if self.is_empty else f"cost: {self.cost}" if self.cost else ""
        return steps + html_lines(each for each in (*self.notes, end) if each)


def plan_of(planned: Planned, code: Exit, text: str) -> Plan:
    """The same plan in plain words; `text` is how a command shows it."""
    return Plan(
        steps=tuple(_step(step, planned) for step in planned.shown),
        is_empty=planned.is_settled,
        cost=planned.cost.says,
        exit=code,
        notes=tuple(map(shown, (*map(edit_line, planned.edits), *project_lines(planned)))),
        text=text,
    )


def _step(step: Decided, planned: Planned) -> Step:
    data, effect = step_data(step), planned.effect(step)
    after = f"after {', '.join(step.on)}" if isinstance(step, Wait) else ""
    return Step(
        stage=str(data["stage"]),
        action=cast(Action, data["action"]),
        why=shown(str(data.get("why", after))),
        category=effect.category,
        is_destructive=effect.is_destructive,
        cost=effect.cost.says,
    )


def _row(step: Step) -> tuple[str | None, ...]:
    return step.stage, step.action, step.why, step.category, step.cost
