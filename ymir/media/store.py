"""The pool of images: stored once in the DVC sub-project `media/`, handed out as links.

Each batch of an import is one immutable DVC tree, `media/pool/<batch>.dvc`, written last: objects
that a killed import left are in no batch, harm nobody, and are used by the next one. Objects are
not forced to disk one by one; everything is, once, before the batch is registered.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ymir.disk import settle
from ymir.dvc import pointer
from ymir.dvc.files import storing
from ymir.dvc.objects import object_path, place_bytes, tree_bytes
from ymir.dvc.pointer import Pointer
from ymir.dvc.project import MEDIA, cache_of
from ymir.errors import DataError, StoreError
from ymir.media.admission import Admission, missing, store_files
from ymir.media.register import Register
from ymir.media.shelf import Shelf

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

    def admit(self, files: Sequence[Admission], *, is_linking: bool = False) -> None:
        """Store files, each under its digest, and register those that are in no batch yet."""
        by_digest = {each.digest: each for each in files}
        self._store(list(by_digest.values()), is_linking=is_linking)
        new = Register(self.workspace).unknown(by_digest)
        fresh = [by_digest[digest] for digest in sorted(new)]
        for left in self.pool.glob(".*.tmp"):  # by a killed import
            shutil.rmtree(left, ignore_errors=True)
        with storing("a batch of images cannot be registered"):
            for at in range(0, len(fresh), self.batch):
                self._register(fresh[at : at + self.batch])

    def new(self, images: pl.DataFrame) -> pl.DataFrame:
        """The images that are in no batch yet."""
        unknown = Register(self.workspace).unknown(images["image"].to_list())
        is_known = len(unknown) < images.height
        return images.filter(images["image"].is_in(list(unknown))) if is_known else images

    def shelf(self, source: str, *, is_linking: bool) -> Shelf:
        """How files like `source` become objects here."""
        return Shelf.beside(self.cache, source, is_linking=is_linking)

    def _store(self, files: Sequence[Admission], *, is_linking: bool) -> None:
        """Make objects of what is no object yet; what a killed run stored is used again."""
        absent = missing(str(self.cache), files)
        if not absent:
            return
        changed = store_files(self.shelf(absent[0].path, is_linking=is_linking), absent)
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
                hint="`ymir pull` brings them from the remote, and `ymir fsck --fix` from files "
                "that they were imported from",
            )
        return found

    def forget(self, spoiled: Collection[Path]) -> None:
        """Take objects that are not what their names say out of the store, with all their names."""
        for path in spoiled:
            prefix, rest = path.parent.name, path.name
            for name in self.pool.glob(f"*/{prefix}/{rest}.*"):
                name.unlink()
            path.unlink()

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

    def _register(self, batch: Sequence[Admission]) -> None:
        entries = {f"{digest[:2]}/{digest[2:]}.{kind}": digest for _, digest, _, kind in batch}
        digest = place_bytes(self.cache, tree_bytes(entries), suffix=".dir")
        name = digest[:_NAME]
        folder = self.pool / f".{secrets.token_hex(4)}.tmp"
        try:
            self._lay_out(name, entries, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        settle(self.cache, self.pool)
        size = sum(each.bytes for each in batch)
        pointed = Pointer(path=name, digest=digest, size=size, files=len(entries))
        pointer.write(self.pool / f"{name}.dvc", pointed)
        Register(self.workspace).note(name, entries.values())

    def _lay_out(self, name: str, entries: dict[str, str], folder: Path) -> None:
        """The folder that DVC would check out, as links; it appears whole."""
        cache, partial, final = str(self.cache), str(folder), self.pool / name
        for prefix in {path[:2] for path in entries}:
            (folder / prefix).mkdir(parents=True, exist_ok=True)
        for path, digest in entries.items():
            _link(f"{cache}/{path[:2]}/{digest[2:]}", f"{partial}/{path}")
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
