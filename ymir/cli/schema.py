"""`ymir schema`: the language of specs as JSON Schema."""

from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.spec.schema import kind_called, schema, schema_of_any, write


def command(
    kind: Annotated[str | None, typer.Argument(help="Labels, Dataset, … Without: any.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--write", metavar="DIR", help="Write all schemas there.", file_okay=False),
    ] = None,
) -> None:
    """Print the JSON Schema of a kind of spec, or of them all together."""
    if folder:
        write(folder)
        console.out(f"wrote the schemas to {folder}")
    else:
        console.data(schema(kind_called(kind)) if kind else schema_of_any())
