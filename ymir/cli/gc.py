"""`ymir gc`: remove from the caches what nothing needs."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ymir.cli import console
from ymir.cli.running.holding import everything, leased
from ymir.cli.sizes import size_of, totals
from ymir.cli.specs import WorkspaceOption, catalogue
from ymir.cli.workspace import open_workspace
from ymir.contracts.store import stores
from ymir.dvc.away import folder_of, lacking_everywhere
from ymir.dvc.project import cache_of
from ymir.dvc.tracked import TRACKED
from ymir.errors import SpecError, StoreError
from ymir.keeping.reach import Reach
from ymir.lock import locked

if TYPE_CHECKING:
    from ymir.keeping.needs import Needs
    from ymir.keeping.waste import Waste

_OLD = 7 * 86_400.0  # seconds: a job that failed is looked at and tried again


@dataclass(frozen=True)
class _Asked:
    """What the command was called with."""

    root: Path
    keep: Reach
    also: tuple[Path, ...]
    caches: bool
    grace: float
    despite_missing: bool
    remote: str | None


KeepOption = Annotated[
    Reach,
    typer.Option(
        help="Whose data stay: of all that git still reaches, of the newest commit of each branch "
        "and tag, or of the work trees alone."
    ),
]
AlsoOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--also",
        help="Another workspace that shares a cache with this one; this one itself, if none does.",
        metavar="WORKSPACE",
        file_okay=False,
    ),
]
CachesOption = Annotated[
    bool, typer.Option("--caches", help="Also what only saves time: looks at sources, DVC's notes.")
]
GraceOption = Annotated[
    float,
    typer.Option(
        "--grace",
        help="What is younger stays: an import elsewhere may just be storing it.",
        metavar="SECONDS",
        min=0,
    ),
]
MissingOption = Annotated[
    bool,
    typer.Option(
        "--despite-missing", help="Go on though listings are gone that would say what they name."
    ),
]

RemoteOption = Annotated[
    str | None,
    typer.Option(
        "--remote",
        help="Also from the remote; its address, as the `Workspace` spec has it, confirms this.",
        metavar="ADDRESS",
    ),
]


def command(  # noqa: PLR0913 - each is an option of the command
    workspace: WorkspaceOption = Path(),
    keep: KeepOption = Reach.history,
    also: AlsoOption = None,
    caches: CachesOption = False,
    grace: GraceOption = 3600,
    despite_missing: MissingOption = False,
    remote: RemoteOption = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Remove; else only say what would go.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Remove objects that no pointer needs, what killed runs left, and what gone models found.

    All is kept that is named in any work tree of the repository, by any commit that git reaches,
    staged or stashed, and every image of their tables. The remote is not touched without
    `--remote`: do that while nobody pushes, and fetch all branches first, for they name data, too.
    """
    others = tuple(each.resolve() for each in also or ())
    asked = _Asked(workspace.resolve(), keep, others, caches, grace, despite_missing, remote)
    if not yes:
        _say(_waste(asked), is_done=False, as_json=as_json)
        return
    from ymir.keeping.waste import remove

    with _held(asked), _alone(asked):
        found = _waste(asked)
        remove(found)
    _say(found, is_done=True, as_json=as_json)


def _waste(asked: _Asked) -> list[Waste]:
    from ymir.keeping.needs import needs, worktrees  # Polars is slow to import

    trees = worktrees(asked.root)
    _refuse_shared(asked, trees)
    stores = _remote_of(asked)
    needed = needs((asked.root, *asked.also), asked.keep, stores)
    loose = [*_of_caches(asked, needed), *_of_remote(asked, stores, needed)]
    if loose and not asked.despite_missing:
        _refuse_lost(asked.root, needed)
    return [*loose, *_of_folders(asked)]


def _of_caches(asked: _Asked, needed: Needs) -> Iterator[Waste]:
    from ymir.keeping.waste import loose_objects

    before = time.time() - asked.grace
    for cache in {cache_of(asked.root / project).resolve() for project in TRACKED}:
        yield from loose_objects(cache, needed.kept, before)


def _of_remote(asked: _Asked, stores: Collection[Path], needed: Needs) -> Iterator[Waste]:
    from ymir.keeping.waste import loose_objects

    before = time.time() - max(asked.grace, _OLD if asked.grace else 0)
    for store in stores:
        for each in loose_objects(store, needed.kept, before):
            yield replace(each, kind=f"remote {each.kind}")


def _remote_of(asked: _Asked) -> list[Path]:
    """Where the remote's objects lie, if they are to be looked at."""
    if asked.remote is None:
        return []
    named = catalogue(asked.root).workspace.remote
    if asked.remote != named:
        hint = f"it is `{named}`" if named else "write `remote: <folder>` in its `Workspace` spec"
        raise SpecError(f"`{asked.remote}` is not the remote of this workspace", hint=hint)
    found = [folder_of(asked.root, project) for project in TRACKED]
    if asked.despite_missing or None in found:
        raise SpecError(
            "only a remote that is a folder is collected, and only if all listings are known",
            hint="elsewhere use the rules of the storage, for what is old and in no listing",
        )
    return [folder for folder in found if folder is not None]


def _of_folders(asked: _Asked) -> Iterator[Waste]:
    from ymir.jobs.known import stale
    from ymir.keeping import waste

    now = time.time()
    recorded = {each.digest for each in stores.load("dvc").connect(asked.root).observe().values()}
    yield from waste.folders(stale(asked.root, recorded), "found")
    yield from waste.unfinished(asked.root, now - asked.grace)
    yield from waste.orphans(asked.root)
    yield from waste.old_jobs(asked.root, now - _OLD)
    if asked.caches:
        yield from waste.caches(asked.root)


def _refuse_shared(asked: _Asked, trees: Collection[Path]) -> None:
    homes = [tree.resolve() for tree in (*trees, *asked.also)]
    for cache in (cache_of(asked.root / project).resolve() for project in TRACKED):
        if not asked.also and not any(cache.is_relative_to(home) for home in homes):
            raise SpecError(
                f"others may share the cache `{cache}`: it lies outside of this workspace",
                hint="name every other workspace that uses it with `--also`; if there is none, "
                "name this one",
            )


def _refuse_lost(root: Path, needed: Needs) -> None:
    """What only the remote has, is there with all that it names: nothing is lost without it."""
    if lost := lacking_everywhere(root, needed.unread):
        raise StoreError(
            f"{len(lost)} listings or tables that are needed are neither here nor on the remote, "
            f"so nobody can tell which objects they name, e.g. `{min(lost)}`",
            hint="look for them with `ymir fsck`; or give them up with `--despite-missing`",
        )


@contextmanager
def _held(asked: _Asked) -> Iterator[None]:
    """Every work tree that shares the caches, against runs of ymir and of DVC."""
    from ymir.dvc.remote import opened
    from ymir.keeping.needs import worktrees

    trees = {tree for each in (asked.root, *asked.also) for tree in worktrees(each)}
    with ExitStack() as stack:
        for tree in sorted(trees):
            stack.enter_context(locked(tree))
            for project in TRACKED:
                if (tree / project / ".dvc").is_dir():
                    stack.enter_context(opened(tree, project))
        yield


@contextmanager
def _alone(asked: _Asked) -> Iterator[None]:
    """What lies on the remote is everybody's: nobody works on anything meanwhile."""
    if asked.remote is None:
        yield
        return
    opened = open_workspace(asked.root)
    with leased(opened, everything(opened.catalogue)):
        yield


def _say(found: Collection[Waste], *, is_done: bool, as_json: bool) -> None:
    if as_json:
        rows = [{"path": str(w.path), "kind": w.kind, "bytes": w.bytes} for w in found]
        console.data({"removed": is_done, "bytes": sum(w.bytes for w in found), "waste": rows})
        return
    for line in totals((each.kind, each.bytes) for each in found):
        console.out(line)
    size = size_of(sum(each.bytes for each in found))
    if not found:
        console.out("nothing to remove")
    elif is_done:
        console.out(f"{size} removed")
    else:
        console.out(f"{size} would go; `ymir gc --yes` removes it")
