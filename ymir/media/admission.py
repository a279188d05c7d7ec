"""Put image files into the object store, each exactly as it was when it was hashed."""

import secrets
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ymir.dvc.files import storing
from ymir.dvc.objects import copy_file, object_path, place_bytes, place_file
from ymir.media.source import Seen, stamp
from ymir.media.workers import spread

_SMALL = 64 << 10  # bytes; reading a small file once more is cheaper than asking for a clone
_PER_FILE, _PER_BYTE = 80e-6, 1 / 700e6  # seconds of work


class Admission(NamedTuple):
    """One file to store."""

    path: str
    seen: Seen


def store_files(cache: Path, scratch: Path, files: Sequence[Admission]) -> list[str]:
    """Make every file an object; return the paths of those that changed meanwhile.

    Never links to a file of the user: an edit in place would change the object too. What a killed
    run stored is used again; it is never taken for more than it is, since objects appear whole.
    """
    missing = [each for each in files if not object_path(cache, each.seen.digest).exists()]
    scratch.mkdir(parents=True, exist_ok=True)
    size = sum(each.seen.bytes for each in missing)
    seconds = len(missing) * _PER_FILE + size * _PER_BYTE
    with storing("an image cannot be stored"):
        return spread(partial(_store_all, cache, scratch), missing, seconds=seconds)


def _store_all(cache: Path, scratch: Path, files: Sequence[Admission]) -> list[str]:
    return [each.path for each in files if not _store(cache, scratch, each)]


def _store(cache: Path, scratch: Path, file: Admission) -> bool:
    """Whether the object is there now; not if the file has changed."""
    if file.seen.bytes < _SMALL or not file.seen.is_settled:
        return _store_read(cache, file)
    private = scratch / secrets.token_hex(8)
    try:
        copy_file(Path(file.path), private)
        is_same = stamp(file.path) == file.seen.stamp
        if is_same:
            place_file(cache, file.seen.digest, private, copy=False)
    except FileNotFoundError:
        return False
    finally:
        private.unlink(missing_ok=True)
    return is_same


def _store_read(cache: Path, file: Admission) -> bool:
    try:
        with open(file.path, "rb") as source:  # noqa: PTH123 - half of Path's time
            content = source.read()
    except FileNotFoundError:
        return False
    return place_bytes(cache, content) == file.seen.digest
