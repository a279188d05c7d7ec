"""`ymir fsck`: find out whether what is stored is what it should be."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ymir.cli import console
from ymir.cli.specs import WorkspaceOption
from ymir.dvc.tracked import TRACKED
from ymir.errors import Exit
from ymir.lock import locked

if TYPE_CHECKING:
    from ymir.keeping.inspection import Problem

_STEP = 50_000  # objects between two words about the progress
_SHOWN = 20  # problems in words; the rest is counted

SampleOption = Annotated[
    float,
    typer.Option(
        "--sample", help="Read only this share of the objects, picked at random.", min=0, max=1
    ),
]
RemoteOption = Annotated[
    bool, typer.Option("--remote", help="Also ask the remote for everything that it should have.")
]
DeepOption = Annotated[
    bool, typer.Option("--deep", help="With `--remote`: read what it has, too; this fetches it.")
]
FixOption = Annotated[
    bool,
    typer.Option(
        "--fix",
        help="Put damaged objects aside, in `.ymir/quarantine`, and get sound ones from the "
        "remote, from folders laid out, or from the files that they were imported from.",
    ),
]


@dataclass(frozen=True)
class _Asked:
    """What the command was called with."""

    root: Path
    sample: float
    remote: bool
    deep: bool


def command(
    workspace: WorkspaceOption = Path(),
    sample: SampleOption = 1.0,
    remote: RemoteOption = False,
    deep: DeepOption = False,
    fix: FixOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read every stored object again and look for what is damaged, missing or unreadable.

    DVC does not: it trusts a read-only file. Exits with 1 if something is, or stays, broken.
    """
    asked = _Asked(workspace.resolve(), sample, remote or deep, deep)
    from ymir.keeping.mending import mend, note_losses  # Polars is slow to import

    with locked(asked.root) if fix else nullcontext():
        left = found = list(_problems(asked, _counter(is_quiet=as_json)))
        if asked.remote:
            note_losses(asked.root, found)
        if fix:
            left = [each for project in TRACKED for each in mend(asked.root, project, found)]
    _say(found, left, is_fixing=fix, as_json=as_json)
    raise typer.Exit(Exit.FAILED if left else Exit.DONE)


def _problems(asked: _Asked, progress: Callable[[int], None]) -> Iterator[Problem]:
    from ymir.keeping import inspection

    chance = random.Random()  # noqa: S311 - another part each time

    def pick(_: str) -> bool:
        return chance.random() < asked.sample

    for project in TRACKED:
        known = inspection.named(asked.root, project)
        broken = list(inspection.hashed(asked.root, project, pick, progress))
        yield from broken
        yield from known.problems
        yield from inspection.missing(asked.root, project, known)
        if asked.remote:
            yield from inspection.lost_on_remote(asked.root, project, known)
        if asked.deep:
            yield from inspection.damaged_on_remote(asked.root, project, known)


def _counter(*, is_quiet: bool) -> Callable[[int], None]:
    """Counts objects on a terminal."""
    done = Counter[str]()

    def count(more: int) -> None:
        before = done["read"] // _STEP
        done["read"] += more
        if done["read"] // _STEP > before and sys.stderr.isatty() and not is_quiet:
            console.error(f"{done['read']:,} objects read")

    return count


def _say(
    found: Collection[Problem], left: Collection[Problem], *, is_fixing: bool, as_json: bool
) -> None:
    if as_json:
        console.data({"found": _rows(found), "left": _rows(left)})
        return
    for each in list(found)[:_SHOWN]:
        console.out(each.says + ("" if each in left else " (mended)"))
    if len(found) > _SHOWN:
        console.out(f"... and {len(found) - _SHOWN} more: see `--json`")
    if not found:
        console.out("everything is sound")
    elif not is_fixing:
        console.out(f"{len(found)} problems; `ymir fsck --fix` mends what can be mended")
    else:
        console.out(f"{len(found) - len(left)} of {len(found)} problems mended")


def _rows(problems: Collection[Problem]) -> list[dict[str, str]]:
    return [
        {"kind": each.kind, "project": each.project or "data", "name": each.name}
        for each in problems
    ]
