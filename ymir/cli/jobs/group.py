"""`ymir jobs …`: see what executors do, read what they print, end them."""

from pathlib import Path
from typing import Annotated

import typer

from ymir.cli.group import Group
from ymir.cli.jobs.ls import AllOption, show
from ymir.cli.specs import WorkspaceOption


class _Subcommands(Group):
    """One module each, in the order in which people need them."""

    modules = {  # noqa: RUF012 - as the group declares it
        name: f"ymir.cli.jobs.{name}" for name in ("ls", "logs", "stop")
    }


command = typer.Typer(
    cls=_Subcommands,
    name="jobs",
    add_completion=False,
    pretty_exceptions_enable=False,
    help="See what executors do, read what they print, end them. By itself: `ls`.",
)


@command.callback(invoke_without_command=True)
def _jobs(
    context: typer.Context,
    workspace: WorkspaceOption = Path(),
    every: AllOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    if context.invoked_subcommand is None:
        show(workspace, every=every, as_json=as_json)
