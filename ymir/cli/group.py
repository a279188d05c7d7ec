"""A group of commands whose modules are imported when they are called."""

import importlib
from collections.abc import Mapping
from typing import ClassVar

import typer
from typer.core import TyperGroup

from ymir.errors import SpecError
from ymir.plugins import nearest


class Group(TyperGroup):
    """Finds a command by name, so that `ymir plan` does not pay for what `ymir push` imports.

    A module defines `command`: a function, or a `typer.Typer` that is a group of its own.
    """

    modules: ClassVar[Mapping[str, str]] = {}

    def list_commands(self, ctx: object) -> list[str]:
        """All names, in order."""
        return list(self.modules)

    def get_command(self, ctx: object, cmd_name: str):  # type: ignore[no-untyped-def]  # noqa: ANN201 - click's own types are vendored by typer
        """Import the command's module and wrap its function."""
        if cmd_name not in self.modules:
            raise SpecError(f"`{cmd_name}` is no command", hint=nearest(cmd_name, self.modules))
        command = importlib.import_module(self.modules[cmd_name]).command
        if isinstance(command, typer.Typer):
            return typer.main.get_command(command)
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(cmd_name)(command)
        return typer.main.get_command(alone)
