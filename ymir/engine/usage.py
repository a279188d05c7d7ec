"""What a running job has written, and what room is left: looked at now and then."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from ymir.contracts.backend import Job
from ymir.contracts.excess import RESERVE, SMALL, of_disk, of_room
from ymir.spec.executor import size_in_bytes

_PAUSE = 1.0  # seconds between two looks
_SHARE = 50  # a look takes at most this part of the time
_BLOCK = 512  # bytes, by which file systems count


class Watch:
    """When each folder is to be looked at again."""

    def __init__(self) -> None:
        self._next: dict[Path, float] = {}

    def excess(self, job: Job, out: Path, engine: str = "") -> str | None:
        """Why the job has to be ended now; `engine` is where the engine keeps containers' files."""
        began = time.monotonic()
        if began < self._next.get(out, 0.0):
            return None
        why = _too_large(job, out) or _too_full(out) or (engine and _too_full(Path(engine))) or None
        ended = time.monotonic()
        self._next[out] = ended + max(_PAUSE, _SHARE * (ended - began))
        return why


def written(folder: Path) -> int:
    """How many bytes of the disk the files below take; what cannot be read counts nothing."""
    total, folders = 0, [folder]
    while folders:
        try:
            entries = list(os.scandir(folders.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                total += entry.stat(follow_symlinks=False).st_blocks * _BLOCK
                if entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry.path))
            except OSError:  # gone meanwhile
                continue
    return total


def _too_large(job: Job, out: Path) -> str | None:
    limit = job.resources.disk
    if limit is None or written(out) <= size_in_bytes(limit):
        return None
    return of_disk(job.resources)


def _too_full(place: Path) -> str | None:
    try:
        disk = shutil.disk_usage(place)
    except OSError:
        return None
    if disk.free >= min(RESERVE, disk.total // SMALL):
        return None
    return f"{of_room(place)} ({disk.free >> 20} MiB left)"
