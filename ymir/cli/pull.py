"""`ymir pull`: bring the data of a clone back from the remote."""

from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.specs import WorkspaceOption, catalogue
from ymir.dvc.project import prepare
from ymir.lock import locked


def command(
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Fetch datasets, rounds, reports and images that this commit names, and lay them out."""
    root = workspace.resolve()
    named = catalogue(root).workspace.remote
    from ymir.dvc import remote  # importing DVC takes half a second: not for `--help`

    with locked(root):
        prepare(root, named)
        count = remote.pull(root)
    if as_json:
        console.data({"objects": count})
    else:
        console.out(f"{count} objects fetched" if count else "everything is here")
