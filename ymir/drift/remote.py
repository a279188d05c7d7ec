"""What the remote lacks. One that does not answer is never taken to have lost anything."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType

from ymir.drift.finding import Finding, Unseen
from ymir.dvc import away, folders, pointer
from ymir.dvc.project import cache_of
from ymir.dvc.stock import lacking
from ymir.dvc.tracked import TRACKED, paths_of
from ymir.errors import StoreError

# Libraries that say in errors of their own that a remote cannot be reached, or refuses.
_CARRIERS = {"aiohttp", "asyncssh", "azure", "botocore", "google", "gcsfs", "requests", "urllib3"}


def look(workspace: Path) -> Iterator[Finding | Unseen]:
    """Ask the remote of each project for all that its pointers name, as far as that is known."""
    for project in TRACKED:
        trees = dict(_trees(workspace, project))
        if trees:
            yield from _project(workspace, project, trees)


def _project(
    workspace: Path, project: str, trees: dict[Path, set[str]]
) -> Iterator[Finding | Unseen]:
    where = f"the remote of `{project or 'data'}`"
    if not away.has_remote(workspace, project):
        yield Unseen("remote-silent", where, "none is configured")
        return
    wanted = set().union(*trees.values())
    try:
        gone = _gone(workspace, project, wanted)
    except StoreError as error:
        yield Unseen("remote-silent", where, f"could not be asked: {error}")
        return
    if gone == wanted:  # as an empty folder looks where a disk is not mounted
        what = f"has none of {len(wanted)} objects: nothing was pushed yet, or it is not there"
        yield Unseen("remote-silent", where, what)
        return
    for folder, objects in trees.items():
        if some := objects & gone:
            name = folder.relative_to(workspace).as_posix()
            yield Finding("remote-missing", name, *_words(workspace, project, some, len(objects)))


def _words(workspace: Path, project: str, gone: Collection[str], of: int) -> tuple[str, str]:
    """What is the matter, and what helps; a listing comes last, so that it says that all came."""
    is_lost = not any(each.endswith(".dir") for each in gone)
    what = "lost there" if is_lost else "never pushed, or removed there"
    is_here = not lacking(cache_of(workspace / project), gone)
    heal = "ymir fsck --remote --fix" if is_lost else "ymir push"
    more = "" if is_here else ", and not here either"
    return f"{len(gone)} of {of} objects are not on the remote: {what}{more}", heal


def _trees(workspace: Path, project: str) -> Iterator[tuple[Path, set[str]]]:
    """Folder -> its listing and, where that is here, the files that it lists."""
    cache = cache_of(workspace / project)
    for path in paths_of(workspace, project):
        try:
            digest = pointer.read(path).digest
            is_here = not lacking(cache, [digest])
            files = folders.entries_of(cache, digest).values() if is_here else ()
        except StoreError:  # told by others
            continue
        yield path.with_suffix(""), {digest, *files}


def _gone(workspace: Path, project: str, wanted: Collection[str]) -> set[str]:
    with _Asking():
        return away.not_on_remote(workspace, project, wanted, is_asking=True)


class _Asking:
    """While inside, what a carrier complains of becomes a `StoreError`."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Turn it into words: these libraries have no common parent of their errors."""
        if kind is not None and kind.__module__.partition(".")[0] in _CARRIERS:
            raise StoreError(str(error)) from error
