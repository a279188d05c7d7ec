"""The files of a source: hashed and probed once, then only looked at.

What was seen of each file is kept under `.ymir/sources/` with its size and times, so an unchanged
file costs one `stat`. A file that was written less than two seconds before it was read is not
kept: its times may not show the next change.
"""

import hashlib
import os
import time
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from ymir.contracts.format import Listing, formats
from ymir.dvc.objects import md5_of_bytes, md5_of_file
from ymir.media.collector import without_collector
from ymir.media.files import is_image, read_rest
from ymir.media.probe import probe
from ymir.media.sight import Seen, Sight, Stamp
from ymir.media.workers import spread
from ymir.spec.source import Source

_PIECE = 1_000  # files
_SETTLED = 2_000_000_000  # nanoseconds
_LARGEST = 256 << 20  # bytes of one image, and of a file that is read whole
_PER_FILE, _PER_BYTE = 10e-6, 1 / 350e6  # seconds of work
_NO_PICTURE = (0, 0, "")
_SAMPLE = 200  # files whose sizes stand for all


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
    digest = hashlib.md5(usedforsecurity=False)
    names = sorted(seen)
    lines = zip(seen.column("digest", names), names, strict=True)
    while piece := "".join([f"{each} {name}\0" for each, name in islice(lines, _PIECE)]):
        digest.update(piece.encode())
    return digest.hexdigest()


@without_collector()
def look(listing: Listing, cache: Path, planned: str | None = None) -> Sight:
    """Every image and annotation of a listing; only those that changed are read.

    If these are the files that a plan was made with, as its digest says, they are not looked at
    once more: whoever reads them must compare what he reads.
    """
    kept = cache / f"{md5_of_bytes(bytes(listing.folder.resolve()))}.jsonl"
    known = Sight.load(kept)
    names = (*listing.images, *listing.annotations)
    is_complete = known.keys() == set(names)
    if planned and is_complete and digest_of(known) == planned:
        return known
    folder = str(listing.folder)
    fresh = changed(folder, known, names) if known else names
    if not fresh and is_complete:
        return known
    seen = _read_files(folder, fresh)
    old = [name for name in names if name not in seen]
    seen.add(old, (known[name] for name in old))
    seen.save(kept)
    return seen


def changed(folder: str, seen: Sight, names: Sequence[str]) -> list[str]:
    """Those of the files that are not, or no longer, what was seen."""
    known = zip(names, seen.stamps(names), seen.column("is_settled", names), strict=True)
    return [
        name
        for name, before, is_settled in known
        if stamp(f"{folder}/{name}") != before
        or (not is_settled and _digest(f"{folder}/{name}") != seen[name].digest)
    ]


def stamp(path: str) -> Stamp:
    """A file's size and times; a file that is not there has a stamp of its own."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a Path per file costs more
    except OSError:
        return (-1, 0, 0)
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _digest(path: str) -> str:
    try:
        return md5_of_file(Path(path))
    except OSError:
        return ""


def _read_files(folder: str, names: Sequence[str]) -> Sight:
    sample = names[:: len(names) // _SAMPLE + 1]
    size = sum(stamp(f"{folder}/{name}")[0] for name in sample) / max(1, len(sample))
    seconds = len(names) * (_PER_FILE + size * _PER_BYTE)
    seen = Sight()
    for part in spread(partial(_read_all, folder), names, seconds=seconds):
        seen.join(part)
    return seen


def _read_all(folder: str, names: Sequence[str]) -> list[Sight]:
    now = time.time_ns()
    seen = Sight()
    seen.add(names, (_read(f"{folder}/{name}", now) for name in names))
    return [seen]


def _read(path: str, now: int) -> Seen:
    """Hash one file; if it is an image, also see what it is."""
    try:
        found, content = _content(path)
    except OSError as error:
        why = f"it cannot be read: {error.strerror}"
        return Seen(*stamp(path), "", problem=why, is_settled=False)
    size, modified, changed = found.st_size, found.st_mtime_ns, found.st_ctime_ns
    is_settled = now - max(modified, changed) > _SETTLED
    if content is None:
        too_large = f"it is larger than {_LARGEST >> 20} MB" if is_image(path) else None
        return Seen(size, modified, changed, _digest(path), 0, 0, "", too_large, is_settled)
    digest = md5_of_bytes(content)
    picture = probe(content, path) if is_image(path) else _NO_PICTURE
    if isinstance(picture, str):
        return Seen(size, modified, changed, digest, 0, 0, "", picture, is_settled)
    return Seen(size, modified, changed, digest, *picture, None, is_settled)


def _content(path: str) -> tuple[os.stat_result, bytes | None]:
    """What the system says of a file, and its content, but of one that is too large."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        found = os.fstat(descriptor)
        size = found.st_size
        return found, read_rest(descriptor, size) if size <= _LARGEST else None
    finally:
        os.close(descriptor)
