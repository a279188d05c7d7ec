"""What must stay: all that any pointer names, in work trees, in git's history and in jobs."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from ymir import git
from ymir.dvc import folders
from ymir.dvc.objects import object_path
from ymir.dvc.project import cache_of
from ymir.dvc.tracked import TRACKED
from ymir.errors import StoreError
from ymir.keeping.images import images_in
from ymir.keeping.reach import Reach

# Options of `git rev-list`; git's own record of where branches were is a part of the history.
_COMMITS = {
    Reach.history: ("--all", "--reflog"),
    Reach.tips: ("--no-walk", "--all"),
    Reach.workspace: (),
}
_NAMES = re.compile(r"([^/]\.dvc|(^|/)dvc\.lock)$")  # and not the folder `.dvc`
_PASSING = re.compile(r"(^|/)data/checkpoints/[^/]+\.dvc$")  # what is past of these is of no use
_LASTING = re.compile(rf"^(?!(.*/)?data/checkpoints/).*{_NAMES.pattern}")
# Whatever looks like an object's name is kept: a pointer in conflict is no reason to delete.
_DIGEST = re.compile(rb"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])(?:\.dir)?")
_IN_JOBS = re.compile(r"([0-9a-f]{32})(\.\w+)?")
_TABLE = ".parquet"


@dataclass(frozen=True)
class Needs:
    """The objects to keep, and listings and tables that are not here to say what they name."""

    kept: frozenset[str]
    unread: frozenset[str]


def needs(workspaces: Collection[Path], reach: Reach, stores: Collection[Path] = ()) -> Needs:
    """What these workspaces, which share caches, need; with the work trees of each.

    Listings and tables are read from the caches, and else from `stores` of objects.
    """
    trees = tuple(dict.fromkeys(tree for each in workspaces for tree in worktrees(each)))
    caches = [cache_of(tree / project) for tree in trees for project in TRACKED]
    caches += stores
    named = {name for each in workspaces for name in _named_in_git(each, reach)}
    named |= {name for tree in trees for name in named_in_files(tree)}
    kept, tables, unread = set(named), set[str](), set[str]()
    for listing in (name for name in named if name.endswith(".dir")):
        entries = _entries(caches, listing)
        if entries is None:
            unread.add(listing)
        else:
            kept.update(entries.values())
            tables.update(each for name, each in entries.items() if name.endswith(_TABLE))
    found = {each: _where(caches, each) for each in tables}
    unread |= {each for each, path in found.items() if path is None}
    kept |= images_in(path for path in found.values() if path is not None)
    kept |= {image for tree in trees for image in in_jobs(tree)}
    return Needs(frozenset(kept), frozenset(unread))


def worktrees(workspace: Path) -> tuple[Path, ...]:
    """The workspace in every work tree; itself alone where there is no git."""
    return git.worktrees(workspace) if git.is_repository(workspace) else (workspace,)


def named_in_files(workspace: Path) -> Iterator[str]:
    """What the pointers that lie in a workspace name, committed or not."""
    for path in pointer_files(workspace):
        yield from _digests(path.read_bytes())


def pointer_files(workspace: Path) -> Iterator[Path]:
    """Every file of DVC that names objects; not those in folders that are tracked themselves."""
    for parent, names, files in os.walk(workspace):
        found = [name for name in files if _NAMES.search(name)]
        tracked = {name.removesuffix(".dvc") for name in found}
        names[:] = [name for name in names if name not in tracked and not name.startswith(".")]
        yield from (Path(parent, name) for name in found)


def in_jobs(workspace: Path) -> Iterator[str]:
    """The images that lie in the folders of jobs, running or not."""
    for _, _, files in os.walk(workspace / ".ymir" / "jobs"):
        matches = (_IN_JOBS.match(name) for name in files)
        yield from (match[1] for match in matches if match)


def _named_in_git(workspace: Path, reach: Reach) -> Iterator[str]:
    if not git.is_repository(workspace):
        return
    if reach is not Reach.workspace and git.is_shallow(workspace):
        raise StoreError(
            "older commits of this clone are not here, so nobody can tell what they need",
            hint="`git fetch --unshallow`, or look at the files at hand only: `--keep workspace`",
        )
    stashes = git.stashes(workspace) if reach is not Reach.workspace else ()
    recent = Reach.tips if reach is Reach.history else reach
    for names, commits in ((_LASTING, _COMMITS[reach]), (_PASSING, _COMMITS[recent])):
        for content in git.contents(workspace, names, (*commits, *stashes)):
            yield from _digests(content)


def _digests(content: bytes) -> Iterator[str]:
    return (each.decode() for each in _DIGEST.findall(content))


def _entries(caches: Collection[Path], listing: str) -> dict[str, str] | None:
    path = _where(caches, listing)
    try:
        return folders.entries_of(path.parent.parent, listing) if path else None
    except StoreError:  # damaged: as good as none
        return None


def _where(caches: Collection[Path], digest: str) -> Path | None:
    paths = (object_path(cache, digest) for cache in caches)
    return next((path for path in paths if path.exists()), None)
