"""`ymir notify`: tell what has changed, or try whether anybody can be told."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.running.notifying import Delivery, notify, trial
from ymir.cli.specs import WorkspaceOption
from ymir.cli.workspace import open_workspace
from ymir.errors import Exit, SpecError

_HOW = "`notify` of the Workspace says who: `ymir explain Workspace.notify`"


def command(
    workspace: WorkspaceOption = Path(),
    is_test: Annotated[
        bool, typer.Option("--test", help="Send a trial notice on every way, and say what comes.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell those whom the Workspace names what has changed since they were told last."""
    opened = open_workspace(workspace)
    if is_test and not opened.catalogue.workspace.notify:
        raise SpecError("nobody is to be told", hint=_HOW)
    done = tuple(trial(opened)) if is_test else notify(opened.root)
    if as_json:
        console.data([asdict(each) for each in done])
    elif not opened.catalogue.workspace.notify:
        console.out(f"nobody is to be told; {_HOW}")
    else:
        _show(done)
    raise typer.Exit(Exit.DONE if all(each.is_told for each in done) else Exit.FAILED)


def _show(done: tuple[Delivery, ...]) -> None:
    for each in done:
        console.out(f"{'✓' if each.is_told else '✗'} {each.use}: {each.title}  ({each.said})")
    if not done:
        console.out("nothing has changed since")
