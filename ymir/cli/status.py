"""`ymir status`: how each project stands."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.images import LocalImages
from ymir.cli.measures import text_of, write_metrics
from ymir.cli.people import label_lines
from ymir.cli.running.notifying import standing
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
from ymir.conditions.dated import Dated
from ymir.conditions.runs import last_ended
from ymir.plan.due import span
from ymir.plan.history import mining_so_far
from ymir.plan.models import MARK
from ymir.plan.plan import Plan, plan
from ymir.plan.planner import Block, Park
from ymir.plan.rounds import Unrolled
from ymir.plan.snapshot import Snapshot

_STANDARD_OUTPUT = Path("-")


def command(
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    metrics_into: Annotated[
        Path | None,
        typer.Option(
            "--metrics-into",
            help="Write metrics for Prometheus to this file, as node_exporter reads them; to `-`, "
            "print them and nothing else.",
            dir_okay=False,
            allow_dash=True,
        ),
    ] = None,
) -> None:
    """Show datasets, rounds, the decision, and what waits for people."""
    opened = open_workspace(workspace, images=LocalImages())
    observed = opened.store.observe()
    now = plan(opened.catalogue, observed, opened.look())
    found = standing(opened, now)
    if metrics_into:
        text = text_of(now, found, last_ended(opened.root))
        if metrics_into == _STANDARD_OUTPUT:
            console.out(text.removesuffix("\n"))
            return
        write_metrics(metrics_into, text)
    if as_json:
        rounds = {each.project.name: rounds_data(each, observed) for each in now.projects}
        said = [each.data() for each in found]
        names = (each.project.name for each in now.projects)
        pays = {name: dict(it) for name in names if (it := mining_so_far(name, observed))}
        console.data({**plan_data(now), "rounds": rounds, "conditions": said, "mining": pays})
    else:
        console.out("\n".join(status_lines(opened, observed, now, found)))


def status_lines(
    opened: Workspace, observed: Snapshot, now: Plan, found: Sequence[Dated]
) -> Iterator[str]:
    """Datasets and models, each project, what was edited, and what cannot go on by itself."""
    yield from _imported(opened, observed)
    for each in now.projects:
        yield from _project(each, observed, found)
    yield from map(edit_line, now.edits)
    yield from (step_line(step) for step in now.steps if isinstance(step, Block | Park))
    todo = sum(1 for _ in now.pending)
    stages = "1 stage" if todo == 1 else f"{todo} stages"
    yield f"{stages} to make: see `ymir plan`" if todo else "nothing to do"


def _project(each: Unrolled, observed: Snapshot, found: Sequence[Dated]) -> Iterator[str]:
    """A project's conditions and rounds, how the newest was decided, and what people owe."""
    own = [
        d for d in found if (d.condition.kind, d.condition.name) == ("project", each.project.name)
    ]
    yield f"\n{each.project.name}  ({_generation(own)})"
    yield from condition_lines(own, time.time())
    rows = rounds_data(each, observed)
    yield from rounds_table(rows) if rows else ("no round yet",)
    if each.decision:
        yield each.decision.says
    if pays := mining_so_far(each.project.name, observed):
        yield pays["says"]
    yield from label_lines(each, full=True)


def _imported(opened: Workspace, observed: Snapshot) -> Iterator[str]:
    """Datasets and models, in the order of their specs."""
    for name in opened.catalogue.datasets:
        yield version_line(name, observed[name]) if name in observed else f"{name}  not made yet"
    for name in opened.catalogue.models:
        version = observed.get(f"{MARK}{name}")
        yield model_line(name, version) if version else f"{name}  not made yet"


def condition_lines(found: Sequence[Dated], now: float) -> Iterator[str]:
    """Conditions as aligned text: what holds, why, since when, and what is behind it."""
    for each in found:
        it = each.condition
        since = f"{span(now - each.since)} ago"
        said = f"  {it.type:<16}  {it.status:<7}  {it.reason:<19}  {since:<10}  {it.message}"
        yield said.splitlines()[0]


def _generation(found: Sequence[Dated]) -> str:
    """Which state of its spec the conditions of a project speak of."""
    generation = found[0].generation
    commit = f", commit {generation.commit[:8]}" if generation.commit else ""
    edited = ", specs edited since" if generation.edited else ""
    return f"spec {generation.digest}{commit}{edited}"
