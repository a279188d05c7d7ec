"""`ymir executor setup NAME`: give an executor that ships with ymir an environment of its own."""

from enum import StrEnum
from typing import Annotated

import typer

from ymir.cli import console
from ymir.jobs.environment import set_up


class Action(StrEnum):
    """What can be done with an executor."""

    SETUP = "setup"


def command(
    action: Annotated[Action, typer.Argument(help="`setup` installs what the executor needs.")],
    name: Annotated[str, typer.Argument(help="An executor that ships with ymir, e.g. `tinydet`.")],
) -> None:
    """Install what a bundled executor needs, apart from ymir's own packages."""
    match action:
        case Action.SETUP:
            console.out(f"executor `{name}` is ready in {set_up(name)}")
