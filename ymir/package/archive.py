"""Reads and writes tar.gz files with care: the same bytes for the same content, and no surprises.

A package comes from anywhere. So names stay inside, links and devices are refused, and an archive
that unpacks to far more than it weighs is given up while it is read.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO

from ymir.errors import DataError

MIB = 1 << 20
MOST_MEMBERS = 10_000
LONGEST_NAME = 500
ALWAYS_ALLOWED = 64 * MIB
MOST_EXPANSION = 100

Content = Path | bytes
Visit = Callable[[str, IO[bytes]], None]


def write_archive(path: Path, members: Mapping[str, Content], timestamp: int) -> None:
    """Write `members` in the order of their names; owner, mode and time are the same for all."""
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=timestamp) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, content in sorted(members.items()):
            about = tarfile.TarInfo(name)
            about.size = content.stat().st_size if isinstance(content, Path) else len(content)
            about.mtime, about.mode = timestamp, 0o644
            with opened(content) as data:
                tar.addfile(about, data)


def opened(content: Content) -> io.BufferedReader | io.BytesIO:
    """The bytes of a file, or those given."""
    return content.open("rb") if isinstance(content, Path) else io.BytesIO(content)


def sha256(content: Content) -> str:
    """The checksum, in hex."""
    with opened(content) as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def read_archive(path: Path, visit: Visit) -> None:
    """Show `visit` every file in the archive, by its name, in order."""
    try:
        with path.open("rb") as file, gzip.GzipFile(fileobj=file) as packed:
            limit = ALWAYS_ALLOWED + MOST_EXPANSION * path.stat().st_size
            bounded = _Bounded(packed, limit, path.name)
            with tarfile.open(fileobj=bounded, mode="r|") as tar:
                for name, data in _files(tar, path.name):
                    visit(name, data)
            while bounded.read(MIB):  # what is left says whether all of it came
                pass
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise DataError(f"`{path}` cannot be read: {error.strerror}") from error
    except (tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError) as error:
        raise DataError(
            f"`{path.name}` is not a whole tar.gz: {error}",
            hint="fetch it again from where it came from",
        ) from error


def _files(tar: tarfile.TarFile, archive: str) -> Iterator[tuple[str, IO[bytes]]]:
    seen: set[str] = set()
    for member in tar:
        if member.isdir():
            continue
        name = safe_name(member.name, archive)
        if not member.isreg() or member.issparse():
            raise DataError(f"`{archive}` holds `{name}`, which is a link or no plain file")
        if name in seen or len(seen) >= MOST_MEMBERS:
            what = f"`{name}` twice" if name in seen else f"more than {MOST_MEMBERS} files"
            raise DataError(f"`{archive}` holds {what}")
        seen.add(name)
        data = tar.extractfile(member)
        if data is not None:
            yield name, data


def safe_name(name: str, archive: str) -> str:
    """The name in its plain form, or why it is refused."""
    pure = PurePosixPath(name)
    odd = not pure.parts or pure.is_absolute() or ".." in pure.parts or not name.isprintable()
    if odd or "\\" in name or len(name) > LONGEST_NAME:
        raise DataError(f"`{archive}` holds a file with the name {name[:80]!r}, which is refused")
    return str(pure)


class _Bounded(io.RawIOBase):
    """Reads until more comes out than an honest archive of this weight holds."""

    def __init__(self, packed: gzip.GzipFile, limit: int, archive: str) -> None:
        super().__init__()
        self._packed, self._left, self._archive = packed, limit, archive

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._packed.read(size if size >= 0 else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise DataError(f"`{self._archive}` unpacks to far more than it weighs: not read")
        return data
