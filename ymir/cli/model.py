"""`ymir model …`: look at models, hand them over, see whether a package is what it promises."""

import typer

from ymir.cli.group import Group


class _Subcommands(Group):
    """One module each, in the order in which people need them."""

    modules = {  # noqa: RUF012 - as the group declares it
        name: f"ymir.cli.models.{name}" for name in ("ls", "show", "export", "verify")
    }


command = typer.Typer(
    cls=_Subcommands,
    name="model",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Look at imported models and at those of rounds, hand them over, prove packages.",
)


@command.callback()
def _model() -> None:
    """Nothing by itself."""
