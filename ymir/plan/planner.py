"""Compare what is wanted with what exists."""

from __future__ import annotations

from dataclasses import dataclass

from ymir.plan.batches import BatchState, step_of, taken_in_words
from ymir.plan.reason import Reason, reason_of
from ymir.plan.snapshot import Recipe, Snapshot, recipe_for
from ymir.plan.stage import Graph, Stage
from ymir.plan.world import World

_CURRENT = Reason("current")
_NEW = Reason("new")
_WAITS_FOR_PEOPLE = Reason("waits-for-people")
_WAITS_FOR_INPUTS = Reason("waits-for-inputs")
_OBSTACLE = Reason("obstacle")
_SUSPENDED = Reason("suspended")
_UNASKED = Reason("unasked")


@dataclass(frozen=True)
class Keep:
    """Up to date, or sealed."""

    stage: Stage
    reason: Reason = _CURRENT


@dataclass(frozen=True)
class Run:
    """Can run now, and must."""

    stage: Stage
    recipe: Recipe
    why: str
    reason: Reason = _NEW


@dataclass(frozen=True)
class Park:
    """People have the batch; runs when they are done. `what` tells them what to do."""

    stage: Stage
    recipe: Recipe
    what: str
    reason: Reason = _WAITS_FOR_PEOPLE


@dataclass(frozen=True)
class Wait:
    """Cannot be decided until `on` have run: their new content may turn out the same."""

    stage: Stage
    on: tuple[str, ...]
    reason: Reason = _WAITS_FOR_INPUTS


@dataclass(frozen=True)
class Block:
    """Cannot run until a person acts; `why` says what is wrong and what to do."""

    stage: Stage
    why: str
    by_gate: bool = False  # nothing is broken: the project asked to be stopped here
    reason: Reason = _OBSTACLE


@dataclass(frozen=True)
class Suspend:
    """Would be made, but a spec says `suspend: true`; or needs what is not made because of that."""

    stage: Stage
    why: str
    reason: Reason = _SUSPENDED


@dataclass(frozen=True)
class Prune:
    """Exists, but no spec asks for it. Never done by `apply`."""

    name: str
    reason: Reason = _UNASKED


Done = Run | Park | Wait  # what `apply` does, now or later
Step = Keep | Run | Park | Wait | Block | Suspend | Prune


def steps(desired: Graph, observed: Snapshot, world: World) -> tuple[Step, ...]:
    """Decide every stage from its recipe alone, inputs first. Pure: no clock, files or chance."""
    decided: list[Step] = []
    unsettled: set[str] = set()
    halted: set[str] = set()
    for stage in desired:
        step = _decide(stage, observed, world, unsettled | halted)
        if not isinstance(step, Keep):
            step = _suspended(stage, halted) or step
        if isinstance(step, Suspend):
            if stage.round or stage.name not in observed:  # a dataset's versions stay usable
                halted.add(stage.name)
        elif not isinstance(step, Keep):
            unsettled.add(stage.name)
        decided.append(step)
    return tuple(decided)


def _suspended(stage: Stage, halted: set[str]) -> Suspend | None:
    """Whether a stage that is not as it should be is left so, because a spec asks for that."""
    if stage.suspended:
        return Suspend(stage, f"suspended: {stage.suspended}")
    missing = [name for name in stage.inputs if name in halted]
    return Suspend(stage, f"needs {', '.join(missing)}, suspended") if missing else None


def _decide(stage: Stage, observed: Snapshot, world: World, unsettled: set[str]) -> Step:
    version = observed.get(stage.name)
    if version and stage.sealed:
        return Keep(stage)
    blockers = tuple(name for name in stage.inputs if name in unsettled)
    if blockers:
        return Block(stage, stage.obstacle) if stage.obstacle else Wait(stage, on=blockers)
    recipe = recipe_for(stage, observed)
    found = reason_of(recipe, version)
    if found is None:
        return Keep(stage)
    return _stopped(stage, recipe, world) or _made(stage, recipe, observed, world, found)


def _stopped(stage: Stage, recipe: Recipe, world: World) -> Block | None:
    """What a person must mend before the stage can be made."""
    if stage.obstacle:
        return Block(stage, stage.obstacle)
    if stage.gate:
        return Block(stage, stage.gate, by_gate=True, reason=Reason("gate"))
    if recipe.digest in world.failures:
        why = f"failed: {world.failures[recipe.digest]}; `ymir apply --retry` tries it again"
        return Block(stage, why, reason=Reason("failed"))
    return None


def _made(
    stage: Stage, recipe: Recipe, observed: Snapshot, world: World, found: tuple[Reason, str]
) -> Run | Park:
    reason, why = found
    if stage.kind != "label":
        return Run(stage, recipe, f"{why}{_tried(stage, world)}", reason)
    now = step_of(stage, observed, world)
    if isinstance(now, BatchState):
        return Park(stage, recipe, now.words(world.now))
    return Run(stage, recipe, taken_in_words(now), Reason(now, reason.differences))


def _tried(stage: Stage, world: World) -> str:
    """Of a batch that could not be sent: why not, as far as this machine knows."""
    looked = world.batches.get(stage.name) if stage.kind == "send" else None
    return f"; waits: {looked.why}" if looked and looked.why else ""
