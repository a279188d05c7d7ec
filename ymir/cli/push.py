"""`ymir push`: store the data on the remote."""

from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.specs import WorkspaceOption, catalogue
from ymir.dvc import away
from ymir.dvc.project import prepare


def command(
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Store datasets, rounds, reports and images on the remote that the `Workspace` spec names."""
    root = workspace.resolve()
    prepare(root, catalogue(root).workspace.remote)
    count = 0 if away.has_everything(root) else _send(root)
    if as_json:
        console.data({"objects": count})
    elif count:
        console.out(f"{count} objects stored on the remote; `git push` sends what names them")
    else:
        console.out("the remote has everything")


def _send(root: Path) -> int:
    from ymir.dvc import remote  # importing DVC takes half a second: not for `--help`

    return remote.push(root)
