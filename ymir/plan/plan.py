"""The plan: every step, how each project stands, and what follows."""

from __future__ import annotations

from dataclasses import dataclass

from ymir.plan.compile import dataset_stages
from ymir.plan.decision import HOUR, wanted
from ymir.plan.edits import Edit, edits
from ymir.plan.models import model_stages, why_unfit
from ymir.plan.planner import Block, Keep, Park, Prune, Run, Step, Suspend, Wait, steps
from ymir.plan.round_stages import LABELLED
from ymir.plan.rounds import Unrolled, unroll
from ymir.plan.snapshot import Snapshot
from ymir.plan.stage import Graph
from ymir.plan.world import World
from ymir.spec.catalogue import Catalogue

_URGENCY = {"report": 1, **dict.fromkeys(LABELLED, 2)}


@dataclass(frozen=True)
class Plan:
    """One step per stage, inputs first."""

    steps: tuple[Step, ...] = ()
    projects: tuple[Unrolled, ...] = ()
    edits: tuple[Edit, ...] = ()

    @property
    def ready(self) -> tuple[Run | Park, ...]:
        """What can be tried now; a round is reported before the next batch is mined."""
        now = [step for step in self.steps if isinstance(step, Run | Park)]
        return tuple(sorted(now, key=lambda step: _URGENCY.get(step.stage.kind, 0)))

    @property
    def pending(self) -> tuple[Step, ...]:
        """What is not as the specs want it."""
        return tuple(step for step in self.steps if not isinstance(step, Keep | Suspend | Prune))

    @property
    def shown(self) -> tuple[Step, ...]:
        """What is not as the specs want it, and what they leave so."""
        return tuple(step for step in self.steps if not isinstance(step, Keep | Prune))

    @property
    def is_settled(self) -> bool:
        """True when everything wanted exists."""
        return not self.pending

    @property
    def is_parked(self) -> bool:
        """True when only people can bring this on."""
        kinds = {type(step) for step in self.pending}
        return Park in kinds and kinds <= {Park, Wait}

    @property
    def blocked(self) -> tuple[Block, ...]:
        """What a person must mend first."""
        return tuple(step for step in self.steps if isinstance(step, Block))


def plan(catalogue: Catalogue, observed: Snapshot, world: World) -> Plan:
    """Compare the specs with what exists. Pure: no clock, no files, no chance."""
    datasets = dataset_stages(catalogue, observed, world)
    base = datasets | model_stages(catalogue, observed, world)
    projects = tuple(
        unroll(project, base, observed, world, why_unfit(project, catalogue, observed))
        for project in catalogue.projects.values()
    )
    stages = base | {name: s for each in projects for name, s in each.stages.items()}
    decided = steps(Graph.of(stages), observed, world)
    unwanted = sorted({_owner(name) for name in observed if _owner(name) not in stages})
    owners = {*base, *catalogue.projects}
    prunes = tuple(Prune(name) for name in unwanted if name not in owners)
    changed = tuple(edit for each in projects for edit in edits(each, observed, world))
    return Plan((*decided, *prunes), projects, changed)


def forecast(unrolled: Unrolled) -> str | None:
    """What follows the steps of the plan, in words; None when nothing does."""
    if unrolled.decision and unrolled.decision.stops:
        return None
    goal = unrolled.project.goal
    judged = len(unrolled.figures)
    left = goal.rounds - judged - 1
    if left <= 0:
        return None
    return f"then up to {left} more round{'s' * (left > 1)} until {wanted(goal)}"


def spent(unrolled: Unrolled) -> str | None:
    """What is spent of the budget of GPU-hours, in words; None where there is none."""
    budget = unrolled.project.goal.gpu_hours
    hours = (unrolled.gpu_seconds or 0.0) / HOUR
    return None if budget is None else f"{hours:.2f} of {budget:g} GPU-hours spent"


def _owner(name: str) -> str:
    return name.split("/")[0].partition("@")[0]
