"""`ymir executor …`: write executors, check them, look at them, make their images."""

import typer

from ymir.cli.group import Group


class _Subcommands(Group):
    """One module each, in the order in which people need them."""

    modules = {  # noqa: RUF012 - as the group declares it
        name: f"ymir.cli.executors.{name}"
        for name in ("ls", "show", "setup", "new", "check", "build")
    }


command = typer.Typer(
    cls=_Subcommands,
    name="executor",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Write executors, check that they keep the contract, look at them, build their images.",
)


@command.callback()
def _executor() -> None:
    """Nothing by itself."""
