"""Whether folders of a million files have changed, by a look at the folders alone."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ymir.dvc.files import write_whole
from ymir.dvc.objects import md5_of_bytes


def stamp(names: Iterable[str], folders: Iterable[Path]) -> str:
    """A text that differs when a name does, or when a file came into the folders or left them.

    It sees the folders and those in them: all that caches and batches of images are made of.
    """
    seen = [f"{path} {found.st_ino} {found.st_mtime_ns}" for path, found in _levels(folders)]
    return md5_of_bytes("\n".join([*sorted(names), *seen]).encode())


def is_noted(note: Path, text: str) -> bool:
    """Whether this stamp was kept there."""
    try:
        return note.read_text(encoding="utf-8") == text
    except OSError:
        return False


def keep(note: Path, text: str) -> None:
    """Keep a stamp."""
    write_whole(note, text)


def _levels(folders: Iterable[Path]) -> Iterator[tuple[str, os.stat_result]]:
    for folder in folders:
        try:
            yield str(folder), folder.stat()
            with os.scandir(folder) as found:
                inner = sorted(each.path for each in found if each.is_dir(follow_symlinks=False))
        except FileNotFoundError:
            continue
        yield from ((path, os.stat(path)) for path in inner)  # noqa: PTH116 - no Path per folder
