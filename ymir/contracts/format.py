"""What an import or export format must do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ymir.errors import DataError
from ymir.plugins import Registry, nearest

if TYPE_CHECKING:  # planning and import workers name formats too, and must start fast
    import polars as pl


class Splits(Mapping[str, frozenset[str]]):
    """Split name -> its files; no split file is read before somebody asks for its split.

    `load` gives the names, each with what reads its files: images, the annotations that they need,
    and names that the split file has and the folder has not.
    """

    def __init__(self, load: Callable[[], Mapping[str, Callable[[], Iterable[str]]]]) -> None:
        self._load = load

    @cached_property
    def _readers(self) -> Mapping[str, Callable[[], Iterable[str]]]:
        return self._load()

    def __getitem__(self, name: str) -> frozenset[str]:
        return frozenset(self._readers[name]())

    def __contains__(self, name: object) -> bool:
        return name in self._readers

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._readers))

    def __len__(self) -> int:
        return len(self._readers)


@dataclass(frozen=True)
class Partners:
    """Which annotation is about which image, where each is about one image at most.

    `clashing` are the images of whose name there are several files, each with all of these.
    """

    of: Mapping[str, str] = field(default_factory=dict)
    clashing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def only(self, images: Sequence[str]) -> Partners:
        """Those of some images."""
        chosen = set(images) if self.clashing else ()
        of = {image: self.of[image] for image in images if image in self.of}
        return Partners(
            of, {name: files for name, files in self.clashing.items() if name in chosen}
        )


@dataclass(frozen=True)
class Listing:
    """The files a dataset is made of, named relative to `folder` with `/`, in order.

    `stray` are files that belong to the dataset and cannot be used, each with the reason. `splits`
    says which files belong to train, val, … as far as the dataset itself says so. `others` are
    images that lie in the folder and are not asked for, because they are of another split.

    Where each annotation is about the one image of its name, `partners` says which, and images can
    be read some at a time, with their annotations and the `shared` ones. `contents` are those of
    files that have been read already: a format need not read these again.
    """

    folder: Path
    images: tuple[str, ...]
    annotations: tuple[str, ...] = ()
    stray: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)
    others: frozenset[str] = field(default=frozenset(), repr=False)
    partners: Partners | None = field(default=None, compare=False, repr=False)
    shared: tuple[str, ...] = ()
    contents: Mapping[str, bytes] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Found:
    """One image, with what the annotations say of it.

    `image` is its name in the listing, or what the annotation calls it where there is no such
    file. `objects` are rows as in `ymir.data.table.OBJECT`, label as written, what is not set left
    out; where the annotation `is_relative`, their sides and polygons are shares of the image's
    width and height, not pixels. `tags` are rows as in `TAG`. `declared` is the size the annotation
    states; `annotation` is the file that was read; `problem` says why the image cannot be used.
    `ignored` is what a dataset has no place for, and how often the annotation says it.
    """

    image: str
    objects: Sequence[Mapping[str, Any]] = ()
    tags: tuple[Mapping[str, str], ...] = ()
    declared: tuple[int, int] | None = None
    annotation: str | None = None
    problem: str | None = None
    is_relative: bool = False
    ignored: Mapping[str, int] = field(default_factory=dict)


@runtime_checkable
class Format(Protocol):
    """Reads and writes one dataset layout."""

    def listing(self, folder: Path) -> Listing:
        """Which files the dataset in `folder` is made of. Cheap: reads names, never content."""

    def read(self, listing: Listing) -> Iterator[Found]:
        """Each image of the listing once, and each image that only an annotation names.

        Reads annotations, never images. Raises `DataError` where nothing at all can be read.
        """

    def write(
        self, images: pl.DataFrame, media: Mapping[str, Path], folder: Path
    ) -> Mapping[str, int]:
        """Write a table as a dataset; `media` says where each image's bytes lie.

        Returns what the layout has no place for, and how often it was left out.
        """


def of_split(listing: Listing, name: str) -> Listing:
    """The images of one split, and the annotations that they need."""
    if name not in listing.splits:
        known = nearest(name, listing.splits) if listing.splits else "leave `split` out"
        there_is = "no split" if listing.splits else "no split at all, and none"
        raise DataError(f"`{listing.folder}` has {there_is} called `{name}`", hint=known)
    files = listing.splits[name]
    images = tuple(each for each in listing.images if each in files)
    annotations = tuple(each for each in listing.annotations if each in files)
    absent = sorted(files.difference(images, annotations, listing.stray))
    why = f"the split `{name}` names it, but there is no image of this name"
    stray = {each: reason for each, reason in listing.stray.items() if each in files}
    return replace(
        listing,
        images=images,
        annotations=annotations,
        stray={**stray, **dict.fromkeys(absent, why)},
        others=frozenset(listing.images).difference(images),
    )


formats = Registry("formats", Format)
