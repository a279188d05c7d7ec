"""What a run that was killed left unfinished: found by its name, and removed by the next run."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from ymir.dvc.project import MEDIA, cache_of

_UNFINISHED = re.compile(r"\..*\.tmp|.*\.[0-9a-f]{8,}\.tmp|[0-9a-f-]+\.tmp|\.[0-9a-f]{32}")
_SURELY = re.compile(
    r"\.(.*\.)?[0-9a-f]{8}\.tmp"
)  # what synchronises folders names its own otherwise
_OURS = ("data", "reports", f"{MEDIA}/pool")  # nobody but the run writes there
_SHARED = "labels"  # people do, too
_FLAT = ("", ".dvc", MEDIA, f"{MEDIA}/.dvc", "specs")
_JOBS = (".ymir", "jobs")
_YOUNG = 10.0  # seconds: a command that only looks may be writing its memory just now
_DAY = 86_400.0


def clear(workspace: Path) -> None:
    """Remove unfinished files and folders; to be called by whoever holds the workspace.

    Objects in a cache that other workspaces share may be theirs: those of the last day stay.
    """
    for path in list(_found(workspace)):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def is_unfinished(name: str) -> bool:
    """Whether a file or folder of ymir's has the name of one that was being written."""
    return _UNFINISHED.fullmatch(name) is not None


def _found(workspace: Path) -> Iterator[Path]:
    now = time.time()
    for project in ("", MEDIA):
        cache = cache_of(workspace / project)
        is_own = cache.is_relative_to(workspace.absolute())
        yield from _older(cache.glob("*/*.tmp"), now if is_own else now - _DAY)
    for name in _FLAT:
        yield from (workspace / name).glob(".*.tmp")
    for name in _OURS:
        yield from _below(workspace / name)
    yield from _below(workspace / _SHARED, _SURELY)
    yield from _below(workspace.joinpath(*_JOBS))
    for folder in (workspace / ".ymir").glob("*/"):
        if folder.name != _JOBS[-1]:
            yield from _older(_below(folder), now - _YOUNG)
    yield from _older((workspace / ".ymir").glob(".*.tmp"), now - _YOUNG)


def _below(folder: Path, named: re.Pattern[str] = _UNFINISHED) -> Iterator[Path]:
    """What is unfinished in a folder, without looking into what is."""
    for parent, folders, files in os.walk(folder):
        found = [name for name in (*folders, *files) if named.fullmatch(name)]
        yield from (Path(parent, name) for name in found)
        folders[:] = [name for name in folders if name not in found]


def _older(paths: Iterator[Path], moment: float) -> Iterator[Path]:
    for path in paths:
        try:
            if path.lstat().st_mtime <= moment:
                yield path
        except FileNotFoundError:  # its writer was faster
            continue
