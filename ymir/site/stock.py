"""Recorded files that are here: read from the cache, so that looking lays nothing out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ymir.data.diff import Diff, diff
from ymir.data.table import check
from ymir.dvc import folders, pointer
from ymir.dvc.objects import object_path
from ymir.dvc.project import cache_of
from ymir.media.tables import read_table
from ymir.plan.snapshot import Version
from ymir.report.words import plural
from ymir.site.memory import Memory
from ymir.site.record import dataset_pointer

if TYPE_CHECKING:
    import polars as pl

TABLE = "images.parquet"


def stored(root: Path, pointed: str, name: str) -> Path | None:
    """Where a file of a recorded folder lies in the cache; None where it is not here."""
    cache, record = cache_of(root), root / pointed
    if not record.is_file():
        return None
    digest = pointer.read(record).digest
    if not object_path(cache, digest).exists():
        return None
    found = folders.entries_of(cache, digest).get(name)
    path = object_path(cache, found) if found else None
    return path if path and path.exists() else None


def table_of(root: Path, name: str, number: int) -> pl.DataFrame | None:
    """The table of a version of a dataset, if it is here."""
    path = stored(root, dataset_pointer(name, number), TABLE)
    return check(read_table(path)) if path else None


def files_of(root: Path, name: str, number: int) -> pl.DataFrame | None:
    """Digests and names of the images of a version, if its table is here; cheap."""
    path = stored(root, dataset_pointer(name, number), TABLE)
    return read_table(path, columns=("image", "file")) if path else None


def comparing(root: Path, memory: Memory) -> Callable[[str, Version, Version], tuple[str, ...]]:
    """Says what differs between two versions of a dataset; each pair is compared once."""

    def compare(name: str, old: Version, new: Version) -> tuple[str, ...]:
        between = f"{old.digest}..{new.digest}"
        known = memory.changes(between)
        if known is not None:
            return known
        before, now = (table_of(root, name, each.number) for each in (old, new))
        if before is None or now is None:
            return ()
        words = said(diff(before, now))
        memory.note_changes(between, words)
        return words

    return compare


def said(found: Diff) -> tuple[str, ...]:
    """A difference in words, a line for each kind."""
    lines = [
        *_counted(found.added.height, "came"),
        *_counted(found.removed.height, "went"),
        *_counted(found.retagged.height, "with other tags"),
    ]
    if found.changed:
        boxes = ", ".join(f"{count:,} {what}" for what, count in found.counts.items() if count)
        lines.append(f"{plural(found.changed, 'image')} with other boxes: {boxes}")
    return tuple(lines) or ("nothing differs",)


def _counted(images: int, what: str) -> list[str]:
    return [f"{plural(images, 'image')} {what}"] if images else []
