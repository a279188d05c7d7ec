"""Make a user's file an object: written, cloned, or linked, whole or not at all."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path
from threading import get_ident
from typing import Literal, NamedTuple

_READ_ONLY = 0o444  # DVC trusts such an object without hashing it again
_CLONE = 0x40049409  # Linux FICLONE: share the blocks of another file until one is changed

How = Literal["write", "clone", "link"]


class Shelf(NamedTuple):
    """Where objects lie, and how files get there.

    `write` makes a file of our own, and so does `clone`, which shares the blocks of the user's file
    where the file system can: an edit of that file never reaches the object. `link` shares the
    file itself, which turns read-only and costs no disk.
    """

    cache: str
    how: How = "write"
    mark: str = "00"  # no two shelves have the same: what a killed run left is nobody's

    @classmethod
    def beside(cls, cache: Path, source: str, *, is_linking: bool) -> Shelf:
        """The best way to bring files like `source` here: tried once, with that file."""
        mark = secrets.token_hex(16)
        if is_linking:
            return cls(str(cache), "link", mark)
        trial = cache / mark[:2] / f"{mark}.tmp"
        trial.parent.mkdir(parents=True, exist_ok=True)
        try:
            is_cloning = _clone(source, str(trial))
        finally:
            trial.unlink(missing_ok=True)
        return cls(str(cache), "clone" if is_cloning else "write", mark)

    def put(
        self, digest: str, path: str, content: bytes, read: os.stat_result | None = None
    ) -> None:
        """Store the file `path`, which has just been read and held `content`.

        `read` is what the system said of it then: it spares a linked file a second reading.
        """
        target = f"{self.cache}/{digest[:2]}/{digest[2:]}"
        if os.access(target, os.F_OK):
            return
        partial = f"{self.cache}/{self.mark[:2]}/{self.mark}-{os.getpid()}-{get_ident()}.tmp"
        try:
            self._bring(partial, path, content, read)
        except FileNotFoundError:
            Path(partial).parent.mkdir(parents=True, exist_ok=True)
            self._bring(partial, path, content, read)
        try:
            _move(partial, target)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise

    def _bring(self, partial: str, path: str, content: bytes, read: os.stat_result | None) -> None:
        try:
            if not self._is_shared(partial, path, content, read):
                if self.how != "write":
                    Path(partial).unlink(missing_ok=True)  # it may be the user's own file
                _write(partial, content)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise

    def _is_shared(
        self, partial: str, path: str, content: bytes, read: os.stat_result | None
    ) -> bool:
        if self.how == "write":
            return False
        if self.how == "clone":
            return _clone(path, partial) and _holds(partial, content)
        return _link(path, partial) and (_is_same(partial, read) or _holds(partial, content))


def _move(partial: str, target: str) -> None:
    try:
        os.rename(partial, target)  # noqa: PTH104 - a Path per file costs more
    except FileNotFoundError:
        Path(target).parent.mkdir(exist_ok=True)
        Path(partial).rename(target)


def _link(path: str, partial: str) -> bool:
    try:
        os.link(path, partial)
    except FileNotFoundError:
        raise
    except OSError:  # another file system, one without links, or too many of them
        return False
    os.chmod(partial, _READ_ONLY)  # noqa: PTH101 - a Path per file costs more
    return True


def _clone(path: str, partial: str) -> bool:
    reading = os.open(path, os.O_RDONLY)
    try:
        writing = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _READ_ONLY)
        try:
            os.fchmod(writing, _READ_ONLY)
            fcntl.ioctl(writing, _CLONE, reading)
        except OSError:
            return False
        finally:
            os.close(writing)
    finally:
        os.close(reading)
    return True


def _is_same(partial: str, read: os.stat_result | None) -> bool:
    """Whether a link leads to the file that was read, and nobody has written to it since."""
    if read is None:
        return False
    found = os.stat(partial)  # noqa: PTH116 - a Path per file costs more
    return (found.st_ino, found.st_dev, found.st_size, found.st_mtime_ns) == (
        read.st_ino,
        read.st_dev,
        read.st_size,
        read.st_mtime_ns,
    )


def _holds(partial: str, content: bytes) -> bool:
    """Whether a clone or a link is what was read: the file may have changed in between."""
    with open(partial, "rb", buffering=0) as file:  # noqa: PTH123 - a Path per file costs more
        return file.read(len(content) + 1) == content


def _write(path: str, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _READ_ONLY)
    try:
        os.fchmod(descriptor, _READ_ONLY)  # whatever the user's mask takes away
        while content:  # a disk that is filling up takes a part
            content = content[os.write(descriptor, content) :]
    finally:
        os.close(descriptor)
