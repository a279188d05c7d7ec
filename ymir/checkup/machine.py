"""What stages to come need of this machine: room on the disk, and executors that are set up."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from ymir.checkup.finding import Finding
from ymir.dvc import pointer
from ymir.dvc.project import cache_of
from ymir.dvc.tracked import TRACKED, paths_of
from ymir.errors import PluginError, StoreError
from ymir.jobs.environment import python_of
from ymir.spec.executor import ExecutorSpec

_LEAST = 1 << 30  # bytes that a run can do with
_ROUNDS = 2  # a round needs at most its tables again, and a model beside the one it starts from


def room(workspace: Path) -> Iterator[Finding]:
    """Whether the disks have room for what the next round may store."""
    wanted = max(_LEAST, _ROUNDS * _stored(workspace))
    for folder in dict.fromkeys((workspace, *(cache_of(workspace / each) for each in TRACKED))):
        there = next(each for each in (folder, *folder.parents) if each.exists())
        free = shutil.disk_usage(there).free
        if free < wanted:
            what = f"{free / 1e9:.1f} GB are free, and the next round may want {wanted / 1e9:.1f}"
            yield Finding("machine", "disk", "warning", str(there), what, "ymir gc --caches --yes")
            return


def environments(wanted: Collection[ExecutorSpec]) -> Iterator[Finding]:
    """Bundled executors that the next stages run as processes, and that are not set up."""
    for spec in wanted:
        try:
            if spec.bundled:
                python_of(spec.bundled)
        except PluginError as error:
            mend = f"ymir executor setup {spec.bundled}"
            yield Finding("machine", "setup", "error", f"executor {spec.name}", str(error), mend)


def lacks(said: Collection[str]) -> Iterator[Finding]:
    """What the backend has not got that the next stages ask for."""
    for each in said:
        yield Finding("machine", "lacks", "error", "the backend", each, "ymir plan")


def _stored(workspace: Path) -> int:
    """Bytes of tables and rounds, as their pointers say; one that cannot be read counts nothing."""
    total = 0
    for path in paths_of(workspace, ""):
        with suppress(StoreError):
            total += pointer.read(path).size
    return total
