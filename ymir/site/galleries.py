"""Galleries of datasets beside the page, each made once and made again when its dataset changes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

import polars as pl

from ymir.dvc.objects import object_path
from ymir.gallery.choice import evenly
from ymir.gallery.content import content
from ymir.gallery.write import PAGE, SMALL, Pictures, write_apart
from ymir.media.small import make_small
from ymir.media.store import MediaStore
from ymir.plan.snapshot import Version
from ymir.report.templates import asset
from ymir.site.datasets import is_dataset, versions_of
from ymir.site.memory import Memory
from ymir.site.record import OWN, WorkspaceRecord, link
from ymir.site.stock import files_of, table_of

MOST = 2_000  # images in one gallery, taken evenly
_SHOWN = 4  # small copies on the page itself
_ASSETS = ("gallery.html", "gallery.css", "gallery.js", "gallery_large.js")

Which = Literal["none", "newest", "all"]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """A version that gets a gallery; the newest one of a dataset has a folder without number."""

    dataset: str
    version: Version
    is_newest: bool

    @property
    def name(self) -> str:
        """`site@v2`."""
        return f"{self.dataset}@v{self.version.number}"

    @property
    def folder(self) -> str:
        """Where it lies, seen from the page."""
        return f"{OWN}/datasets/{self.dataset if self.is_newest else self.name}"


def wanted(record: WorkspaceRecord, which: Which) -> list[Wanted]:
    """The versions that get a gallery."""
    found: list[Wanted] = []
    for name in filter(is_dataset, record.observed):
        versions = versions_of(name, record.observed)
        if which != "none" and versions:
            found += [Wanted(name, each, is_newest=False) for each in versions[:-1]]
            found.append(Wanted(name, versions[-1], is_newest=True))
    return [each for each in found if which == "all" or each.is_newest]


def make_galleries(
    record: WorkspaceRecord, into: Path, which: Which, memory: Memory, tell: Tell
) -> Iterator[Wanted]:
    """Make what is missing or has changed; yield every gallery that is there."""
    chosen = wanted(record, which)
    for each in chosen:
        folder = into / each.folder
        made_of = _made_of(record.root, each)
        is_there = (folder / PAGE).is_file()
        if made_of and not (is_there and memory.gallery(str(folder)) == made_of):
            tell(f"making the gallery of `{each.name}` …")
            _make(record.root, each, folder)
            memory.note_gallery(str(folder), made_of)
        if (folder / PAGE).is_file():
            yield each
    _clear(into / OWN / "datasets", {Path(each.folder).name for each in chosen})


def pictures(folder: Path, page: Path) -> tuple[str, ...]:
    """A few small copies of a gallery, as the page finds them."""
    found = sorted(path for path in (folder / "small").glob("*/*") if path.is_file())
    step = max(1, len(found) // _SHOWN)
    return tuple(link(each, page) for each in found[::step][:_SHOWN])


def _made_of(root: Path, each: Wanted) -> str | None:
    """What a gallery shows and how, as a digest; None where its table is not here."""
    files = files_of(root, each.dataset, each.version.number)
    if files is None:
        return None
    shown = evenly(files, MOST)["image"]
    here = sorted(_here(root, shown))
    looks = [asset(name) for name in _ASSETS]
    return sha256("\0".join([each.name, each.version.digest, *here, *looks]).encode()).hexdigest()


def _here(root: Path, images: pl.Series) -> dict[str, Path]:
    cache = MediaStore(root).cache
    return {each: path for each in images.to_list() if (path := object_path(cache, each)).exists()}


def _make(root: Path, each: Wanted, folder: Path) -> None:
    table = table_of(root, each.dataset, each.version.number)
    if table is None:
        return
    found = content(each.name, table, most=MOST)
    media = _here(root, found.images["image"])
    small = root / ".ymir" / "thumbnails"
    make_small(media, small, SMALL)
    folder.parent.mkdir(parents=True, exist_ok=True)
    write_apart(found, Pictures(media, small, MediaStore(root).cache), folder, originals=False)


def _clear(folder: Path, kept: set[str]) -> None:
    """Take away galleries that nobody asks for any more."""
    for path in folder.glob("*/"):
        if path.name not in kept and (path / PAGE).is_file() and not path.is_symlink():
            shutil.rmtree(path)
