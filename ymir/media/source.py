"""The files of a source: hashed and probed once, then only looked at.

What was seen of each file is kept under `.ymir/sources/` with its size and times, so an unchanged
file costs one `stat`. A file that was written less than two seconds before it was read is not
kept: its times may not show the next change.
"""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import orjson

from ymir.contracts.format import Listing, formats
from ymir.dvc.files import storing
from ymir.dvc.objects import md5_of_bytes, md5_of_file
from ymir.media.files import is_image, read_file
from ymir.media.probe import probe
from ymir.media.workers import spread
from ymir.spec.dataset import Source

_LAYOUT = 1  # of the kept files; another number is as good as none
_SETTLED = 2_000_000_000  # nanoseconds
_LARGEST = 256 << 20  # bytes of one image, and of a file that is read whole
_PER_FILE, _PER_BYTE = 25e-6, 1 / 350e6  # seconds of work


Stamp = tuple[int, int, int]  # size, and the times of the last change of content and of the file


class Seen(NamedTuple):
    """One file: its stamp, its md5, and for an image its size, format or what is wrong with it.

    `is_settled` is false where a change right after the reading might not show in the stamp.
    """

    bytes: int
    modified: int
    changed: int
    digest: str
    width: int = 0
    height: int = 0
    format: str = ""
    problem: str | None = None
    is_settled: bool = True

    @property
    def stamp(self) -> Stamp:
        """What differs once the file is written again."""
        return self.bytes, self.modified, self.changed


Sight = Mapping[str, Seen]


def source_folder(source: Source, workspace: Path) -> Path:
    """Where a source lies."""
    return workspace / source.path


def source_digest(source: Source, workspace: Path, cache: Path) -> str | None:
    """A digest of the names and contents of a source's files; None if its folder is absent."""
    folder = source_folder(source, workspace)
    if not folder.is_dir():
        return None
    return digest_of(look(formats.load(source.format).listing(folder), cache))


def digest_of(seen: Sight) -> str:
    """One digest for all files."""
    lines = "".join(f"{seen[name].digest} {name}\0" for name in sorted(seen))
    return md5_of_bytes(lines.encode())


def look(listing: Listing, cache: Path) -> dict[str, Seen]:
    """Every image and annotation of a listing; only those that changed are read."""
    kept = cache / f"{md5_of_bytes(bytes(listing.folder.resolve()))}.json"
    known = _load(kept)
    folder = str(listing.folder)
    seen: dict[str, Seen] = {}
    fresh: list[tuple[str, Stamp]] = []
    for name in (*listing.images, *listing.annotations):
        now, before = stamp(f"{folder}/{name}"), known.get(name)
        if before and before[:3] == now:
            seen[name] = before
        else:
            fresh.append((name, now))
    size = sum(now[0] for _, now in fresh)
    seconds = len(fresh) * _PER_FILE + size * _PER_BYTE
    read = spread(partial(_read_all, folder), fresh, seconds=seconds)
    seen.update(zip((name for name, _ in fresh), read, strict=True))
    if fresh or len(known) != len(seen):
        _keep(kept, seen)
    return seen


def changed(folder: Path, seen: Sight, names: Iterable[str]) -> list[str]:
    """Those of the files that are no longer what was seen."""
    return [name for name in names if not _is_same(f"{folder}/{name}", seen[name])]


def stamp(path: str) -> Stamp:
    """A file's size and times; a file that is not there has a stamp of its own."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a Path per file costs more
    except OSError:
        return (-1, 0, 0)
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _is_same(path: str, each: Seen) -> bool:
    if stamp(path) != each[:3]:
        return False
    return each.is_settled or _digest(path) == each.digest


def _digest(path: str) -> str:
    try:
        return md5_of_file(Path(path))
    except OSError:
        return ""


def _read_all(folder: str, files: Sequence[tuple[str, Stamp]]) -> list[Seen]:
    return [_read(f"{folder}/{name}", stamp) for name, stamp in files]


def _read(path: str, stamp: Stamp) -> Seen:
    """Hash one file; if it is an image, also see what it is."""
    is_settled = time.time_ns() - max(stamp[1:]) > _SETTLED
    if stamp[0] > _LARGEST:
        why = f"it is larger than {_LARGEST >> 20} MB" if is_image(path) else None
        return Seen(*stamp, _digest(path), problem=why, is_settled=is_settled)
    try:
        content = read_file(path, stamp[0])
    except OSError as error:
        return Seen(*stamp, "", problem=f"it cannot be read: {error.strerror}", is_settled=False)
    digest = md5_of_bytes(content)
    if not is_image(path):
        return Seen(*stamp, digest, is_settled=is_settled)
    found = probe(content, path)
    if isinstance(found, str):
        return Seen(*stamp, digest, problem=found, is_settled=is_settled)
    return Seen(*stamp, digest, *found, is_settled=is_settled)


def _load(kept: Path) -> dict[str, Seen]:
    """What was seen last time; a file that cannot be understood is as good as none."""
    try:
        document = orjson.loads(kept.read_bytes())
        if document["layout"] == _LAYOUT:
            return dict(zip(document["names"], map(Seen, *document["columns"]), strict=True))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return {}


def _keep(kept: Path, seen: Sight) -> None:
    """Keep what is settled: by column, since a row per file would cost twice the memory."""
    settled = {name: each for name, each in seen.items() if each.is_settled}
    columns = list(zip(*settled.values(), strict=True))[:-1]
    document = {"layout": _LAYOUT, "names": list(settled), "columns": columns}
    partial_file = kept.with_suffix(".tmp")
    with storing("what was seen of a source cannot be kept"):
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial_file.write_bytes(orjson.dumps(document))
        partial_file.replace(kept)
