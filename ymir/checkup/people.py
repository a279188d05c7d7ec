"""Batches that people have: whether they can be worked on, and how late they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ymir.checkup.finding import Finding, Severity
from ymir.plan.batches import BatchState, state_of
from ymir.plan.due import is_late
from ymir.plan.plan import Plan
from ymir.plan.snapshot import Snapshot
from ymir.plan.stage import RoundOf
from ymir.plan.world import World

_FOLDERS = "labels/"  # where the tool `folder` hands out


def look(workspace: Path, now: Plan, observed: Snapshot, world: World) -> Iterator[Finding]:
    """Each batch that is out, as it is known without asking its tool."""
    stages = {name: each for project in now.projects for name, each in project.stages.items()}
    for name in observed:
        place = RoundOf.of(name)
        if place is None or name != place.stage("send"):
            continue
        stage = stages.get(place.stage("label"))
        if stage is None:  # its round was given up, or its project has no spec
            continue
        state = state_of(place, observed[name], stage.settings, observed, world)
        if not state.is_back and state.where is not None:
            yield from batch(workspace, state, world.now)


def batch(workspace: Path, state: BatchState, now: float) -> Iterator[Finding]:
    """What is wrong with one that people have."""
    where = state.where or ""
    if where.startswith(_FOLDERS) and not (workspace / where).is_dir():
        what = f"its folder `{where}` is not here; it is handed out again"
        yield _found("batch-away", "warning", state, what, "ymir apply")
    if state.why:
        what = f"its tool could not be asked: {state.why}"
        yield _found("batch-silent", "warning", state, what, f"ymir labels show {state.name}")
    if is_late(state.due, now):
        what = "its deadline has passed"
        yield _found("batch-late", "warning", state, what, "ymir apply")


def _found(code: str, severity: Severity, state: BatchState, what: str, mend: str) -> Finding:
    return Finding("people", code, severity, f"batch {state.name}", what, mend)
