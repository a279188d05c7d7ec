"""Folders that are laid out, and the cache that they are links to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from ymir.drift.finding import Finding
from ymir.dvc import away, folders, pointer
from ymir.dvc.altered import Altered, altered
from ymir.dvc.project import MEDIA, cache_of
from ymir.dvc.stock import lacking
from ymir.dvc.tracked import TRACKED, paths_of
from ymir.errors import StoreError

_SHOWN = 5  # files of one folder that are named


def look(workspace: Path, projects: Collection[str] = tuple(TRACKED)) -> Iterator[Finding]:
    """What is missing in the caches, and what people changed in folders that are laid out.

    Pointers that cannot be read are left to `ymir.drift.pointers`.
    """
    for project in projects:
        for path in paths_of(workspace, project):
            try:
                digest = pointer.read(path).digest
            except StoreError:
                continue
            yield from _folder(workspace, project, path.with_suffix(""), digest)


def _folder(workspace: Path, project: str, folder: Path, digest: str) -> Iterator[Finding]:
    cache = cache_of(workspace / project)
    where = folder.relative_to(workspace).as_posix()
    heal = "ymir pull" if away.has_remote(workspace, project) else "ymir fsck --fix"
    try:
        entries = None if lacking(cache, [digest]) else folders.entries_of(cache, digest)
    except StoreError:
        yield Finding("cache-missing", where, "its listing is damaged", "ymir fsck --fix")
        return
    if entries is None:
        yield Finding("cache-missing", where, "is not in the cache", heal)
        return
    if gone := lacking(cache, set(entries.values())):
        many = sum(each in gone for each in entries.values())
        what = f"{many} of {len(entries)} files are not in the cache"
        yield Finding("cache-missing", where, what, heal)
    here = {name: each for name, each in entries.items() if each not in gone}
    if here and not folder.exists():
        yield Finding("artefact-removed", where, "is not laid out", "ymir pull")
    elif project != MEDIA:
        yield from _files(where, list(altered(cache, here, folder)))
    elif not folders.has_names(entries, folder):
        what = "holds other files than its listing says"
        yield Finding("artefact-edited", where, what, "ymir pull")


def _files(where: str, found: list[Altered]) -> Iterator[Finding]:
    """The files of one folder: those that are gone together, the others each for itself."""
    gone = [each.name for each in found if each.how == "removed"]
    if gone:
        more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
        what = f"gone: {', '.join(gone[:_SHOWN])}{more}"
        yield Finding("artefact-removed", where, what, "ymir pull")
    for name, how in found:
        if how == "edited":
            yield Finding("artefact-edited", f"{where}/{name}", "was edited", "ymir pull")
        elif how == "damaged":
            what = "was written into, and with it what is stored"
            yield Finding("cache-damaged", f"{where}/{name}", what, "ymir fsck --fix")
        elif how == "added":
            yield Finding("artefact-added", f"{where}/{name}", "was added by hand", "ymir pull")
