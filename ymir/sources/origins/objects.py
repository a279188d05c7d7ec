"""Fetch from object stores, through fsspec: folders are mirrored, single objects continued."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

import fsspec
import orjson

from ymir.dvc.files import write_whole
from ymir.dvc.refusals import is_of_store
from ymir.errors import DataError, PluginError
from ymir.sources.origins.budget import no_room, room_in
from ymir.sources.origins.names import Names
from ymir.spec.addresses import FILE, scheme_of

_PASSES = 3  # until what is listed is what is here
_AT_ONCE = 500  # objects of one request to fsspec
_SIDE_BY_SIDE = 16
_PIECE = 16 << 20  # bytes of a large object
_VERSIONS = ("ETag", "etag", "md5Hash", "generation", "LastModified", "updated", "mtime")
_EXTRAS = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs"}
_OF_DISKS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class _Files(Protocol):
    """What is used of fsspec's file systems, which have no types."""

    async_impl: bool

    def find(self, path: str, *, detail: bool) -> Mapping[str, Mapping[str, object]]: ...
    def info(self, path: str) -> Mapping[str, object]: ...
    def get(self, rpath: list[str], lpath: list[str], **more: int) -> object: ...
    def cat_file(self, path: str, start: int, end: int) -> bytes: ...
    def invalidate_cache(self) -> None: ...


class _Object(NamedTuple):
    """One object: where it lies, and what differs once it is written again."""

    key: str
    size: int
    version: str


def mirror(url: str, below: str | None, folder: Path) -> Path:
    """Make `folder` hold the objects below `url`, each under its name; only what is new is copied.

    The store is listed until nothing has changed since the last look.
    """
    with _understood(url):
        files, root = _opened(url)
        root = f"{root}/{below.strip('/')}" if below else root
        folder.mkdir(parents=True, exist_ok=True)
        for _ in range(_PASSES):
            listed = _listed(files, root, url)
            fresh = _fresh(listed, folder)
            if not fresh:
                return folder
            _copy(files, fresh, folder)
    raise DataError(
        f"`{url}` changes while it is fetched", hint="run again when nothing writes to it any more"
    )


def pull_object(url: str, part: Path) -> None:
    """Continue `part` until it is the whole object at `url`."""
    with _understood(url):
        files, path = _opened(url)
        found = _object(path, files.info(path))
        noted = part.with_suffix(".json")
        if not noted.exists() or noted.read_text(encoding="utf-8") != found.version:
            part.unlink(missing_ok=True)
            write_whole(noted, found.version)
        have = part.stat().st_size if part.exists() else 0
        if found.size - have > room_in(part.parent):
            raise no_room(f"`{url}` has {found.size >> 20} MB and cannot be stored")
        with part.open("ab") as file:
            while have < found.size:
                piece = files.cat_file(path, start=have, end=min(have + _PIECE, found.size))
                if not piece:
                    raise DataError(f"`{url}` ends too early", hint="run again")
                file.write(piece)
                have += len(piece)
        noted.unlink()


def _opened(url: str) -> tuple[_Files, str]:
    try:
        files, root = fsspec.core.url_to_fs(url, skip_instance_cache=True, use_listings_cache=False)
    except ImportError as error:
        name = _EXTRAS.get(scheme_of(url), "its package")
        hint = f"`pip install {name}`" + (", or `ymir-gitops[s3]`" if name == "s3fs" else "")
        raise PluginError(f"`{url}` needs {name}, which is not installed", hint=hint) from error
    return files, str(root).rstrip("/")


def _listed(files: _Files, root: str, url: str) -> dict[str, _Object]:
    """Every object below `root`, by the name that it gets here."""
    files.invalidate_cache()
    names, found = Names(url), {}
    for key, said in files.find(root, detail=True).items():
        if said.get("type") == "directory" or key.endswith("/"):
            continue
        if not key.startswith(f"{root}/"):
            hint = "give the `sha256` of an archive; or name the folder above"
            raise DataError(f"`{url}` is one object, not a folder of objects", hint=hint)
        if scheme_of(url) == FILE:
            _refuse_odd(key, said, root, url)
        found[names.take(key[len(root) + 1 :])] = _object(key, said)
    if not found:
        raise DataError(f"there is nothing below `{url}`", hint="check `from: url:` and `folder:`")
    return found


def _refuse_odd(key: str, said: Mapping[str, object], root: str, url: str) -> None:
    is_inside = Path(key).resolve().is_relative_to(Path(root).resolve())
    if said.get("type") != "file" or said.get("islink") or not is_inside:
        hint = f"put the file itself into `{url}`"
        raise DataError(f"`{key}` is a link, or no plain file", hint=hint)


def _object(key: str, said: Mapping[str, object]) -> _Object:
    versions = [str(said[name]) for name in _VERSIONS if said.get(name)]
    return _Object(key, int(str(said["size"])), " ".join(versions))


def _fresh(listed: Mapping[str, _Object], folder: Path) -> dict[str, _Object]:
    """What is not here in this version; what is here and no longer there is removed."""
    known, here = _load(_journal(folder)), _sizes(folder)
    for name in here.keys() - listed.keys():
        (folder / name).unlink()
    return {
        name: each
        for name, each in listed.items()
        if here.get(name) != each.size or known.get(name) != each.version
    }


def _copy(files: _Files, fresh: Mapping[str, _Object], folder: Path) -> None:
    size = sum(each.size for each in fresh.values())
    if size > room_in(folder):
        raise no_room(f"{len(fresh)} objects of {size >> 20} MB cannot be stored")
    incoming = folder.with_name(f"{folder.name}.incoming.tmp")
    todo = iter(fresh.items())
    try:
        while some := list(islice(todo, _AT_ONCE)):
            shutil.rmtree(incoming, ignore_errors=True)
            incoming.mkdir()
            _copy_some(files, some, incoming, folder)
    finally:
        shutil.rmtree(incoming, ignore_errors=True)


def _copy_some(
    files: _Files, some: Sequence[tuple[str, _Object]], incoming: Path, folder: Path
) -> None:
    """Fetch objects side by side; each gets its name once it is whole."""
    places = [str(incoming / str(number)) for number in range(len(some))]
    more = {"batch_size": _SIDE_BY_SIDE} if files.async_impl else {}
    try:
        files.get([each.key for _, each in some], places, **more)
    except FileNotFoundError:  # one is gone: the next listing says which
        return
    with _journal(folder).open("a", encoding="utf-8") as journal:
        for name, _ in some:  # until they are in their places, nothing is known of them
            journal.write(json.dumps([name, ""]) + "\n")
        journal.flush()
        for place, (name, each) in zip(places, some, strict=True):
            if Path(place).stat().st_size == each.size:
                _put(Path(place), folder, name)
                journal.write(json.dumps([name, each.version]) + "\n")


def _put(arrived: Path, folder: Path, name: str) -> None:
    target = folder / name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        arrived.replace(target)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        hint = "give each of them a name of its own"
        raise DataError(f"`{name}` is an object and a folder at once", hint=hint) from error


def _sizes(folder: Path) -> dict[str, int]:
    """The files in a folder, by name, with their sizes."""
    found, waiting = {}, [""]
    while waiting:
        prefix = waiting.pop()
        with os.scandir(folder / prefix) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{prefix}{entry.name}/")
                else:
                    found[prefix + entry.name] = entry.stat(follow_symlinks=False).st_size
    return found


def _journal(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.jsonl")


def _load(journal: Path) -> dict[str, str]:
    """The version of each object that was fetched; a line that is torn is as good as none."""
    known: dict[str, str] = {}
    if not journal.exists():
        return known
    with journal.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                name, version = orjson.loads(line)
            except (ValueError, TypeError):
                continue
            known[name] = version
    return known


@contextmanager
def _understood(url: str) -> Iterator[None]:
    """Say what a store refuses, in the words of its library."""
    try:
        yield
    except OSError as error:
        if error.errno in _OF_DISKS or (error.filename and Path(error.filename).exists()):
            raise
        raise _refused(url, error) from error
    except Exception as error:
        if not is_of_store(error):
            raise
        raise _refused(url, error) from error


def _refused(url: str, error: BaseException) -> DataError:
    said = " ".join(str(error).split()) or type(error).__name__
    return DataError(
        f"`{url}` cannot be fetched: {said}",
        hint="check the address and how this machine signs in (for a public bucket: "
        "`FSSPEC_S3_ANON=true`)",
    )
