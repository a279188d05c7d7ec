"""The digests of archives, remembered until a file's stamp changes."""

import errno
import json
import time
from pathlib import Path

import orjson

from ymir.dvc.files import write_whole
from ymir.dvc.objects import md5_of_bytes, md5_of_file

_SETTLED = 2_000_000_000  # nanoseconds in which a change might not show in the stamp
_ONLY_LOOKING = (errno.EROFS, errno.EACCES, errno.EPERM)


def md5_of_archive(archive: Path, cache: Path) -> str | None:
    """The md5 of a file's bytes, read anew only if it has changed; None if there is none."""
    if not archive.is_file():
        return None
    kept = cache / f"{md5_of_bytes(bytes(archive.resolve()))}.json"
    now, stamp = time.time_ns(), _stamp(archive)
    known = _load(kept)
    if known[:-1] == stamp:
        return str(known[-1])
    digest = md5_of_file(archive)
    if _stamp(archive) == stamp and now - max(stamp[1:]) > _SETTLED:
        _save(kept, [*stamp, digest])
    return digest


def _stamp(archive: Path) -> list[int]:
    found = archive.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _load(kept: Path) -> list[int | str]:
    """What was kept; a file that cannot be understood is as good as none."""
    try:
        known = orjson.loads(kept.read_bytes())
    except (OSError, ValueError):
        return []
    return known if isinstance(known, list) and len(known) == 4 else []


def _save(kept: Path, known: list[int | str]) -> None:
    try:
        write_whole(kept, json.dumps(known))
    except OSError as error:  # whoever only looks needs no memory
        if error.errno not in _ONLY_LOOKING:
            raise
