"""Text files that are whole at every moment, and words for what a disk refuses."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ymir.dvc.refusals import NO_MEMORY, NO_THREAD, hint_of, is_of_store, words_of
from ymir.errors import StoreError

STORE = (
    "check the remote's address, the network, and how this machine signs in, and run again; "
    "`ymir doctor --remote` tries the remote part by part"
)
_NO_THREAD = "can't start new thread"  # as Python says it


@contextmanager
def storing(what: str, *, otherwise: str | None = None) -> Iterator[None]:
    """Turn what the operating system or a store refuses into a `StoreError`; `what` failed.

    `otherwise` is what to do where the machine is not to blame.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(f"{what}: {words_of(error)}", hint=hint_of(error) or otherwise) from error
    except Exception as error:
        if not is_of_store(error):
            raise
        said = " ".join(str(error).split()) or type(error).__name__
        raise StoreError(f"{what}: {said}", hint=STORE) from error


@contextmanager
def refused() -> Iterator[None]:
    """Turn what the machine lacks into a `StoreError`, wherever it was met: disk, files, memory.

    Any other complaint of the operating system is a mistake of ours, and crashes.
    """
    try:
        yield
    except OSError as error:
        if hint_of(error) is None:
            raise
        with storing("ymir cannot go on"):
            raise
    except MemoryError as error:
        raise StoreError("ymir cannot go on: no memory is left", hint=NO_MEMORY) from error
    except RuntimeError as error:
        if _NO_THREAD not in str(error):
            raise
        raise StoreError(f"ymir cannot go on: {error}", hint=NO_THREAD) from error


def write_whole(path: Path, text: str) -> None:
    """Replace the text of `path`; a crash or a full disk leaves the old text."""
    partial = unfinished(path)
    make_folder(path.parent)
    try:
        with partial.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    force(path.parent)


def unfinished(path: Path) -> Path:
    """A name beside `path` for what becomes it; no two writers have the same."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, so that no power cut takes away what is put there."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        force(folder.parent)


def replace_folder(made: Path, folder: Path) -> None:
    """Put a folder where another one may be; a crash in between leaves both, beside each other."""
    if folder.exists():
        old = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.old")
        folder.rename(old)
        made.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    else:
        made.rename(folder)


def force(path: Path) -> None:
    """Force a file's content, or a folder's names, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
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
