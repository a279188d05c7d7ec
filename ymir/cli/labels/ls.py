"""`ymir labels ls`: every batch in a line."""

from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.datasets import layout
from ymir.cli.labels.desk import Desk
from ymir.cli.labels.rows import FIGURES, HEADS, cells, data, notes
from ymir.cli.specs import WorkspaceOption

OpenOption = Annotated[
    bool, typer.Option("--open", help="Only batches that people have; no other is looked at.")
]
OfflineOption = Annotated[
    bool, typer.Option("--offline", help="Ask no label tool; show the last looks.")
]


def command(
    workspace: WorkspaceOption = Path(),
    only_open: OpenOption = False,
    offline: OfflineOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List batches, and what became of the images of each.

    It always adds up: sent = labelled + empty + skipped + rejected + outstanding. The label tools
    are asked, also about batches that are back: answers may have changed since. A tool that does
    not answer says so in its line. Looking records nothing, and ends with 0, whoever is waited for.
    """
    show(workspace, only_open=only_open, offline=offline, as_json=as_json)


def show(workspace: Path, *, only_open: bool, offline: bool, as_json: bool) -> None:
    """Print the batches of a workspace."""
    desk = Desk(workspace)
    known = [each for each in desk.entries() if each.is_open or not only_open]
    seen = known if offline else [desk.ask(each)[0] for each in known]
    if as_json:
        console.data([data(each, desk.now) for each in seen])
        return
    if not seen:
        console.out("people have no batch" if only_open else "no batch was sent yet")
        return
    rows = [HEADS, *(cells(each, desk.now) for each in seen)]
    console.out("\n".join(layout.table(rows, right=FIGURES)))
    for each in seen:
        for line in notes(each, desk.now):
            console.out(line)
