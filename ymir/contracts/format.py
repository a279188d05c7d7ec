"""What an import or export format must do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import polars as pl

from ymir.plugins import Registry


@dataclass(frozen=True)
class Found:
    """One image that a format's reader found, with what the annotations say of it.

    `objects` are rows as in `ymir.data.table.OBJECT`; `declared` is the size that the annotation
    states, if any; `problem` says why its annotation cannot be used. A reader never opens images.
    """

    image: Path
    objects: tuple[Mapping[str, Any], ...] = ()
    tags: tuple[Mapping[str, str], ...] = ()
    declared: tuple[int, int] | None = None
    annotation: Path | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Listing:
    """What a source folder holds: the files to read, and how many images must come out."""

    images: tuple[Path, ...]
    annotations: tuple[Path, ...] = field(default=())
    stray: Mapping[Path, str] = field(default_factory=dict)  # files without a partner, and why


@runtime_checkable
class Format(Protocol):
    """Reads and writes one dataset layout."""

    def listing(self, folder: Path) -> Listing:
        """Which files the dataset in `folder` is made of. Cheap: names only."""

    def read(self, listing: Listing, images: tuple[Path, ...]) -> Iterator[Found]:
        """Read the annotations of some of the images; safe to call in worker processes."""

    def write(self, images: pl.DataFrame, media: Mapping[str, Path], folder: Path) -> None:
        """Write a table as a dataset; `media` says where each image's bytes lie."""


formats = Registry("formats", Format)
