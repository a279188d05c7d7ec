"""Put files that are no objects yet into the object store, if they still are what was hashed."""

import os
from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

from ymir.dvc.files import storing
from ymir.dvc.objects import md5_of_bytes
from ymir.media.files import read_file
from ymir.media.shelf import Shelf
from ymir.media.workers import spread

_PER_FILE, _PER_BYTE = 80e-6, 1 / 350e6  # seconds of work


class Admission(NamedTuple):
    """One file to store, and what is in it."""

    path: str
    digest: str
    bytes: int
    format: str


def missing(cache: str, files: Iterable[Admission]) -> list[Admission]:
    """Those of the files that are no objects yet."""
    return [
        each for each in files if not os.access(f"{cache}/{each[1][:2]}/{each[1][2:]}", os.F_OK)
    ]


def store_files(shelf: Shelf, files: Sequence[Admission]) -> list[str]:
    """Make every file an object; return the paths of those that hold something else by now."""
    size = sum(each.bytes for each in files)
    seconds = len(files) * _PER_FILE + size * _PER_BYTE
    with storing("an image cannot be stored"):
        return spread(partial(_store_all, shelf), files, seconds=seconds)


def _store_all(shelf: Shelf, files: Sequence[Admission]) -> list[str]:
    return [each.path for each in files if not _is_stored(shelf, each)]


def _is_stored(shelf: Shelf, file: Admission) -> bool:
    try:
        content = read_file(file.path, file.bytes)
        if md5_of_bytes(content) != file.digest:
            return False
        shelf.put(file.digest, file.path, content)
    except FileNotFoundError:
        return False
    return True
