"""Read the files of a source, each once: hash it, see what it is, and store it on the way."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from ymir.dvc.objects import md5_of_bytes, md5_of_file
from ymir.media.files import is_image, read_rest
from ymir.media.probe import probe
from ymir.media.shelf import Shelf
from ymir.media.workers import stream
from ymir.sources.sight import Seen, Sight, Stamp

PER_FILE, _PER_BYTE = 20e-6, 1 / 350e6  # seconds of work
_SETTLED = 2_000_000_000  # nanoseconds
_LARGEST = 256 << 20  # bytes of one image, and of a file that is read whole
_LARGE = 64 << 10  # bytes of a file that is mostly hashed
_SAMPLE = 200  # files whose sizes stand for all
_PIECE = 500  # files in one message to another process


Tell = Callable[[int], None]


class Reader(NamedTuple):
    """How the files of one folder are read; `shelf` is where images go that can be used."""

    folder: str
    is_full: bool = False  # decode every image
    shelf: Shelf | None = None

    def read(self, names: Sequence[str], contents: dict[str, bytes] | None = None) -> Sight:
        """Read files in this process; what annotations hold also goes to `contents`."""
        now = time.time_ns()
        seen = Sight()
        seen.add(names, (self._read(name, now, contents) for name in names))
        return seen

    def _read(self, name: str, now: int, contents: dict[str, bytes] | None) -> Seen:
        path, is_picture = f"{self.folder}/{name}", is_image(name)
        try:
            found, content = _content(path)
        except OSError as error:
            why = f"it cannot be read: {error.strerror}"
            return Seen(*stamp(path), "", problem=why, is_settled=False)
        at = _stamp(found)
        is_settled = now - max(at[1:]) > _SETTLED
        if content is None:
            why = f"it is larger than {_LARGEST >> 20} MB" if is_picture else ""
            return Seen(*at, digest_of_file(path), 0, 0, "", why or None, is_settled)
        digest = md5_of_bytes(content)
        if not is_picture:
            if contents is not None:
                contents[name] = content
            return Seen(*at, digest, is_settled=is_settled)
        picture = self._picture(path, content)
        if isinstance(picture, str):
            return Seen(*at, digest, 0, 0, "", picture, is_settled)
        if self.shelf:
            self.shelf.put(digest, path, content, found)
            at = stamp(path) if self.shelf.how == "link" else at
        return Seen(*at, digest, *picture, None, is_settled)

    def _picture(self, path: str, content: bytes) -> tuple[int, int, str] | str:
        """Width, height and format of an image, or what is wrong with it."""
        found = probe(content, path)
        if isinstance(found, str) or not self.is_full:
            return found
        from ymir.media.decode import decode  # few ask for it, and it is heavy

        return decode(content) or found


def read_files(reader: Reader, names: Sequence[str], tell: Tell = lambda files: None) -> Sight:
    """Read files, in several processes where that pays; `tell` hears how many more are read."""
    seen = Sight()
    effort = effort_for(reader.folder, names)
    for part in stream(
        reader.read, names, seconds=effort.seconds, piece=_PIECE, in_threads=effort.is_hashing
    ):
        seen.join(part)
        tell(len(part))
    return seen


class Effort(NamedTuple):
    """About how much work it is to read some files; `is_hashing` where most of it is that."""

    seconds: float
    is_hashing: bool


def effort_for(folder: str, names: Sequence[str]) -> Effort:
    """A guess by the sizes of some of the files."""
    sample = names[:: len(names) // _SAMPLE + 1]
    size = sum(stamp(f"{folder}/{name}")[0] for name in sample) / max(1, len(sample))
    return Effort(len(names) * (PER_FILE + size * _PER_BYTE), size >= _LARGE)


def stamp(path: str) -> Stamp:
    """A file's size and times; a file that is not there has a stamp of its own."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a Path per file costs more
    except OSError:
        return (-1, 0, 0)
    return _stamp(found)


def _stamp(found: os.stat_result) -> Stamp:
    """A file shared with the store gets a new time with each new link: that says nothing."""
    is_linked = found.st_nlink > 1 and not found.st_mode & 0o222
    return found.st_size, found.st_mtime_ns, 0 if is_linked else found.st_ctime_ns


def changed(folder: str, seen: Sight, names: Collection[str]) -> list[str]:
    """Those of the files that are not, or no longer, what was seen."""
    if not seen:
        return list(names)
    stat, prefix = os.stat, f"{folder}/"
    fresh: list[str] = []
    known = zip(names, seen.stamps(names), seen.column("is_settled", names), strict=True)
    for name, (size, modified, at), is_settled in known:
        try:
            found = stat(prefix + name)
        except OSError:
            fresh.append(name)
            continue
        is_same = (
            found.st_mtime_ns == modified
            and found.st_size == size
            and (found.st_ctime_ns == at or _stamp(found)[2] == at)
        )
        if is_same and not is_settled:
            is_same = digest_of_file(prefix + name) == seen[name].digest
        if not is_same:
            fresh.append(name)
    return fresh


def digest_of_file(path: str) -> str:
    """The md5 of a file; nothing for one that cannot be read."""
    try:
        return md5_of_file(Path(path))
    except OSError:
        return ""


def _content(path: str) -> tuple[os.stat_result, bytes | None]:
    """What the system says of a file, and its content, but of one that is too large."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        found = os.fstat(descriptor)
        size = found.st_size
        return found, read_rest(descriptor, size) if size <= _LARGEST else None
    finally:
        os.close(descriptor)
