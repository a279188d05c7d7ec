"""`ymir explain`: what a spec may hold, and what an error means."""

from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.troubles import meaning
from ymir.spec.explain import explain


def command(
    path: Annotated[
        str,
        typer.Argument(
            metavar="KIND[.FIELD]|ERROR", help="For example `Project.goal.map` or `SpecError`."
        ),
    ],
) -> None:
    """Explain a kind of spec, one of its fields, or an error."""
    console.out(meaning(path) or explain(path))
