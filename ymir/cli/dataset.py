"""`ymir dataset …`: look at datasets, compare their versions, write them out."""

import typer

from ymir.cli.group import Group


class _Subcommands(Group):
    """One module each, in the order in which people need them."""

    modules = {  # noqa: RUF012 - as the group declares it
        name: f"ymir.cli.datasets.{name}"
        for name in ("ls", "show", "log", "diff", "check", "open", "export")
    }


command = typer.Typer(
    cls=_Subcommands,
    name="dataset",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Look at datasets: what is in them, how versions differ, what is wrong; write them out.",
)


@command.callback()
def _dataset() -> None:
    """Nothing by itself."""
