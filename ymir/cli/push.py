"""`ymir push`: store the data on the remote and, if asked, push the commits that name them."""

from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.running.publishing import PushToOption, data_of, destination, words_of
from ymir.cli.specs import WorkspaceOption, catalogue
from ymir.dvc import away
from ymir.dvc.project import prepare
from ymir.git import is_repository
from ymir.lock import locked
from ymir.publishing.publish import publish, tagged_listings
from ymir.spec.workspace import WorkspaceSpec


def command(
    workspace: WorkspaceOption = Path(),
    with_git: Annotated[
        bool, typer.Option("--git", help="Push commits and tags of rounds, too, after the data.")
    ] = False,
    push_to: PushToOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Store datasets, rounds, reports and images on the remote that the `Workspace` spec names.

    With `--git`, commits follow. Where others pushed meanwhile, ymir's own commits are made again
    upon theirs; what does not fit together is kept on a branch `ymir/kept/...`, and nothing is
    forced.
    """
    root = workspace.resolve()
    spec = catalogue(root).workspace
    prepare(root, spec.remote)
    if with_git or push_to:
        _publish(root, spec, push_to, as_json=as_json)
        return
    count = away.send(root, tagged_listings(root) if is_repository(root) else ())
    if as_json:
        console.data({"objects": count})
    elif count:
        console.out(f"{count} objects stored on the remote; `git push` sends what names them")
    else:
        console.out("the remote has everything")


def _publish(root: Path, spec: WorkspaceSpec, push_to: str | None, *, as_json: bool) -> None:
    from ymir.cli.running.ledger import (
        GitLedger,  # it knows all of a workspace, which takes its time
    )

    with locked(root):
        where = destination(root, spec, push_to)
        GitLedger(root, is_committing=spec.commit).catch_up()
        said = publish(root, where)
    if as_json:
        console.data(data_of(said))
    else:
        console.out("\n".join(words_of(said)))
