"""Unpack zip archives: everything is checked before the first file is written."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ymir.errors import DataError
from ymir.media.workers import spread
from ymir.sources.origins.budget import LIMITS, Budget, Limits
from ymir.sources.origins.files import Folder, write_file
from ymir.sources.origins.names import Names

_STORED, _DEFLATED = 0, 8
_UTF8, _ENCRYPTED = 0x800, 0x1
_HEADER = struct.Struct("<4s22xHH")  # of one file: the mark, the lengths of name and extra
_MARK = b"PK\x03\x04"
_END, _END64 = b"PK\x05\x06", b"PK\x06\x06"  # the marks of what says how many files there are
_TAIL = 1 << 16  # bytes of a comment behind it, at most
_MANY = 0xFFFF  # files, or more: the number stands in the larger mark
_PIECE = 4 << 20  # bytes that are read at a time
_PER_FILE, _PER_BYTE = 60e-6, 1 / 250e6  # seconds of work


class _Member(NamedTuple):
    """One file, where it lies in the archive, and what it must unpack to."""

    name: str
    written: bytes  # the name, as it must stand before the content, too
    at: int
    packed: int
    size: int
    checksum: int
    is_stored: bool


def unpack_zip(archive: Path, folder: Path, limits: Limits = LIMITS) -> None:
    """Write the files of `archive` into the empty `folder`."""
    members = _members(archive, Budget(archive.name, archive.stat().st_size, folder, limits))
    Folder(folder, archive.name).make_for([member.name for member in members])
    size = sum(member.packed + member.size for member in members)
    seconds = len(members) * _PER_FILE + size * _PER_BYTE
    if wrong := spread(partial(_unpack, str(archive), str(folder)), members, seconds=seconds):
        raise DataError(
            f"{len(wrong)} files of `{archive}` are damaged, e.g. {wrong[0]}",
            hint="fetch the archive again from where it came from",
        )


def _members(archive: Path, budget: Budget) -> list[_Member]:
    names = Names(archive.name)
    found = []
    for entry in _entries(archive):
        if entry.filename.endswith("/"):
            names.folder(_name(entry, archive))
            continue
        _refuse_odd(entry, archive)
        budget.spend(entry.file_size)
        member = _Member(
            names.take(_name(entry, archive)),
            entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8 else "cp437"),
            entry.header_offset,
            entry.compress_size,
            entry.file_size,
            entry.CRC,
            entry.compress_type == _STORED,
        )
        found.append(member)
    names.refuse_none()
    return found


def _entries(archive: Path) -> Iterator[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(archive) as opened:
            _refuse_cut_off(archive, len(opened.filelist))
            yield from opened.filelist
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, struct.error) as error:
        raise DataError(
            f"`{archive}` is not a whole zip archive: {error}",
            hint="fetch it again from where it came from; `tar:` is for tar archives",
        ) from error


def _refuse_cut_off(archive: Path, listed: int) -> None:
    count = _count(archive)
    if count != listed:
        raise zipfile.BadZipFile(f"{listed} of {count} files are listed")


def _count(archive: Path) -> int:
    """How many files there are, as the end says: `zipfile` believes a list that breaks off."""
    with archive.open("rb") as file:
        file.seek(-min(archive.stat().st_size, _TAIL + 98), os.SEEK_END)
        tail = file.read()
    at = tail.rfind(_END)
    (count,) = struct.unpack_from("<H", tail, at + 10)
    if count < _MANY or (large := tail.rfind(_END64, 0, at)) < 0:
        return int(count)
    return int(struct.unpack_from("<Q", tail, large + 32)[0])


def _name(entry: zipfile.ZipInfo, archive: Path) -> str:
    """The name; zip programs that do not say which letters they mean mostly mean UTF-8."""
    name = entry.orig_filename
    if name.isascii() or entry.flag_bits & _UTF8:
        return name
    try:
        return name.encode("cp437").decode()
    except UnicodeError as error:
        raise DataError(
            f"`{archive}` holds a file whose name is not UTF-8: {name!r}",
            hint="pack it again with a program that writes names in UTF-8",
        ) from error


def _refuse_odd(entry: zipfile.ZipInfo, archive: Path) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        why = "a link" if kind == stat.S_IFLNK else "no plain file"
        hint = "pack it again with the files themselves"
    elif entry.flag_bits & _ENCRYPTED:
        why, hint = "encrypted", "unpack it yourself and name the folder with `path`"
    elif entry.compress_type not in (_STORED, _DEFLATED):
        why = f"packed in a way that ymir does not read ({entry.compress_type})"
        hint = "pack it again with the usual method, deflate"
    else:
        return
    raise DataError(f"`{entry.orig_filename}` in `{archive}` is {why}", hint=hint)


def _unpack(archive: str, folder: str, members: Sequence[_Member]) -> list[str]:
    """What is wrong with those that cannot be unpacked."""
    descriptor = os.open(archive, os.O_RDONLY)
    try:
        return [
            f"`{member.name}`: {why}"
            for member in members
            if (why := _unpack_one(descriptor, f"{folder}/{member.name}", member))
        ]
    finally:
        os.close(descriptor)


def _unpack_one(descriptor: int, path: str, member: _Member) -> str | None:
    size = _HEADER.size + len(member.written)
    head = os.pread(descriptor, size, member.at) if member.at >= 0 else b""
    if len(head) < size or not head.startswith(_MARK) or not head.endswith(member.written):
        return "it is not where the archive says"
    _, name_length, extra_length = _HEADER.unpack_from(head)
    at = member.at + _HEADER.size + name_length + extra_length
    try:
        return write_file(path, _pieces(descriptor, at, member), member.size, member.checksum)
    except zlib.error as error:
        return f"{error}"


def _pieces(descriptor: int, at: int, member: _Member) -> Iterator[bytes]:
    """What the file holds; one byte too many where there is more than the archive says."""
    packed = _read(descriptor, at, member.packed)
    if member.is_stored:
        yield from packed
        return
    inflate, left = zlib.decompressobj(-zlib.MAX_WBITS), member.size + 1
    for piece in packed:
        rest = piece
        while rest and left:
            content = inflate.decompress(rest, min(left, _PIECE))
            left -= len(content)
            rest = inflate.unconsumed_tail
            yield content


def _read(descriptor: int, at: int, size: int) -> Iterator[bytes]:
    end = at + size
    while at < end and (piece := os.pread(descriptor, min(_PIECE, end - at), at)):
        at += len(piece)
        yield piece
