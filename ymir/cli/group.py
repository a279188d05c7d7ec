"""A group of commands whose modules are imported when they are called."""

import importlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer
from typer._click import Command, Context, HelpFormatter  # typer brings its own click
from typer._click.shell_completion import CompletionItem
from typer.core import TyperGroup

from ymir.cli.completing import ARGUMENTS, complete_names, is_only_names
from ymir.cli.examples import epilog
from ymir.cli.summary import brief, summary
from ymir.errors import SpecError
from ymir.plugins import nearest

# What help is asked by, and how wide it may become.
PLAIN: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Group(TyperGroup):
    """Finds a command by name, so that `ymir plan` does not pay for what `ymir push` imports.

    A module defines `command`: a function, or a `typer.Typer` that is a group of its own.
    """

    modules: ClassVar[Mapping[str, str]] = {}
    sections: ClassVar[Mapping[str, Collection[str]]] = {}  # of the help; else all in one

    def list_commands(self, ctx: Context) -> list[str]:
        """All names, in order."""
        return list(self.modules)

    def get_command(self, ctx: Context, cmd_name: str) -> Command:
        """Import the command's module and wrap its function."""
        if cmd_name not in self.modules:
            raise SpecError(f"`{cmd_name}` is no command", hint=nearest(cmd_name, self.modules))
        path = _path(ctx, cmd_name)
        if path in ARGUMENTS and is_only_names():
            command = _of_names
        else:
            command = importlib.import_module(self.modules[cmd_name]).command
        if isinstance(command, typer.Typer):
            return dressed(typer.main.get_command(command), path)
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(cmd_name)(command)
        return dressed(typer.main.get_command(alone), path)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """The commands by section; nothing is imported for that."""
        width = max(map(len, self.modules))
        for title, names in (self.sections or {"Commands": self.modules}).items():
            with formatter.section(title):
                rows = [(f"{name:{width}}", brief(summary(self.modules[name]))) for name in names]
                formatter.write_dl(rows)

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin so, and the options; nothing is imported for that."""
        names = [name for name in self.modules if name.startswith(incomplete)]
        found = [CompletionItem(name, help=brief(summary(self.modules[name]))) for name in names]
        return found + Command.shell_complete(self, ctx, incomplete)


def _of_names(
    names: Annotated[list[str] | None, typer.Argument()] = None,
    workspace: Annotated[Path, typer.Option("--workspace", "-C")] = Path(),
) -> None:
    """Stand for a command whose names are completed: its module need not be imported."""


def _path(ctx: Context | None, name: str) -> str:
    """What people type to call the command."""
    return " ".join(filter(None, (ctx.command_path if ctx else "", name)))


def dressed(command: Command, path: str) -> Command:
    """The command, and those in it, with examples and a help that every terminal and pipe shows."""
    command.rich_markup_mode = None  # type: ignore[attr-defined]  # both of typer's classes have it
    command.context_settings = {**command.context_settings, **PLAIN}
    command.epilog = epilog(path)
    command.short_help = brief(command.help or "")
    complete_names(command, path)
    for name, each in getattr(command, "commands", {}).items():
        dressed(each, f"{path} {name}")
    return command
