"""`ymir labels …`: see what people have, take in what they did, and call it off."""

from pathlib import Path
from typing import Annotated

import typer

from ymir.cli.group import Group
from ymir.cli.labels.ls import OfflineOption, OpenOption, show
from ymir.cli.specs import WorkspaceOption


class _Subcommands(Group):
    """One module each, in the order in which people need them."""

    modules = {  # noqa: RUF012 - as the group declares it
        name: f"ymir.cli.labels.{name}" for name in ("ls", "show", "pull", "cancel")
    }


command = typer.Typer(
    cls=_Subcommands,
    name="labels",
    add_completion=False,
    pretty_exceptions_enable=False,
    help="See what people have, take in what they did, call it off. By itself: `ls`.",
)


@command.callback(invoke_without_command=True)
def _labels(
    context: typer.Context,
    workspace: WorkspaceOption = Path(),
    only_open: OpenOption = False,
    offline: OfflineOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    if context.invoked_subcommand is None:
        show(workspace, only_open=only_open, offline=offline, as_json=as_json)
