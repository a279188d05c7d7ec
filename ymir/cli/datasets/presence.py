"""Which images' bytes are at hand, without a word to any remote."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ymir.dvc.objects import object_path

_FEW = 20_000  # asked for one by one; of more, the folders of the cache are listed


def absent(cache: Path, images: Collection[str]) -> list[str]:
    """The images whose bytes are not in the cache."""
    if len(images) <= _FEW:
        return [image for image in images if not object_path(cache, image).exists()]
    stored: set[str] = set()
    for prefix in {image[:2] for image in images}:
        folder = cache / prefix
        if folder.is_dir():
            stored.update(prefix + name for name in os.listdir(folder))  # noqa: PTH208 - of a million
    return [image for image in images if image not in stored]


@dataclass(frozen=True)
class Stored(Mapping[str, Path]):
    """Where the bytes of images lie; a path is made when it is asked for, not a million at once."""

    cache: Path
    images: Collection[str]  # all of them in the cache

    def __getitem__(self, image: str) -> Path:
        if image not in self.images:
            raise KeyError(image)
        return object_path(self.cache, image)

    def __iter__(self) -> Iterator[str]:
        return iter(self.images)

    def __len__(self) -> int:
        return len(self.images)
