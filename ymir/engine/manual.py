"""What an image says of itself in `/img-man`, read without running anything in it."""

from __future__ import annotations

import json
import os
import posixpath
import secrets
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import orjson
from docker.errors import APIError, NotFound

from ymir.engine.client import UNREACHABLE, Engine, reason
from ymir.engine.images import find
from ymir.errors import EngineError
from ymir.spec.manual import LARGEST, Manual, file_names, read_manual

_FOLDER = "/img-man"
_MOST_BYTES = 4 << 20  # of the folder: more is no manual
_MOST_FILES = 1_000
_VERSION = 1  # of what is kept: another one is read again


def manual(engine: Engine, reference: str) -> Manual | None:
    """What an image on this machine says of itself; None where the image is not here.

    An image never changes, so what it says is kept, by its id.
    """
    image = find(engine, reference)
    if image is None:
        return None
    file = _cache() / f"{image.id.replace(':', '-')}.json"
    kept = _kept(file)
    if kept is None:
        kept = read_manual(_files(engine, image.id))
        with suppress(OSError):  # a cache that cannot be written costs time, no more
            _keep(kept, file)
    return kept


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ymir" / "manuals"


def _keep(read: Manual, file: Path) -> None:
    partial = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    file.parent.mkdir(parents=True, exist_ok=True)
    partial.write_text(json.dumps({"version": _VERSION, **asdict(read)}), encoding="utf-8")
    partial.replace(file)


def _kept(file: Path) -> Manual | None:
    try:
        read = orjson.loads(file.read_bytes())
        if read.pop("version") != _VERSION:
            return None
        return Manual(
            object_types=tuple(read["object_types"]),
            templates=dict(read["templates"]),
            enable_livecode=bool(read["enable_livecode"]),
            faults=tuple(read["faults"]),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _files(engine: Engine, image: str) -> Mapping[str, bytes]:
    """The files of `/img-man` that count, by their names in it."""
    try:
        with _container(engine, image) as container:
            whole = _archive(engine, container, f"{_FOLDER}/.")
            if whole is None:
                return {}
            found = dict(_wanted(whole))
            return {
                name: content
                for name, each in found.items()
                if (content := _content(engine, container, each)) is not None
            }
    except (tarfile.TarError, ValueError, KeyError, *UNREACHABLE) as error:
        why = f"{_FOLDER} of image `{image}` cannot be read: {reason(error)}"
        raise EngineError(why) from error


@contextmanager
def _container(engine: Engine, image: str) -> Iterator[str]:
    """A container that never runs: some images start something else than they are told to."""
    made = engine.api.api.create_container(
        image, command=["true"], network_disabled=True, labels={"ymir.manual": image}
    )
    try:
        yield str(made["Id"])
    finally:
        engine.api.api.remove_container(made["Id"], force=True)


def _archive(engine: Engine, container: str, path: str) -> bytes | None:
    """A path of the container as a tar file; None where there is no such path."""
    try:
        read = _start(engine, container, path)
    except NotFound:
        return None
    except APIError as error:
        if "not a directory" in str(error).lower():
            return None
        raise
    if len(read) > _MOST_BYTES:
        raise ValueError(f"it holds more than {_MOST_BYTES:,} bytes")
    return read


def _start(engine: Engine, container: str, path: str) -> bytes:
    """The archive as far as it is wanted; what streams the rest must be gone on return.

    The engine would wait for somebody to take it, with its hands on the container.
    """
    pieces, _ = engine.api.api.get_archive(container, path)
    read = BytesIO()
    for piece in pieces:
        read.write(piece)
        if read.tell() > _MOST_BYTES:
            break
    return read.getvalue()


class _Link(str):
    """Where a file really lies in the container."""


def _wanted(archive: bytes) -> Iterator[tuple[str, bytes | _Link]]:
    """The files of the archive that count; nothing is written, whatever they are called."""
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        for number, member in enumerate(tar):
            if number > _MOST_FILES:
                raise ValueError(f"it holds more than {_MOST_FILES:,} files")
            name = posixpath.normpath(member.name)
            if name not in file_names():
                continue
            if member.issym():
                folder = posixpath.dirname(posixpath.join(_FOLDER, name))
                yield name, _Link(posixpath.normpath(posixpath.join(folder, member.linkname)))
            elif member.isreg() or member.islnk():
                yield name, _bytes(tar, member)


def _bytes(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """What a file holds; one byte too many of one that is too large, so that it is seen to be."""
    opened = tar.extractfile(member)
    return opened.read(LARGEST + 1) if opened else b""


def _content(engine: Engine, container: str, found: bytes | _Link) -> bytes | None:
    """What a file holds; a link is followed once, inside the container's own files."""
    if isinstance(found, bytes):
        return found
    try:
        archive = _archive(engine, container, found)
    except APIError:
        return None  # it leads round in a circle, say
    if archive is None:
        return None
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        return next((_bytes(tar, member) for member in tar if member.isreg()), None)
