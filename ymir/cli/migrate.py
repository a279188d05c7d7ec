"""`ymir migrate …`: make a workspace from the data of another platform."""

import json
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import typer

from ymir.cli import apply, console
from ymir.cli.running.ledger import unrecorded
from ymir.cli.sizes import count_of
from ymir.cli.workspace import open_workspace
from ymir.dvc.files import write_whole
from ymir.dvc.project import prepare
from ymir.errors import DataError, Exit
from ymir.git import commit
from ymir.git import init as init_repository
from ymir.migration.handover import Handover, Part
from ymir.migration.mir import Wish, migrate

ACCOUNT = "migration.json"
_COMMITTED = ("specs", ACCOUNT, ".gitignore", ".dvcignore")

command = typer.Typer(
    name="migrate",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Make a workspace from the data of another platform, which is only read.",
)


@command.callback()
def _migrate() -> None:
    """Nothing by itself."""


@command.command("mir")
def mir(  # noqa: PLR0913 - each is an option of the command
    repository: Annotated[
        Path, typer.Argument(help="What `mir` calls its root.", file_okay=False, exists=True)
    ],
    folder: Annotated[
        Path | None,
        typer.Argument(help="The workspace to make; beside you, with `-ymir`, if left out."),
    ] = None,
    dataset: Annotated[
        list[str] | None,
        typer.Option(help="Only the dataset of this branch; may be given again.", metavar="BRANCH"),
    ] = None,
    media: Annotated[
        Path | None,
        typer.Option(help="Where the images are (`--gen-dir`); looked for beside PATH."),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(help="The classes (`--user-label-file`); else `.mir/labels.yaml`."),
    ] = None,
    first_pixel: Annotated[
        Literal["auto", "0", "1"],
        typer.Option(help="What boxes count from: `mir` kept what the VOC files had."),
    ] = "auto",
    reject: Annotated[
        Literal["stop", "skip"],
        typer.Option(help="What cannot be taken over: stop, or leave it out and say so."),
    ] = "stop",
) -> None:
    """Make a workspace from a repository of YMIR's `mir`: newest datasets, predictions, classes."""
    target = (folder or Path(f"{repository.resolve().name}-ymir")).absolute()
    if target.exists() or target.is_symlink():
        hint = "name a new folder, or go on with `ymir apply -C` in this one"
        raise DataError(f"`{target}` exists already", hint=hint)
    names, is_strict = tuple(dataset or ()), reject == "stop"
    done = _build(Wish(repository, media, labels, first_pixel, names, is_strict), target)
    _begin(target)
    code = _apply(target)
    _conclude(done, target)
    raise typer.Exit(code)


def _build(wish: Wish, target: Path) -> Handover:
    """Make the folder beside its place, and put it there in one piece."""
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    partial.mkdir(parents=True)
    try:
        done = migrate(wish, partial)
        write_whole(partial / ACCOUNT, json.dumps(done.as_data(), indent=1) + "\n")
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return done


def _begin(root: Path) -> None:
    """Make the folder a workspace, as `ymir init` does."""
    init_repository(root)
    prepare(root)
    files = [*(root / name for name in _COMMITTED), *unrecorded(root)]
    commit(root, files, "Begin the workspace with the data of a mir repository", {})


def _apply(root: Path) -> int:
    try:
        apply.command(workspace=root)
    except typer.Exit as ended:
        return ended.exit_code
    return Exit.DONE


def _conclude(done: Handover, root: Path) -> None:
    """What came in, what became of it, and what has no place here."""
    observed = open_workspace(root).store.observe()
    facts = {name: version.facts for name, version in observed.items()}
    console.out("\n".join(["", *handover_lines(done, facts)]))
    console.out(f"{ACCOUNT} says it in full; the workspace is `{root}`")


def handover_lines(done: Handover, facts: Mapping[str, Mapping[str, object]]) -> list[str]:
    """The balance of all datasets and of each, and what was not kept; `facts` are the versions'."""
    wide = max(len(part.name) for part in done.parts)
    lines = [f"{part.name:{wide}}  {_balance(part, facts.get(part.name))}" for part in done.parts]
    left = ", ".join(f"{what} ({count})" for what, count in done.not_kept.items())
    all_, kept, empty = (done.datasets[each] for each in ("in", "kept", "rejected"))
    counted = "boxes are taken to be counted from 1, as in VOC, and begin a pixel earlier here"
    return [
        f"{all_} datasets = {kept} kept + {empty} without images",
        *lines,
        *([f"not kept: {left}"] if left else []),
        *([f"{counted} (`--first-pixel 0` leaves them)"] if done.first else []),
    ]


def _balance(part: Part, facts: Mapping[str, object] | None) -> str:
    """The images and boxes of a dataset: what the repository had, and what the version has."""
    if facts is None:
        return "is not imported"
    words = []
    for what, found in (("images", part.images["in"]), ("boxes", part.boxes["in"])):
        kept = int(str(facts[what]))
        words.append(
            f"{count_of(found)} {what} = {count_of(kept)} kept + {count_of(found - kept)} rejected"
        )
    return ", ".join(words)
