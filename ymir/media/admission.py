"""Put image files into the object store, each exactly as it was when it was hashed."""

import os
import secrets
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ymir.dvc.files import storing
from ymir.dvc.objects import copy_file, md5_of_bytes, place_file
from ymir.media.files import read_file
from ymir.media.sight import Stamp
from ymir.media.source import stamp
from ymir.media.workers import spread

_READ_ONLY = 0o444  # DVC trusts such an object without hashing it again
_SMALL = 64 << 10  # bytes; reading a small file once more is cheaper than asking for a clone
_PER_FILE, _PER_BYTE = 80e-6, 1 / 700e6  # seconds of work


class Admission(NamedTuple):
    """One file to store: what is in it, and its stamp, if that shows any change since."""

    path: str
    digest: str
    bytes: int
    format: str
    stamp: Stamp | None

    @property
    def name(self) -> str:
        """Where it lies in its batch."""
        return f"{self.digest[:2]}/{self.digest[2:]}.{self.format}"


def missing(cache: Path, files: Iterable[Admission]) -> list[Admission]:
    """Those of the files that are no objects yet."""
    objects = str(cache)
    return [each for each in files if not os.access(_object(objects, each), os.F_OK)]


def store_files(cache: Path, folder: Path, files: Sequence[Admission]) -> list[str]:
    """Make every file an object; return the paths of those that changed meanwhile.

    Never links to a file of the user: an edit in place would change the object too. Files are
    written in `folder`, under the names that a batch has for them, and then linked: objects appear
    whole, and whatever is left in `folder` is a part of the batch.
    """
    for prefix in {each.digest[:2] for each in files}:
        (cache / prefix).mkdir(parents=True, exist_ok=True)
        (folder / prefix).mkdir(parents=True, exist_ok=True)
    size = sum(each.bytes for each in files)
    seconds = len(files) * _PER_FILE + size * _PER_BYTE
    with storing("an image cannot be stored"):
        return spread(partial(_store_all, str(cache), str(folder)), files, seconds=seconds)


def _store_all(cache: str, folder: str, files: Sequence[Admission]) -> list[str]:
    return [each.path for each in files if not _store(cache, folder, each)]


def _store(cache: str, folder: str, file: Admission) -> bool:
    """Whether the object is there now; not if the file has changed."""
    try:
        if file.bytes < _SMALL or not file.stamp:
            return _store_content(_object(cache, file), f"{folder}/{file.name}", file)
        return _store_clone(Path(cache), Path(folder, secrets.token_hex(8)), file)
    except FileNotFoundError:
        return False


def _store_clone(cache: Path, private: Path, file: Admission) -> bool:
    try:
        copy_file(Path(file.path), private)
        is_same = stamp(file.path) == file.stamp
        if is_same:
            place_file(cache, file.digest, private, copy=False)
    finally:
        private.unlink(missing_ok=True)
    return is_same


def _store_content(target: str, private: str, file: Admission) -> bool:
    """As `place_bytes` does it, in a third of the time: for the small files that come in crowds."""
    content = read_file(file.path, file.bytes)
    if md5_of_bytes(content) != file.digest:
        return False
    _write(private, content)
    try:
        os.link(private, target)
    except FileExistsError:  # somebody else was as fast
        return True
    except OSError:  # a file system without links
        os.rename(private, target)  # noqa: PTH104 - a Path per file costs more
    return True


def _write(path: str, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _READ_ONLY)
    try:
        os.fchmod(descriptor, _READ_ONLY)  # whatever the user's mask takes away
        while content:  # a disk that is filling up takes a part
            content = content[os.write(descriptor, content) :]
    finally:
        os.close(descriptor)


def _object(cache: str, file: Admission) -> str:
    digest = file.digest
    return f"{cache}/{digest[:2]}/{digest[2:]}"
