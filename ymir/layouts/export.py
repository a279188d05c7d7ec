"""Images written out for people and other tools: copies, under their old names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ymir.dvc.objects import copy_file
from ymir.errors import StoreError

if TYPE_CHECKING:
    import polars as pl

_UNFIT = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
)  # what readers refuse in names
_LONGEST = 200  # bytes of a name; file systems take 255, and it gets a suffix


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
    stems = [_stem(file) or image for file, image in images.select("file", "image").iter_rows()]
    taken = Counter(stem.casefold() for stem in stems)
    return {
        image: f"{stem if taken[stem.casefold()] == 1 else f'{stem}-{image[:12]}'}.{kind}"
        for stem, (image, kind) in zip(
            stems, images.select("image", "format").iter_rows(), strict=True
        )
    }


def left_out(images: pl.DataFrame, kept: Collection[str]) -> Counter[str]:
    """How much a table holds of what a layout has no place for; `kept` is what it has one for.

    What is said of a crowd goes with the crowd.
    """
    every = images["objects"].explode().drop_nulls().struct.unnest()
    objects = every if "crowds" in kept else every.filter(~every["crowd"])
    held = {
        "boxes": every.height,
        "crowds": int(every["crowd"].sum()),
        "masks": objects["mask"].count(),
        "scores": objects["score"].count(),
        "attributes": int(objects["attributes"].list.len().sum()),
        "tags": int(images["tags"].list.len().sum()),
    }
    return Counter({what: many for what, many in held.items() if many and what not in kept})


def keyed(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags or attributes as keys and values, as JSON has them."""
    return {tag["key"]: tag["value"] for tag in tags}


def _stem(file: str) -> str:
    """What is left of an old name; never a hidden file, which no reader would look at."""
    stem = _UNFIT.sub("_", PurePosixPath(file.replace("\\", "/")).stem).lstrip(".")
    return stem.encode()[:_LONGEST].decode(errors="ignore")
