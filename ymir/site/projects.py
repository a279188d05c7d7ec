"""Projects as the page shows them: a verdict, every round, what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot

from ymir.plan.decision import wanted
from ymir.plan.history import count, labels_bought, mining_so_far, newest_round, seconds_of
from ymir.plan.planner import Block, Park, Run, Step, Wait
from ymir.plan.round_stages import KINDS
from ymir.plan.rounds import Unrolled
from ymir.plan.snapshot import Facts, Snapshot, Version
from ymir.plan.stage import RoundOf
from ymir.report.shown.summary import Next
from ymir.report.words import plural
from ymir.site.queue import asked
from ymir.site.record import Placed, WorkspaceRecord, round_pointer
from ymir.site.shown import Figure, ProjectCard, RoundRow, State
from ymir.spec.project import Goal

_SAID: Mapping[State, str] = {
    "met": "goal met",
    "open": "goal not met",
    "missed": "stopped without the goal",
}


def projects(record: WorkspaceRecord, placed: Placed) -> tuple[ProjectCard, ...]:
    """Those that the specs ask for, then those that are recorded and no spec asks for."""
    asked = [_asked(record, each, placed) for each in record.plan.projects]
    known = {place.project for name in record.observed if (place := RoundOf.of(name))}
    left = sorted(known - {each.name for each in asked})
    return (*asked, *(_left(record, name, placed) for name in left))


def figure(facts: Facts, *, is_strict: bool = False) -> Figure | None:
    """What a judged round has reached, from its record."""
    name = "map_50_95" if is_strict else "map"
    value = _real(facts.get(name))
    if value is None:
        return None
    return Figure(value, _real(facts.get(f"{name}_low")), _real(facts.get(f"{name}_high")))


def _asked(record: WorkspaceRecord, unrolled: Unrolled, placed: Placed) -> ProjectCard:
    spec = unrolled.project
    is_strict = _is_strict(spec.goal)
    rows = _rounds(record, spec.name, placed, is_strict=is_strict)
    state, reason = _state(unrolled, rows)
    measure, goal = _measure(is_strict), spec.goal.map_50_95 if is_strict else spec.goal.map
    return ProjectCard(
        name=spec.name,
        description=spec.description,
        state=state,
        headline=_headline(rows, _SAID.get(state) if unrolled.decision else None, measure, goal),
        reason=reason,
        next=_next(unrolled, record.plan.steps),
        measure=measure,
        goal=goal,
        rounds=rows,
        page=placed.pages.get(spec.name),
        mining=(mining_so_far(spec.name, record.observed) or {}).get("says", ""),
    )


def _left(record: WorkspaceRecord, name: str, placed: Placed) -> ProjectCard:
    rows = _rounds(record, name, placed, is_strict=False)
    return ProjectCard(
        name=name,
        description="",
        state="left",
        headline=_headline(rows, None, _measure(False), None),
        reason="no spec asks for this project any more; its rounds stay until `ymir prune`",
        next=None,
        measure=_measure(False),
        goal=None,
        rounds=rows,
        page=placed.pages.get(name),
    )


def _is_strict(goal: Goal) -> bool:
    return goal.map is None and goal.map_50_95 is not None


def _measure(is_strict: bool) -> str:
    return "mAP 50-95" if is_strict else "mAP"


def _state(unrolled: Unrolled, rows: tuple[RoundRow, ...]) -> tuple[State, str]:
    decision = unrolled.decision
    if decision is None:
        asked = f"wanted: {wanted(unrolled.project.goal)}"
        if any(row.figure for row in rows):
            return (
                "open",
                f"its data changed, or a newer round is under way; {asked}",
            )
        return "new", asked
    says = decision.says.removeprefix("goal met: ").removeprefix("goal not met: ")
    return ("met" if decision.goal_met else "missed" if decision.stops else "open"), says


def _headline(
    rows: tuple[RoundRow, ...], said: str | None, measure: str, goal: float | None
) -> str:
    judged = next((row for row in rows if row.figure), None)
    if judged is None or judged.figure is None:
        return "No round is judged yet"
    found = judged.figure
    text = f"Round {judged.number}{f' — {said}' if said else ''}: {measure} {found.value:.3f}"
    text += f" ± {found.half:.3f}" if found.half else ""
    return text + (f", goal {goal:.3f}" if goal is not None else "")


def _next(unrolled: Unrolled, steps: tuple[Step, ...]) -> Next | None:
    project = unrolled.project.name
    own = [
        step
        for step in steps
        if isinstance(step, Run | Wait | Park | Block) and step.stage.name.startswith(f"{project}/")
    ]
    for step in own:
        match step:
            case Park():
                return Next(f"People {asked(step, unrolled.batches)}; then", "ymir apply")
            case Block(stage, why):
                return Next(f"{stage.name}: {why}", None)
            case _:
                continue
    return Next(f"{plural(len(own), 'stage')} to make:", "ymir apply") if own else None


def _rounds(
    record: WorkspaceRecord, project: str, placed: Placed, *, is_strict: bool
) -> tuple[RoundRow, ...]:
    rows: list[RoundRow] = []
    before: Figure | None = None
    labels = 0
    for number in range(1, newest_round(project, record.observed) + 1):
        place = RoundOf(project, number)
        stages = _stages(place, record.observed)
        now = figure(stages["judge"].facts, is_strict=is_strict) if "judge" in stages else None
        rows.append(_row(record, place, stages, (before, now), labels, placed))
        before = now or before
        labels += labels_bought(project, number, record.observed)
    return tuple(reversed(rows))


def _stages(place: RoundOf, observed: Snapshot) -> dict[str, Version]:
    return {kind: observed[name] for kind in KINDS if (name := place.stage(kind)) in observed}


def _row(
    record: WorkspaceRecord,
    place: RoundOf,
    stages: Mapping[str, Version],
    figures: tuple[Figure | None, Figure | None],
    labels: int,
    placed: Placed,
) -> RoundRow:
    before, now = figures
    change = now.value - before.value if now and before else None
    noise = hypot(now.half or 0, before.half or 0) if now and before else 0.0
    judge = stages.get("judge")
    return RoundRow(
        number=place.number,
        figure=now,
        change=change,
        is_noise=change is not None and abs(change) <= noise,
        strict=_real(judge.facts.get("map_50_95")) if judge else None,
        labels=labels,
        images=count(stages["training"], "images") if "training" in stages else None,
        seconds=round(sum(seconds_of(each) or 0 for each in stages.values()), 1),
        recorded=record.recorded(round_pointer(place.project, place.number)),
        page=placed.pages.get(str(place)),
        package=placed.packages.get(str(place)),
    )


def _real(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
