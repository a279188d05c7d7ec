"""Text files that are whole at every moment, and words for what a disk refuses."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ymir.errors import StoreError

_HINTS = {
    errno.ENOSPC: "make room on the disk and run again; nothing is recorded by halves",
    errno.EDQUOT: "your disk quota is used up: make room and run again",
    errno.EACCES: "check who owns the folder and who may write there",
    errno.EPERM: "check who owns the folder and who may write there",
    errno.EROFS: "the file system is read-only",
}


@contextmanager
def storing(what: str) -> Iterator[None]:
    """Turn what the operating system refuses into a `StoreError`; `what` is what failed."""
    try:
        yield
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        hint = _HINTS.get(error.errno or 0)
        raise StoreError(f"{what}: {error.strerror or error}{where}", hint=hint) from error


@contextmanager
def refused() -> Iterator[None]:
    """Turn a full, read-only or forbidden disk into a `StoreError`, wherever it was met.

    Any other complaint of the operating system is a mistake of ours, and crashes.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _HINTS:
            raise
        with storing("ymir cannot go on"):
            raise


def write_whole(path: Path, text: str) -> None:
    """Replace the text of `path`; a crash or a full disk leaves the old text."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with partial.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _force_folder(path.parent)


def replace_folder(made: Path, folder: Path) -> None:
    """Put a folder where another one may be; a crash in between leaves both, beside each other."""
    if folder.exists():
        old = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.old")
        folder.rename(old)
        made.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    else:
        made.rename(folder)


def _force_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def if_writable() -> Iterator[None]:
    """Do without, where nothing may be written: whoever only looks needs no memory."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise
