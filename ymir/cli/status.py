"""`ymir status`: how each project stands."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.images import LocalImages
from ymir.cli.people import label_lines
from ymir.cli.specs import WorkspaceOption
from ymir.cli.words import (
    edit_line,
    model_line,
    plan_data,
    rounds_data,
    rounds_table,
    step_line,
    version_line,
)
from ymir.cli.workspace import Workspace, open_workspace
from ymir.plan.models import MARK
from ymir.plan.plan import plan
from ymir.plan.planner import Block, Park
from ymir.plan.rounds import Unrolled
from ymir.plan.snapshot import Snapshot


def command(
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show datasets, rounds, the decision, and what waits for people."""
    opened = open_workspace(workspace, images=LocalImages())
    observed = opened.store.observe()
    now = plan(opened.catalogue, observed, opened.look())
    if as_json:
        rounds = {each.project.name: rounds_data(each, observed) for each in now.projects}
        console.data({**plan_data(now), "rounds": rounds})
        return
    for line in _imported(opened, observed):
        console.out(line)
    for each in now.projects:
        console.out("\n".join(_project(each, observed)))
    for edit in now.edits:
        console.out(edit_line(edit))
    for step in now.steps:
        if isinstance(step, Block | Park):
            console.out(step_line(step))
    todo = sum(1 for _ in now.pending)
    stages = "1 stage" if todo == 1 else f"{todo} stages"
    console.out(f"{stages} to make: see `ymir plan`" if todo else "nothing to do")


def _project(each: Unrolled, observed: Snapshot) -> Iterator[str]:
    """A project's rounds, how the newest was decided, and what people have to do with it."""
    yield f"\n{each.project.name}"
    rows = rounds_data(each, observed)
    yield from rounds_table(rows) if rows else ("no round yet",)
    if each.decision:
        yield each.decision.says
    yield from label_lines(each, full=True)


def _imported(opened: Workspace, observed: Snapshot) -> Iterator[str]:
    """Datasets and models, in the order of their specs."""
    for name in opened.catalogue.datasets:
        yield version_line(name, observed[name]) if name in observed else f"{name}  not made yet"
    for name in opened.catalogue.models:
        version = observed.get(f"{MARK}{name}")
        yield model_line(name, version) if version else f"{name}  not made yet"
