"""What a cache holds: asked for many objects at once, and listed."""

import os
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path

from ymir.dvc.objects import is_digest

_MANY = 100  # objects of one folder that are found sooner by listing it


def lacking(cache: Path, wanted: Collection[str]) -> set[str]:
    """Those of the objects that the cache has not."""
    by_folder = defaultdict(list)
    for digest in wanted:
        by_folder[digest[:2]].append(digest[2:])
    return {
        prefix + name
        for prefix, names in by_folder.items()
        for name in _lacking(f"{cache}/{prefix}", names)
    }


def held(cache: Path) -> Iterator[tuple[str, list[os.DirEntry[str]]]]:
    """Every file of a cache, folder by folder: its two letters, and what lies there."""
    for prefix in sorted(_names(str(cache))):
        if len(prefix) == 2:
            with os.scandir(cache / prefix) as found:
                yield prefix, [each for each in found if each.is_file(follow_symlinks=False)]


def digest_of(prefix: str, name: str) -> str | None:
    """The object that a file of a cache is; None for what a killed program left."""
    digest = prefix + name
    return digest if is_digest(digest) else None


def _lacking(folder: str, names: Collection[str]) -> Collection[str]:
    if len(names) > _MANY:
        return set(names).difference(_names(folder))
    return [name for name in names if not os.access(f"{folder}/{name}", os.F_OK)]


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names, and no million of paths
    except FileNotFoundError:
        return []
