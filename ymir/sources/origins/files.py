"""Write files that are new, and see that each is what it should be."""

import os
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from ymir.errors import DataError

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_MODE = 0o644


class Folder:
    """A folder that is filled from `whose` content; parents are made as they are needed."""

    def __init__(self, path: Path, whose: str) -> None:
        self._path = str(path)
        self._whose = whose
        self._made = {""}

    def make_for(self, names: Sequence[str]) -> None:
        """Make the parents of all these files, none of which is there yet."""
        for parent in {name.rpartition("/")[0] for name in names}:
            self._make(parent)
        if clashing := self._made.intersection(names):
            raise self._both(min(clashing))

    def write(self, name: str, pieces: Iterable[bytes], size: int) -> None:
        """Write a new file."""
        self._make(name.rpartition("/")[0])
        try:
            write_file(f"{self._path}/{name}", pieces, size)
        except (FileExistsError, IsADirectoryError) as error:
            raise self._both(name) from error

    def _make(self, folder: str) -> None:
        if folder in self._made:
            return
        self._make(folder.rpartition("/")[0])
        try:
            os.mkdir(f"{self._path}/{folder}")  # noqa: PTH102 - a Path per folder costs more
        except FileExistsError as error:
            raise self._both(folder) from error
        self._made.add(folder)

    def _both(self, name: str) -> DataError:
        return DataError(
            f"`{self._whose}` holds `{name}` as a file and as a folder",
            hint="nothing was taken from it; have it made anew",
        )


def write_file(
    path: str, pieces: Iterable[bytes], size: int, checksum: int | None = None
) -> str | None:
    """Write a new file; what is wrong if it has not `size` bytes, or another CRC."""
    written = found = 0
    descriptor = os.open(path, _NEW, _MODE)
    try:
        for piece in pieces:
            written += len(piece)
            if written > size:
                return "it holds more than its archive says"
            found = zlib.crc32(piece, found) if checksum is not None else 0
            _write_all(descriptor, piece)
    finally:
        os.close(descriptor)
    if written < size:
        return "it ends too early"
    return None if checksum is None or found == checksum else "its checksum is wrong"


def _write_all(descriptor: int, content: bytes) -> None:
    """Write every byte: a disk that is filling up takes a part."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
