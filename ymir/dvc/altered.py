"""What people changed in folders that are laid out: found, and kept before ymir needs a folder."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from ymir.dvc.files import storing
from ymir.dvc.folders import Entries, is_same
from ymir.dvc.leftovers import is_unfinished
from ymir.dvc.objects import md5_of_file, object_path

EDITED = Path(".ymir", "edited")  # where in a workspace it is kept
_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class Altered(NamedTuple):
    """A file of a folder that is not as it was laid out."""

    name: str
    how: Literal["edited", "damaged", "added", "removed"]  # damaged: in the cache, too


def altered(cache: Path, entries: Entries, folder: Path) -> Iterator[Altered]:
    """What differs between a folder and what it should hold.

    Files that look as they were laid out are read only if somebody made them writable: these lead
    into the cache.
    """
    found = set(_names(folder))
    for name in sorted(found | entries.keys()):
        if name not in entries:
            yield Altered(name, "added")
        elif name not in found:
            yield Altered(name, "removed")
        elif how := _change(cache, entries[name], folder / name):
            yield Altered(name, how)


def put_aside(workspace: Path, cache: Path, entries: Entries, folder: Path) -> list[Path]:
    """Move what people wrote into a folder to `.ymir/edited/`; what the cache holds is no loss."""
    moved = []
    for name, how in altered(cache, entries, folder):
        source = folder / name
        if how in ("removed", "damaged") or _is_stored(cache, source):
            continue
        target = _free(workspace / EDITED / folder.relative_to(workspace) / name)
        with storing(f"`{source}` was edited, and cannot be kept"):
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
        moved.append(target)
    return moved


def _names(folder: Path) -> Iterator[str]:
    """Its files, but for what a run that was killed left unfinished: the next one removes that."""
    if folder.is_symlink():
        return
    for parent, _, files in os.walk(folder):
        yield from (
            Path(parent, name).relative_to(folder).as_posix()
            for name in files
            if not is_unfinished(name)
        )


def _change(cache: Path, digest: str, path: Path) -> Literal["edited", "damaged"] | None:
    source = object_path(cache, digest)
    is_laid_out = source.exists() and is_same(source, path)
    if is_laid_out and not path.stat().st_mode & _WRITABLE:
        return None
    if _digest(path) == digest:
        return None
    return "damaged" if is_laid_out else "edited"


def _is_stored(cache: Path, path: Path) -> bool:
    digest = _digest(path)
    return digest is not None and object_path(cache, digest).exists()


def _digest(path: Path) -> str | None:
    try:
        return md5_of_file(path)
    except OSError:  # leads nowhere, or may not be read
        return None


def _free(path: Path) -> Path:
    """A name that nothing has: what was kept earlier stays."""
    number, free = 1, path
    while os.path.lexists(free):
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
