"""Unpack tar archives, packed or not: read once from front to back, every header checked."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, cast

from ymir.errors import DataError
from ymir.sources.origins.budget import LIMITS, Budget, Limits
from ymir.sources.origins.files import Folder
from ymir.sources.origins.names import Names

_BLOCK = tarfile.BLOCKSIZE
_END = bytes(_BLOCK)
_PIECE = 4 << 20  # bytes that are read at a time
_BUFFER = 1 << 20
_LONGEST_HEADER = 1 << 20  # bytes of an extended header
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_LINKS = (tarfile.SYMTYPE, tarfile.LNKTYPE)
_EXTENDED = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.XGLTYPE)
_LONG = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZIP = b"PK\x03\x04"
_PACKED: Mapping[bytes, Callable[[IO[bytes]], object]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
_DAMAGED = (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, ValueError)


class _BrokenError(Exception):
    """The archive is not whole."""


def unpack_tar(archive: Path, folder: Path, limits: Limits = LIMITS) -> None:
    """Write the files of `archive` into the empty `folder`."""
    budget = Budget(archive.name, archive.stat().st_size, folder, limits)
    target = Folder(folder, archive.name)
    try:
        with archive.open("rb") as file, _unpacked(file, archive) as stream:
            reader = _Reader(stream, archive, budget)
            for name, size in reader.files():
                target.write(name, reader.content(size), size)
            reader.finish()
    except (*_DAMAGED, _BrokenError) as error:
        raise _damaged(archive, error) from error
    except OSError as error:
        if error.errno is None:  # so gzip and bz2 say that content is damaged
            raise _damaged(archive, error) from error
        raise


def _damaged(archive: Path, error: Exception) -> DataError:
    return DataError(
        f"`{archive}` is not a whole tar archive: {error}",
        hint="fetch it again from where it came from",
    )


def _unpacked(file: IO[bytes], archive: Path) -> io.BufferedReader:
    head = file.read(8)
    file.seek(0)
    if head.startswith(_ZSTD):
        hint = "`zstd -d` makes a plain tar archive of it"
        raise DataError(f"`{archive}` is packed with zstd, which ymir does not read", hint=hint)
    if head.startswith(_ZIP):
        raise DataError(f"`{archive}` is a zip archive", hint="write `zip:` instead of `tar:`")
    opens = next((opens for mark, opens in _PACKED.items() if head.startswith(mark)), None)
    raw = opens(file) if opens else file
    return io.BufferedReader(cast("io.RawIOBase", raw), _BUFFER)


class _Reader:
    """Goes through an archive, one header after the other; `tarfile` skips what is damaged."""

    def __init__(self, stream: IO[bytes], archive: Path, budget: Budget) -> None:
        self._stream = stream
        self._archive = archive
        self._budget = budget
        self._names = Names(archive.name)
        self._general: dict[str, str] = {}  # what extended headers say of all that follows
        self._next: dict[str, str] = {}  # … and of the next file

    def files(self) -> Iterator[tuple[str, int]]:
        """The name and the size of each file; its content must be read before the next is asked."""
        while (block := self._take(_BLOCK)) != _END:
            self._budget.pass_over(_BLOCK)
            entry = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            if entry.type in (*_EXTENDED, *_LONG):
                self._extend(entry)
                continue
            said = {**self._general, **self._next}
            self._next = {}
            name, size = said.get("path", entry.name), int(said.get("size", entry.size))
            if entry.type == tarfile.DIRTYPE:
                self._names.folder(name)
                continue
            self._refuse_odd(entry, name, said)
            if size < 0:
                raise _BrokenError("a size is below 0")
            self._budget.spend(size)
            yield self._names.take(name), size

    def content(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes, and what fills their last block up."""
        left = size
        while left:
            piece = self._take(min(left, _PIECE))
            left -= len(piece)
            yield piece
        self._take(-size % _BLOCK)

    def finish(self) -> None:
        """See that there were files, and that nothing follows them.

        What is packed checks itself when it is read to its end.
        """
        self._names.refuse_none()
        while piece := self._stream.read(_BUFFER):
            self._budget.pass_over(len(piece))
            if piece.count(0) < len(piece):
                raise _BrokenError("it goes on after its end")

    def _take(self, size: int) -> bytes:
        content = self._stream.read(size) if size else b""
        if len(content) < size:
            raise _BrokenError("it is cut off")
        return content

    def _extend(self, entry: tarfile.TarInfo) -> None:
        if not 0 <= entry.size <= _LONGEST_HEADER:
            raise _BrokenError("a header is far too long")
        self._budget.pass_over(entry.size + -entry.size % _BLOCK)
        content = b"".join(self.content(entry.size))
        if entry.type == tarfile.GNUTYPE_LONGNAME:
            self._next["path"] = content.rstrip(b"\0").decode("utf-8", "surrogateescape")
        elif entry.type == tarfile.XGLTYPE:
            self._general |= _records(content)
        elif entry.type in _EXTENDED:
            self._next |= _records(content)

    def _refuse_odd(self, entry: tarfile.TarInfo, name: str, said: dict[str, str]) -> None:
        is_sparse = any(key.startswith("GNU.sparse") for key in said)
        if entry.type in _FILES and not is_sparse:
            return
        why = "a link" if entry.type in _LINKS else "no plain file"
        hint = "pack it again with the files themselves (`tar --dereference`)"
        raise DataError(f"`{name}` in `{self._archive}` is {why}", hint=hint)


def _records(content: bytes) -> dict[str, str]:
    """What an extended header says: `length key=value` and a new line, time and again."""
    found = {}
    while content.strip(b"\0"):
        length = int(content[: content.index(b" ")])
        record, rest = content[:length], content[length:]
        key, is_there, value = record.partition(b" ")[2].partition(b"=")
        if len(record) != length or not is_there or not record.endswith(b"\n"):
            raise _BrokenError("an extended header is damaged")
        found[key.decode()] = value[:-1].decode("utf-8", "surrogateescape")
        content = rest
    return found
