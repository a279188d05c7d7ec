"""The pool of images: stored once in the DVC sub-project `media/`, handed out as links.

Each batch of an import is one immutable DVC tree, `media/pool/<batch>.dvc`, written last: objects
that a killed import left are in no batch, harm nobody, and are used by the next one. Objects are
not forced to disk one by one; everything is, once, before the batch is registered.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ymir.dvc import pointer
from ymir.dvc.files import storing
from ymir.dvc.objects import object_path, place_bytes, tree_bytes, tree_entries
from ymir.dvc.pointer import Pointer
from ymir.dvc.project import MEDIA, cache_of
from ymir.errors import DataError, StoreError
from ymir.media.admission import Admission, missing, store_files
from ymir.media.files import files_under

if TYPE_CHECKING:
    import polars as pl

_NAME = 12  # hex digits of the tree's digest that name a batch


@dataclass(frozen=True)
class MediaStore:
    """The images of a workspace."""

    workspace: Path
    batch: int = 50_000  # images in one tree, at most

    @property
    def cache(self) -> Path:
        """Where the objects lie."""
        return cache_of(self.workspace / MEDIA)

    @property
    def pool(self) -> Path:
        """Where the batches lie."""
        return self.workspace / MEDIA / "pool"

    def admit(self, files: Sequence[Admission]) -> None:
        """Store files, each under its digest, and register those that are in no batch yet."""
        by_digest = {each.digest: each for each in files}
        known = self._registered()
        fresh = [by_digest[digest] for digest in sorted(by_digest) if digest not in known]
        batches = [fresh[at : at + self.batch] for at in range(0, len(fresh), self.batch)]
        old = [each for each in by_digest.values() if each.digest in known]
        for left in self.pool.glob(".*.tmp"):  # by a killed import
            shutil.rmtree(left, ignore_errors=True)
        folders = [self.pool / f".{secrets.token_hex(4)}.tmp" for _ in (*batches, old)]
        try:
            self._store((*batches, old), folders)
            with storing("a batch of images cannot be registered"):
                for batch, folder in zip(batches, folders, strict=False):
                    self._register(batch, folder)
        finally:
            for folder in folders:
                shutil.rmtree(folder, ignore_errors=True)

    def _store(self, parts: Sequence[Sequence[Admission]], folders: Sequence[Path]) -> None:
        """Make objects of what is no object yet; what a killed run stored is used again."""
        changed: list[str] = []
        for part, folder in zip(parts, folders, strict=True):
            changed += store_files(self.cache, folder, missing(self.cache, part))
        if changed:
            raise DataError(
                f"{len(changed)} files changed while they were read, e.g. `{changed[0]}`",
                hint="run again when nothing writes to them any more",
            )

    def locate(self, images: Collection[str]) -> dict[str, Path]:
        """Where each image's bytes lie, by digest."""
        cache = self.cache
        found = {image: object_path(cache, image) for image in images}
        missing = [image for image, path in found.items() if not path.exists()]
        if missing:
            raise StoreError(
                f"the bytes of {len(missing)} of {len(found)} images are not here, "
                f"e.g. `{missing[0]}`",
                hint="run `ymir pull`",
            )
        return found

    def link(self, images: pl.DataFrame, folder: Path) -> dict[str, Path]:
        """Fill `folder` with links to the images: `<last two hex digits>/<digest>.<format>`.

        The files are read-only and shared with the store: for programs that only read them.
        """
        objects = self.locate(images["image"].to_list())
        links = {
            image: folder / image[-2:] / f"{image}.{kind}"
            for image, kind in images.select("image", "format").iter_rows()
        }
        with storing("the images of a job cannot be linked"):
            for parent in {path.parent for path in links.values()}:
                parent.mkdir(parents=True, exist_ok=True)
            for image, path in links.items():
                _link(str(objects[image]), str(path))
        return links

    def _registered(self) -> set[str]:
        """Every image that a batch at hand lists."""
        return {digest for batch in self._batches() for digest in batch.values()}

    def _batches(self) -> Iterator[dict[str, str]]:
        for file in sorted(self.pool.glob("*.dvc")):
            listing = object_path(self.cache, pointer.read(file).digest)
            if listing.exists():
                yield tree_entries(listing.read_bytes())

    def _register(self, batch: Sequence[Admission], folder: Path) -> None:
        entries = {each.name: each.digest for each in batch}
        digest = place_bytes(self.cache, tree_bytes(entries), suffix=".dir")
        name = digest[:_NAME]
        self._lay_out(name, entries, folder)
        os.sync()
        size = sum(each.bytes for each in batch)
        pointer.write(
            self.pool / f"{name}.dvc",
            Pointer(path=name, digest=digest, size=size, files=len(entries)),
        )

    def _lay_out(self, name: str, entries: dict[str, str], folder: Path) -> None:
        """The folder that DVC would check out, as links; it appears whole."""
        cache, partial, final = str(self.cache), str(folder), self.pool / name
        for prefix in {path[:2] for path in entries}:
            (folder / prefix).mkdir(parents=True, exist_ok=True)
        there = set(files_under(folder).names)  # what was new has been written here
        for path in entries.keys() - there:
            _link(f"{cache}/{path[:2]}/{entries[path][2:]}", f"{partial}/{path}")
        shutil.rmtree(final, ignore_errors=True)
        folder.rename(final)


def _link(target: str, path: str) -> None:
    """A hard link, or a symbolic one where the file system has no other."""
    try:
        os.link(target, path)
    except FileExistsError:
        return
    except OSError:  # another file system, or too many links
        Path(path).symlink_to(Path(target).resolve())
