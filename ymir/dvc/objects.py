"""DVC's object store, written directly: content under its md5, read-only, complete or absent."""

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import orjson

from ymir.dvc.files import force
from ymir.errors import StoreError

_DIGEST = re.compile(r"[0-9a-f]{32}(\.dir)?")
_READ_ONLY = 0o444  # DVC trusts an object of this mode without hashing it again
_CLONE = 0x40049409  # Linux FICLONE: share the blocks of another file until one is changed


def md5_of_bytes(content: bytes) -> str:
    """The name DVC gives to `content`."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def md5_of_file(path: Path) -> str:
    """The name DVC gives to the content of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def object_path(cache: Path, digest: str) -> Path:
    """Where the object called `digest` lies; `cache` is a project's `.dvc/cache/files/md5`."""
    return cache / digest[:2] / digest[2:]


def tree_bytes(entries: Mapping[str, str]) -> bytes:
    """The content of DVC's `.dir` object for a folder: relative path -> digest of the file."""
    quoted = json.encoder.encode_basestring_ascii
    listed = [
        f'{{"md5": "{entries[path]}", "relpath": {quoted(path)}}}' for path in sorted(entries)
    ]
    return f"[{', '.join(listed)}]".encode()  # as `json.dumps` writes it, in a third of its time


def tree_entries(content: bytes) -> dict[str, str]:
    """What a `.dir` object lists: relative path -> digest of the file.

    Listings come from remotes: one that reaches out of its folder, or of the cache, is refused.
    """
    try:
        entries = {entry["relpath"]: entry["md5"] for entry in orjson.loads(content)}
        is_sound = all(_is_inside(path) and is_digest(each) for path, each in entries.items())
    except (ValueError, KeyError, TypeError, AttributeError):
        is_sound = False
    if not is_sound:
        raise StoreError(
            "a folder's listing is broken, or names files outside the folder",
            hint="fetch it again, or ask who pushed it",
        )
    return entries


def is_digest(text: str) -> bool:
    """Whether `text` is the name of an object; nothing else may become a path in the cache."""
    return _DIGEST.fullmatch(text) is not None


def place_bytes(cache: Path, content: bytes, *, suffix: str = "") -> str:
    """Store `content` and return its digest; `suffix` is `.dir` for the listing of a folder."""
    digest = md5_of_bytes(content) + suffix
    target = object_path(cache, digest)
    if not _is_complete(target, len(content)):
        _place(target, lambda partial: _create(partial, content))
    return digest


def place_file(cache: Path, digest: str, source: Path, *, copy: bool) -> None:
    """Store the file `source`, whose digest is known.

    Without `copy` it is linked where the file system can: `source` then turns read-only and must
    not be changed in place any more.
    """
    target = object_path(cache, digest)
    if not _is_complete(target, source.stat().st_size):
        transfer = copy_file if copy else link_file
        _place(target, lambda partial: transfer(source, partial))


def settle(cache: Path, digests: Iterable[str]) -> None:
    """Force objects to disk, so that no pointer to them survives a power cut without them."""
    folders = {cache, *cache.parents[:3]}  # as far as `.dvc`: they may be as new as what they hold
    for digest in digests:
        path = object_path(cache, digest)
        folders.add(path.parent)
        force(path)
    for folder in folders:
        force(folder)


def link_file(source: Path, target: Path) -> None:
    """Make `target` share the bytes of `source`: a clone, a hard link, or else a copy."""
    if _clone(source, target):
        return
    try:
        os.link(source, target)
    except OSError:  # another file system, no links there, or too many of them
        copy_file(source, target)


def copy_file(source: Path, target: Path) -> None:
    """Make `target` an independent copy of `source`, with its times; a clone where possible."""
    if not _clone(source, target):
        shutil.copy2(source, target)


def _is_inside(path: str) -> bool:
    parts = path.split("/")
    return "\0" not in path and all(part not in ("", ".", "..") for part in parts)


def _is_complete(target: Path, size: int) -> bool:
    try:
        found = target.stat()
    except FileNotFoundError:
        return False
    return found.st_size == size and stat.S_IMODE(found.st_mode) == _READ_ONLY


def _place(target: Path, write: Callable[[Path], None]) -> None:
    partial = target.with_name(f"{target.name}.{secrets.token_hex(8)}.tmp")
    try:
        try:
            write(partial)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            write(partial)
        partial.chmod(_READ_ONLY)
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _create(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)


def _clone(source: Path, target: Path) -> bool:
    with source.open("rb") as reading, target.open("xb") as writing:
        try:
            fcntl.ioctl(writing.fileno(), _CLONE, reading.fileno())
        except OSError:
            is_cloned = False
        else:
            is_cloned = True
    if is_cloned:
        shutil.copystat(source, target)
    else:
        target.unlink()
    return is_cloned
