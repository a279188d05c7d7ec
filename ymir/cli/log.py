"""`ymir log`: what was recorded, newest first."""

from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.specs import WorkspaceOption
from ymir.errors import StoreError
from ymir.git import history, is_repository


def command(
    workspace: WorkspaceOption = Path(),
    project: Annotated[str | None, typer.Argument(help="Only this project.")] = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="At most so many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the commits that ymir made, with project, round and stage."""
    root = workspace.resolve()
    if not is_repository(root):
        raise StoreError(f"`{root}` is not in a git repository", hint="`git init` makes one")
    entries = [
        entry
        for entry in history(root)
        if "stage" in entry and project in (None, entry.get("project"), entry["stage"])
    ][:count]
    if as_json:
        console.data(entries)
        return
    for entry in entries:
        tags = f"  [{entry['tags']}]" if entry.get("tags") else ""
        console.out(f"{entry['commit'][:8]}  {entry['date']}  {entry['subject']}{tags}")
