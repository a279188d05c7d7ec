"""The `ymir` command: one line per subcommand; a command's module is imported when it is called."""

import importlib
import sys
from collections.abc import Mapping

import typer
from typer._click.exceptions import ClickException  # typer brings its own click
from typer.core import TyperGroup

from ymir import __version__
from ymir.cli.console import out, show_error
from ymir.dvc.files import refused
from ymir.errors import Exit, SpecError, YmirError
from ymir.plugins import nearest

# Command -> module that defines it as `command`, in the order in which people meet them.
COMMANDS: Mapping[str, str] = {
    "init": "ymir.cli.init",
    "validate": "ymir.cli.validate",
    "plan": "ymir.cli.plan",
    "apply": "ymir.cli.apply",
    "status": "ymir.cli.status",
    "log": "ymir.cli.log",
    "report": "ymir.cli.report",
    "predict": "ymir.cli.predict",
    "push": "ymir.cli.push",
    "pull": "ymir.cli.pull",
    "explain": "ymir.cli.explain",
    "schema": "ymir.cli.schema",
    "executor": "ymir.cli.executor",
}


class Commands(TyperGroup):
    """Finds a command by name, so that `ymir plan` does not pay for what `ymir push` imports."""

    def list_commands(self, ctx: object) -> list[str]:
        """All names, in order."""
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str):  # type: ignore[no-untyped-def]  # noqa: ANN201 - click's own types are vendored by typer
        """Import the command's module and wrap its function."""
        if cmd_name not in COMMANDS:
            raise SpecError(f"`{cmd_name}` is no command", hint=nearest(cmd_name, COMMANDS))
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(cmd_name)(importlib.import_module(COMMANDS[cmd_name]).command)
        return typer.main.get_command(alone)


cli = typer.Typer(
    cls=Commands,
    name="ymir",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Declarative training loops for object detection: specs in, models that meet a goal out.",
)


@cli.callback(invoke_without_command=True)
def _ymir(*, version: bool = typer.Option(False, "--version", help="Print the version.")) -> None:
    if version:
        out(__version__)
        raise typer.Exit


def app() -> None:
    """Run the command line; turn the errors users can fix into words and an exit code."""
    try:
        with refused():
            code = cli(standalone_mode=False)
    except YmirError as error:
        show_error(error, as_json="--json" in sys.argv)
        code = error.exit_code
    except typer.Abort:
        code = Exit.PENDING
    except ClickException as error:
        error.show()
        code = Exit.FAILED  # where click says 2, which here means that changes are pending
    sys.exit(code or Exit.DONE)


if __name__ == "__main__":
    app()
