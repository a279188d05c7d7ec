"""Which versions, and what of them, objects belong to that are lost."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ymir.dvc import folders, pointer
from ymir.dvc.project import MEDIA, cache_of
from ymir.dvc.stock import lacking
from ymir.dvc.tracked import paths_of
from ymir.errors import StoreError
from ymir.media.tables import BROKEN
from ymir.stores.dvc import DvcStore

_SHOWN = 5
_TABLE = "images.parquet"


@dataclass(frozen=True)
class Bereft:
    """A version without some of its files or images; without all, where its listing is lost."""

    name: str
    what: str  # `images` or `files`
    lost: tuple[str, ...]
    of: int

    @property
    def says(self) -> str:
        """In one line."""
        if not self.lost:
            return f"{self.name}: all of it, for its listing is lost"
        more = f" and {len(self.lost) - _SHOWN} more" if len(self.lost) > _SHOWN else ""
        names = ", ".join(self.lost[:_SHOWN])
        return f"{self.name}: {len(self.lost)} of {self.of} {self.what}: {names}{more}"


def bereft(workspace: Path, lost: Mapping[str, Collection[str]]) -> Iterator[Bereft]:
    """All that lack something: what pointers name, and the datasets that hold lost images."""
    for project, digests in lost.items():
        images = {each for each in digests if not each.endswith(".dir")}
        if project == MEDIA and images:
            yield from _datasets(workspace, images)
            yield from _pointed(workspace, project, {*digests} - images)
        else:
            yield from _pointed(workspace, project, digests)


def _pointed(workspace: Path, project: str, lost: Collection[str]) -> Iterator[Bereft]:
    cache = cache_of(workspace / project)
    for path in paths_of(workspace, project):
        digest = pointer.read(path).digest
        name = path.relative_to(workspace).with_suffix("").as_posix()
        if digest in lost:
            yield Bereft(name, "files", (), 0)
        elif not lacking(cache, [digest]):
            entries = folders.entries_of(cache, digest)
            if gone := tuple(file for file, each in entries.items() if each in lost):
                yield Bereft(name, "files", gone, len(entries))


def _datasets(workspace: Path, images: Collection[str]) -> Iterator[Bereft]:
    """By the names of their files; a version whose table is lost itself is told of otherwise."""
    cache, store = cache_of(workspace), DvcStore(workspace)
    for name in (name for name in store.observe() if "@v" in name):
        digest = pointer.read(store.pointer_of(name)).digest
        if lacking(cache, [digest]) or folders.missing(cache, digest):
            continue
        try:
            table = pl.read_parquet(store.open(name) / _TABLE, columns=["image", "file"])
        except (StoreError, *BROKEN):  # a model, or broken itself
            continue
        gone = table.filter(pl.col("image").is_in(list(images)))["file"]
        if len(gone):
            yield Bereft(name, "images", tuple(map(str, gone)), table.height)
