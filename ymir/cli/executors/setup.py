"""`ymir executor setup`: give an executor that ships with ymir an environment of its own."""

from typing import Annotated

import typer

from ymir.cli import console
from ymir.jobs.environment import set_up


def command(
    name: Annotated[str, typer.Argument(help="An executor that ships with ymir, e.g. `tinydet`.")],
) -> None:
    """Install what a bundled executor needs, apart from ymir's own packages."""
    console.out(f"executor `{name}` is ready in {set_up(name)}")
