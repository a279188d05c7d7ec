"""The `ymir` command: one name per subcommand; a command's module is imported when it is called."""

import os
import sys
from collections.abc import Collection, Mapping
from traceback import format_exception
from types import TracebackType

import typer
from typer._click.exceptions import ClickException  # typer brings its own click

from ymir import __version__
from ymir.cli.console import error as problem
from ymir.cli.console import out, show_error
from ymir.cli.examples import epilog
from ymir.cli.group import PLAIN, Group
from ymir.cli.hearing import heard
from ymir.dvc.files import refused
from ymir.errors import Exit, YmirError
from ymir.vault import remember_named

# Section of `ymir --help` -> its commands, in the order in which people meet them.
SECTIONS: Mapping[str, Collection[str]] = {
    "Begin": ("init", "migrate", "executor"),
    "The loop": ("validate", "plan", "apply", "watch", "status", "jobs", "log", "rollback"),
    "With others": ("labels", "push", "pull", "lock", "notify", "ci"),
    "Look": ("report", "compare", "simulate", "predict", "site", "serve"),
    "Data and models": ("dataset", "model"),
    "Keep in order": ("doctor", "fsck", "prune", "gc"),
    "Help": ("explain", "schema"),
}
# Module that defines a command as `command`, where it is not named like the command.
MODULES: Mapping[str, str] = {"jobs": "ymir.cli.jobs.group", "labels": "ymir.cli.labels.group"}


_INTERRUPTED = 130  # of click, where Ctrl-C ends a command


class Commands(Group):
    """All of them."""

    modules = {  # noqa: RUF012 - as the group declares it
        name: MODULES.get(name, f"ymir.cli.{name}") for names in SECTIONS.values() for name in names
    }
    sections = SECTIONS


cli = typer.Typer(
    cls=Commands,
    name="ymir",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings=PLAIN,
    epilog=epilog("ymir"),
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
    remember_named(os.environ)
    sys.excepthook = _crash
    try:
        with refused(), heard():
            code = cli(prog_name="ymir", standalone_mode=False)
    except YmirError as error:
        show_error(error, as_json="--json" in sys.argv)
        code = error.exit_code
    except typer.Abort:
        code = Exit.PENDING
    except ClickException as error:
        error.show()
        code = Exit.FAILED  # where click says 2, which here means that changes are pending
    if code == _INTERRUPTED:
        problem("stopped; what is recorded stays, and the same command goes on from there")
    sys.exit(code or Exit.DONE)


def _crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say what a bug of ours has done, without the secrets that are in it."""
    problem("".join(format_exception(kind, error, trace)).rstrip())


if __name__ == "__main__":
    app()
