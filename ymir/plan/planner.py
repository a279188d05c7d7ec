"""Compare what is wanted with what exists."""

from __future__ import annotations

from dataclasses import dataclass

from ymir.plan.batches import BatchState, step_of
from ymir.plan.relabel import is_answer
from ymir.plan.snapshot import Recipe, Snapshot, Version, recipe_for
from ymir.plan.stage import Graph, Stage
from ymir.plan.world import World


@dataclass(frozen=True)
class Keep:
    """Up to date, or sealed."""

    stage: Stage


@dataclass(frozen=True)
class Run:
    """Can run now, and must."""

    stage: Stage
    recipe: Recipe
    why: str


@dataclass(frozen=True)
class Park:
    """People have the batch; runs when they are done. `what` tells them what to do."""

    stage: Stage
    recipe: Recipe
    what: str


@dataclass(frozen=True)
class Wait:
    """Cannot be decided until `on` have run: their new content may turn out the same."""

    stage: Stage
    on: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """Cannot run until a person acts; `why` says what is wrong and what to do."""

    stage: Stage
    why: str
    by_gate: bool = False  # nothing is broken: the project asked to be stopped here


@dataclass(frozen=True)
class Prune:
    """Exists, but no spec asks for it. Never done by `apply`."""

    name: str


Step = Keep | Run | Park | Wait | Block | Prune


def steps(desired: Graph, observed: Snapshot, world: World) -> tuple[Step, ...]:
    """Decide every stage from its recipe alone, inputs first. Pure: no clock, files or chance."""
    decided: list[Step] = []
    unsettled: set[str] = set()
    for stage in desired:
        step = _decide(stage, observed, world, unsettled)
        if not isinstance(step, Keep):
            unsettled.add(stage.name)
        decided.append(step)
    return tuple(decided)


def _decide(stage: Stage, observed: Snapshot, world: World, unsettled: set[str]) -> Step:
    version = observed.get(stage.name)
    if version and stage.sealed:
        return Keep(stage)
    blockers = tuple(name for name in stage.inputs if name in unsettled)
    if blockers:
        return Block(stage, stage.obstacle) if stage.obstacle else Wait(stage, on=blockers)
    recipe = recipe_for(stage, observed)
    why = _why(recipe, version)
    if why is None:
        return Keep(stage)
    if stage.obstacle:
        return Block(stage, stage.obstacle)
    if stage.gate:
        return Block(stage, stage.gate, by_gate=True)
    if recipe.digest in world.failures:
        why = world.failures[recipe.digest]
        return Block(stage, f"failed: {why}; `ymir apply --retry` tries it again")
    if stage.kind == "label":
        now = step_of(stage, observed, world)
        return Run(stage, recipe, now) if isinstance(now, str) else _park(stage, recipe, now, world)
    return Run(stage, recipe, f"{why}{_tried(stage, world)}")


def _park(stage: Stage, recipe: Recipe, state: BatchState, world: World) -> Park:
    return Park(stage, recipe, state.words(world.now))


def _tried(stage: Stage, world: World) -> str:
    """Of a batch that could not be sent: why not, as far as this machine knows."""
    looked = world.batches.get(stage.name) if stage.kind == "send" else None
    return f"; waits: {looked.why}" if looked and looked.why else ""


def _why(recipe: Recipe, version: Version | None) -> str | None:
    if version is None:
        return "does not exist yet"
    changed = sorted({name for name, _ in version.recipe.content ^ recipe.content})
    if recipe.kind == "dataset" and changed and all(map(is_answer, changed)):
        return f"people corrected it: {', '.join(changed)}"
    if changed:
        return f"changed: {', '.join(changed)}"
    return "settings changed" if recipe.settings != version.recipe.settings else None
