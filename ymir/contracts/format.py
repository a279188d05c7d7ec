"""What an import or export format must do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ymir.plugins import Registry

if TYPE_CHECKING:  # planning and import workers name formats too, and must start fast
    import polars as pl


@dataclass(frozen=True)
class Listing:
    """The files a dataset is made of, named relative to `folder` with `/`, in order.

    `stray` are files that belong to the dataset and cannot be used, each with the reason.
    """

    folder: Path
    images: tuple[str, ...]
    annotations: tuple[str, ...] = ()
    stray: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """One image, with what the annotations say of it.

    `image` is its name in the listing, or what the annotation calls it where there is no such
    file. `objects` are rows as in `ymir.data.table.OBJECT`, label as written, what is not set left
    out; `tags` are rows as in `TAG`. `declared` is the size the annotation states; `annotation` is
    the file that was read; `problem` says why the image cannot be used.
    """

    image: str
    objects: Sequence[Mapping[str, Any]] = ()
    tags: tuple[Mapping[str, str], ...] = ()
    declared: tuple[int, int] | None = None
    annotation: str | None = None
    problem: str | None = None


@runtime_checkable
class Format(Protocol):
    """Reads and writes one dataset layout."""

    def listing(self, folder: Path) -> Listing:
        """Which files the dataset in `folder` is made of. Cheap: reads names, never content."""

    def read(self, listing: Listing) -> Iterator[Found]:
        """Each image of the listing once, and each image that only an annotation names.

        Reads annotations, never images. Raises `DataError` where nothing at all can be read.
        """

    def write(self, images: pl.DataFrame, media: Mapping[str, Path], folder: Path) -> None:
        """Write a table as a dataset; `media` says where each image's bytes lie."""


formats = Registry("formats", Format)
