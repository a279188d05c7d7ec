"""Images written out for people and other tools: copies, under their old names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ymir.dvc.objects import copy_file
from ymir.errors import StoreError

if TYPE_CHECKING:
    import polars as pl


def copy_images(images: pl.DataFrame, media: Mapping[str, Path], folder: Path) -> dict[str, str]:
    """Copy each image into `folder`; return the name of each, by digest.

    Copies, because a link would let an editor change the stored object.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = export_names(images)
    for image, name in names.items():
        if image not in media:
            raise StoreError(f"the bytes of `{name}` are not at hand", hint="run `ymir pull`")
        target = folder / name
        target.unlink(missing_ok=True)
        copy_file(media[image], target)
        target.chmod(0o644)
    return names


def export_names(images: pl.DataFrame) -> dict[str, str]:
    """Digest -> file name: the old stem, and where two share one, a piece of the digest."""
    stems = [
        PurePosixPath(file.replace("\\", "/")).stem or image
        for file, image in images.select("file", "image").iter_rows()
    ]
    taken = Counter(stem.lower() for stem in stems)
    return {
        image: f"{stem if taken[stem.lower()] == 1 else f'{stem}-{image[:12]}'}.{kind}"
        for stem, (image, kind) in zip(
            stems, images.select("image", "format").iter_rows(), strict=True
        )
    }
