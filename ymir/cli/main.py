"""The `ymir` command: one line per subcommand; a command's module is imported when it is called."""

import os
import sys
from collections.abc import Mapping
from traceback import format_exception
from types import TracebackType

import typer
from typer._click.exceptions import ClickException  # typer brings its own click

from ymir import __version__
from ymir.cli.console import error as problem
from ymir.cli.console import out, show_error
from ymir.cli.group import Group
from ymir.cli.hearing import heard
from ymir.dvc.files import refused
from ymir.errors import Exit, YmirError
from ymir.vault import remember_named

# Command -> module that defines it as `command`, in the order in which people meet them.
COMMANDS: Mapping[str, str] = {
    "init": "ymir.cli.init",
    "migrate": "ymir.cli.migrate",
    "validate": "ymir.cli.validate",
    "plan": "ymir.cli.plan",
    "apply": "ymir.cli.apply",
    "watch": "ymir.cli.watch",
    "status": "ymir.cli.status",
    "notify": "ymir.cli.notify",
    "log": "ymir.cli.log",
    "jobs": "ymir.cli.jobs.group",
    "labels": "ymir.cli.labels.group",
    "lock": "ymir.cli.lock",
    "dataset": "ymir.cli.dataset",
    "model": "ymir.cli.model",
    "report": "ymir.cli.report",
    "site": "ymir.cli.site",
    "serve": "ymir.cli.serve",
    "compare": "ymir.cli.compare",
    "simulate": "ymir.cli.simulate",
    "predict": "ymir.cli.predict",
    "push": "ymir.cli.push",
    "pull": "ymir.cli.pull",
    "rollback": "ymir.cli.rollback",
    "prune": "ymir.cli.prune",
    "gc": "ymir.cli.gc",
    "fsck": "ymir.cli.fsck",
    "doctor": "ymir.cli.doctor",
    "ci": "ymir.cli.ci",
    "explain": "ymir.cli.explain",
    "schema": "ymir.cli.schema",
    "executor": "ymir.cli.executor",
}


_INTERRUPTED = 130  # of click, where Ctrl-C ends a command


class Commands(Group):
    """All of them."""

    modules = COMMANDS


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
    remember_named(os.environ)
    sys.excepthook = _crash
    try:
        with refused(), heard():
            code = cli(standalone_mode=False)
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
