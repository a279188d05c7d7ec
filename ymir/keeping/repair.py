"""Mend what is broken: damaged objects go aside, sound ones come from wherever one is left."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import polars as pl

from ymir.dvc import away, folders, pointer
from ymir.dvc.files import storing
from ymir.dvc.objects import (
    is_digest,
    md5_of_bytes,
    md5_of_file,
    object_path,
    place_bytes,
    place_file,
    tree_bytes,
)
from ymir.dvc.project import MEDIA, cache_of
from ymir.dvc.stock import lacking
from ymir.dvc.tracked import paths_of
from ymir.errors import StoreError
from ymir.keeping.inspection import is_sound, named
from ymir.media.tables import BROKEN
from ymir.stores.dvc import DvcStore

_TABLE = "images.parquet"


def put_aside(workspace: Path, project: str, digests: Collection[str]) -> None:
    """Move objects to `.ymir/quarantine/`; nothing is deleted."""
    for digest in digests:
        source = object_path(cache_of(workspace / project), digest)
        target = workspace / ".ymir" / "quarantine" / (project or "data") / digest
        with storing(f"`{source}` cannot be moved to `{target}`"):
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.exists():
                shutil.move(source, target)


def make_read_only(workspace: Path, project: str, digests: Collection[str]) -> None:
    """Give sound objects the mode by which DVC knows that they are."""
    for digest in digests:
        object_path(cache_of(workspace / project), digest).chmod(0o444)


def bring_back(workspace: Path, project: str, digests: Collection[str]) -> set[str]:
    """Get objects from the remote, from folders laid out, and from sources; say which came.

    What arrives is read before it counts.
    """
    cache = cache_of(workspace / project)
    left = lacking(cache, digests)
    _from_remote(workspace, project, left)
    left = lacking(cache, left)
    _from_folders(workspace, project, left)
    left = lacking(cache, left)
    if left and project == MEDIA:
        _from_sources(workspace, cache, left)
    return set(digests) - lacking(cache, digests)


def lay_out_again(workspace: Path, project: str, digests: Collection[str]) -> None:
    """Replace what stands for these objects in the folders laid out: it shared their bytes."""
    cache = cache_of(workspace / project)
    for folder, entries in _trees(workspace, project):
        for name, digest in entries.items():
            if digest in digests and (folder / name).exists():
                (folder / name).unlink()
                folders.link_again(cache, digest, folder / name)


def _from_remote(workspace: Path, project: str, digests: set[str]) -> None:
    there = digests - away.not_on_remote(workspace, project, digests, is_asking=True)
    if not there:
        return
    from ymir.dvc import remote  # importing DVC takes half a second

    remote.fetch_exactly(workspace, there, project=project)
    cache = cache_of(workspace / project)
    for digest in there - lacking(cache, there):
        if not is_sound(object_path(cache, digest)):
            put_aside(workspace, project, [digest])


def _from_folders(workspace: Path, project: str, digests: Collection[str]) -> None:
    """A folder that is laid out holds the files of its listing, and thereby the listing."""
    cache = cache_of(workspace / project)
    for path in _pointers(workspace, project):
        digest, folder = pointer.read(path).digest, path.with_suffix("")
        if digest in digests and folder.is_dir():
            listed = tree_bytes(_entries_of_folder(folder, project))
            if md5_of_bytes(listed) == digest.removesuffix(".dir"):
                place_bytes(cache, listed, suffix=".dir")
    for folder, entries in _trees(workspace, project):
        for name, digest in entries.items():
            if digest in digests:
                _take(cache, digest, folder / name)


def _from_sources(workspace: Path, cache: Path, digests: Collection[str]) -> None:
    """The file that an image was imported from, if it is still there and the same."""
    store = DvcStore(workspace)
    for name, version in store.observe().items():
        source = version.recipe.settings.get("from")
        if isinstance(source, Mapping) and isinstance(source.get("path"), str) and "@" in name:
            folder = workspace / str(source["path"])
            for digest, file in _files(store, name, digests):
                _take(cache, digest, folder / file)


def _files(store: DvcStore, name: str, digests: Collection[str]) -> Iterator[tuple[str, str]]:
    try:
        table = pl.read_parquet(store.open(name) / _TABLE, columns=["image", "file"])
    except (StoreError, *BROKEN):  # broken itself, or not here
        return
    yield from table.filter(pl.col("image").is_in(list(digests))).iter_rows()


def _take(cache: Path, digest: str, file: Path) -> None:
    if file.is_file() and md5_of_file(file) == digest:
        place_file(cache, digest, file, copy=True)


def _trees(workspace: Path, project: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """Each folder of a pointer, and what it should hold as far as its listing is sound."""
    trees = named(workspace, project).trees
    for path in _pointers(workspace, project):
        if entries := trees.get(pointer.read(path).digest):
            yield path.with_suffix(""), entries


def _pointers(workspace: Path, project: str) -> Iterator[Path]:
    for path in paths_of(workspace, project):
        try:
            pointer.read(path)
        except StoreError:  # a problem of its own
            continue
        yield path


def _entries_of_folder(folder: Path, project: str) -> dict[str, str]:
    """What a listing of the folder would say; a batch names each file after its content."""
    names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    if project == MEDIA:
        digests = {name: name.partition(".")[0].replace("/", "") for name in names}
        return {name: each for name, each in digests.items() if is_digest(each)}
    return {name: md5_of_file(folder / name) for name in names}
