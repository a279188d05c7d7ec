"""`ymir plan`: what `ymir apply` would do."""

from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.specs import WorkspaceOption
from ymir.cli.words import plan_data, plan_lines
from ymir.cli.workspace import open_workspace
from ymir.errors import Exit
from ymir.plan.plan import Plan, plan


def command(
    workspace: WorkspaceOption = Path(),
    full: Annotated[bool, typer.Option("--full", help="Also show what is up to date.")] = False,
    refresh: Annotated[
        bool,
        typer.Option(
            "--refresh",
            help="Look at every file of large sources, as `apply` does, not at folders.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what differs between the specs and the data; exit 2 if something does."""
    opened = open_workspace(workspace, is_thorough=refresh)
    observed = opened.store.observe()
    now = plan(opened.catalogue, observed, opened.look())
    if as_json:
        console.data(plan_data(now))
    else:
        console.out("\n".join(plan_lines(now, full=full)))
    raise typer.Exit(exit_code(now))


def exit_code(now: Plan) -> Exit:
    """Nothing to do, parked for people, or changes pending."""
    if now.is_settled:
        return Exit.DONE
    return Exit.PARKED if now.is_parked else Exit.PENDING
