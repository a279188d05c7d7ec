"""`ymir rollback`: a project goes on from an earlier round, or comes back to a later one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.protection import refuse_protected
from ymir.cli.running.holding import leased
from ymir.cli.specs import WorkspaceOption
from ymir.cli.workspace import Workspace, open_workspace
from ymir.dvc.tracked import is_whole, restore
from ymir.errors import SpecError, StoreError
from ymir.git import commit, is_repository
from ymir.keeping.rounds import (
    Going,
    Round,
    files_of,
    folders_in_the_way,
    go,
    going,
    is_there,
    refuse_uncommitted,
)
from ymir.lock import locked

ProjectArgument = Annotated[str, typer.Argument(help="A project.", metavar="PROJECT")]
ToOption = Annotated[
    int,
    typer.Option(
        "--to",
        help="The last round that it shall have: one that it has, or one that was set aside.",
        metavar="ROUND",
        min=1,
    ),
]


def command(
    project: ProjectArgument,
    to: ToOption,
    workspace: WorkspaceOption = Path(),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON; without --yes, only look.")
    ] = False,
) -> None:
    """Go on from an earlier round: later ones are set aside, in one commit, and nothing is lost.

    Their records stay in git's history with their tags, and their data in the cache, also for
    `ymir gc`. The same command with a later round brings them back, labels included.
    """
    root = workspace.resolve()
    with locked(root):
        opened = open_workspace(root)
        found = _found(opened, project, to)
        made, is_change = None, not is_there(root, found)
        if yes or not as_json:
            if is_change:
                _ask(root, found, is_sure=yes, as_json=as_json)
            with leased(opened, frozenset({project})) as ours:
                made = _carried_out(ours, found)
    is_done = yes or not as_json
    if as_json:
        console.data(_data(found, is_done=is_done, commit_id=made))
    elif not (is_change or made):
        console.out(f"{project} ends with round {to} already")
    else:
        if not is_whole(root, ""):
            console.out("not all of its data are here: `ymir pull` fetches them")
        console.out("done; `ymir plan` shows what `ymir apply` would do now")


def _found(opened: Workspace, project: str, to: int) -> Going:
    root = opened.root
    if not is_repository(root):
        raise StoreError(
            "this workspace lies in no git repository, so what is set aside could not come back",
            hint="`git init`, and commit what is recorded",
        )
    if project not in opened.catalogue.projects:
        raise SpecError(
            f"no project is called `{project}`",
            hint=f"the projects are {', '.join(opened.catalogue.projects)}",
        )
    refuse_protected(root, opened.catalogue, [project], "`ymir rollback`")
    found = going(root, project, to)
    refuse_uncommitted(root, found)
    return found


def _ask(root: Path, found: Going, *, is_sure: bool, as_json: bool) -> None:
    if not as_json:
        for line in _words(root, found):
            console.out(line)
    question = f"let {found.project} go on from round {found.number}?"
    if not (is_sure or console.ask(question, "--yes")):
        raise typer.Abort


def _carried_out(opened: Workspace, found: Going) -> str | None:
    """Change the records, and commit that; the commit, if one is made."""
    if is_there(opened.root, found):
        restore(opened.root)
    else:
        go(opened.root, found)
    if not opened.catalogue.workspace.commit:
        return None
    way = "came" if found.coming else "rolled"
    notes = {
        "Ymir-Project": found.project,
        "Ymir-Round": str(found.number),
        "Ymir-Stage": "rollback",
    }
    files = files_of(opened.root, found.project)
    return commit(opened.root, files, f"{found.project}: {way} back to round {found.number}", notes)


def _words(root: Path, found: Going) -> list[str]:
    """What goes, what comes, and what that means for people."""
    lines = [f"- {each.words}" for each in found.set_aside]
    lines += [f"+ {each.words}" for each in found.brought_back]
    newest = max(found.now, default=0)
    back = f"`ymir rollback {found.project} --to {newest}`"
    if count := found.labels_set_aside:
        lines.append(
            f"{count} images that people labelled are set aside with their rounds, not lost: "
            f"{back} brings them back. Until then the project does not know them, and may pick "
            "them and send them to people again."
        )
    for each in _in_hand(found):
        lines.append(
            f"people have {each.batch} in hand: what they do is taken in only if {back} follows; "
            f"`ymir labels cancel {each.batch}` first would take what is done"
        )
    for folder in folders_in_the_way(root, found.set_aside, found.project):
        lines.append(f"{folder} holds answers to a batch that is set aside: rename it to keep it")
    return lines


def _in_hand(found: Going) -> list[Round]:
    kept = {each.batch for each in found.brought_back}
    return [each for each in found.set_aside if each.batch and each.batch not in kept]


def _data(found: Going, *, is_done: bool, commit_id: str | None) -> dict[str, object]:
    return {
        "project": found.project,
        "from": max(found.now, default=0),
        "to": found.number,
        "done": is_done,
        "commit": commit_id,
        "set_aside": [_row(each) for each in found.set_aside],
        "brought_back": [_row(each) for each in found.brought_back],
        "labels_set_aside": found.labels_set_aside,
        "batches_in_hand": [each.batch for each in _in_hand(found)],
    }


def _row(each: Round) -> dict[str, object]:
    return {
        "round": each.number,
        "map": each.map,
        "labelled": each.labelled,
        "batch": each.batch,
    }
