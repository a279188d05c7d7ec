"""`ymir executor ls`: the workspace's executors and those that ship with ymir, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.datasets import layout
from ymir.cli.executors.facts import Facts, facts_of
from ymir.cli.executors.subject import Subject, executors_of, known
from ymir.cli.images import LocalImages
from ymir.cli.specs import WorkspaceOption
from ymir.jobs.environment import bundled

_HEADS = ("executor", "runs", "state", "digest", "tasks", "gpus")


def command(
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List executors: how each is run, whether it can be run here, and what it can do."""
    images = LocalImages()
    rows = [facts_of(each, workspace, images) for each in _all(workspace)]
    if as_json:
        console.data([each.data for each in rows])
        return
    console.out("\n".join(layout.table([_HEADS, *map(_cells, rows)], right=(5,))))


def _all(workspace: Path) -> Iterator[Subject]:
    """The workspace's own first; one that ships with ymir only where none has its name."""
    for name in dict.fromkeys((*executors_of(workspace)[0], *bundled())):
        if found := known(name, workspace):
            yield found


def _cells(row: Facts) -> tuple[str, ...]:
    data: dict[str, JsonValue] = row.data
    tasks = data["tasks"]
    return (
        str(data["name"]),
        layout.plain(str(data["runs"])),
        str(data["state"]),
        str(data["digest"])[:12],
        ", ".join(map(str, tasks)) if isinstance(tasks, dict) and tasks else "-",
        str(row.subject.spec.resources.gpus),
    )
