"""Unroll a project into the stages of its rounds, as far as can be known now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ymir.plan.barren import brought_nothing
from ymir.plan.batches import BatchState, batches
from ymir.plan.decision import Decision, Figures, decide
from ymir.plan.history import generation_of, gpu_seconds, labels_bought, newest_round
from ymir.plan.planner import Keep, steps
from ymir.plan.relabel import said_of
from ymir.plan.round_stages import RoundStages
from ymir.plan.snapshot import Snapshot
from ymir.plan.spending import Ahead, ahead
from ymir.plan.stage import Graph, Stage
from ymir.plan.world import World
from ymir.spec.project import ProjectSpec


@dataclass(frozen=True)
class Unrolled:
    """One project's stages; how its newest judged round was decided; the round under way."""

    project: ProjectSpec
    stages: Mapping[str, Stage]
    round: int
    decision: Decision | None  # None: no round of this generation is judged, or it is out of date
    figures: tuple[Figures, ...]  # of this generation, oldest first; those that are up to date
    judged: int  # rounds of this generation, until the newest of these
    bought: int
    gpu_seconds: float | None = None  # spent so far, where that is known
    relabel: str | None = None  # what happens to the images that are listed to be labelled again
    batches: tuple[BatchState, ...] = ()  # every one that was sent, oldest first
    ahead: Ahead | None = None  # the one that goes out next


def unroll(
    project: ProjectSpec,
    base: Mapping[str, Stage],
    observed: Snapshot,
    world: World,
    unfit: str | None = None,
) -> Unrolled:
    """Every recorded round, the one under way, and the one after it if the goal asks for more.

    `base` are the datasets and models; `unfit` says why no round can start from the one named.
    """
    last = newest_round(project.name, observed)
    reached = generation_of(project.name, last, observed)
    generation = max(reached, world.generations.get(project.name, 1))
    if last == 0 or reached < generation:
        last += 1
    make = RoundStages(project, observed, world, generation, unfit)
    stages = {name: s for n in range(1, last + 1) for name, s in make.existing(n).items()}
    figures = make.figures(_settled(stages, base, observed, world), last)
    bought = sum(labels_bought(project.name, n, observed) for n in range(1, last + 1))
    decision = None
    newest = figures[-1].round if figures else 0
    judged = _rounds(project.name, generation, newest, observed)
    if newest and (newest == last or make.name(last, "judge") not in observed):
        empty = make.pool_is_empty(newest)
        nothing = brought_nothing(project, newest, observed, world)
        goal = project.goal
        decision = decide(goal, figures, rounds=judged, pool_empty=empty, nothing_new=nothing)
        if decision.stops:
            stages = make.without_unfinished(stages, newest)
            last = newest
        elif newest == last:
            stages |= {**make.batch(last), **make.trained(last + 1)}
    stages |= make.report(last, stages, decision)
    sent = tuple(batches(project.name, last, make.terms, observed, world))
    spent = gpu_seconds(project.name, observed)
    listed = world.relabel.get(project.name)
    return Unrolled(
        project,
        stages,
        last,
        decision,
        figures,
        judged,
        bought,
        spent,
        said_of(project, last, decision, observed, listed),
        sent,
        ahead(project, stages, observed, world),
    )


def _rounds(project: str, generation: int, last: int, observed: Snapshot) -> int:
    """How many rounds of a generation there are until the round `last`."""
    numbers = range(1, last + 1)
    return sum(generation_of(project, number, observed) == generation for number in numbers)


def _settled(
    stages: Mapping[str, Stage], base: Mapping[str, Stage], observed: Snapshot, world: World
) -> frozenset[str]:
    """Of a project's scores, and all that they depend on, the stages that are kept.

    What is recorded and sealed is kept whatever it was made from, so nothing beyond it is asked.
    """
    known = {**base, **stages}
    needed: dict[str, Stage] = {}
    new = [stage for stage in stages.values() if stage.kind == "judge"]
    while new:
        asked = [_as_it_is(stage, observed) for stage in new]
        needed |= {stage.name: stage for stage in asked}
        wanted = dict.fromkeys(name for stage in asked for name in stage.inputs)
        new = [known[name] for name in wanted if name in known and name not in needed]
    decided = steps(Graph.of(needed), observed, world)
    return frozenset(step.stage.name for step in decided if isinstance(step, Keep))


def _as_it_is(stage: Stage, observed: Snapshot) -> Stage:
    is_history = stage.sealed and stage.name in observed
    return replace(stage, inputs=()) if is_history else stage
