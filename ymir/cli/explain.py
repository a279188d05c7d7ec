"""`ymir explain`: what a spec may hold."""

from typing import Annotated

import typer

from ymir.cli import console
from ymir.spec.explain import explain


def command(
    path: Annotated[
        str, typer.Argument(metavar="KIND[.FIELD]", help="For example `Project.goal.map`.")
    ],
) -> None:
    """Explain a kind of spec or one of its fields."""
    console.out(explain(path))
