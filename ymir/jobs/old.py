"""Folders of jobs whose stages are recorded: those of long ago go, with their logs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection
from pathlib import Path

KEPT = 200  # folders of recorded stages, the newest


def forget(jobs: Path, recorded: Callable[[], Collection[str]], *, kept: int = KEPT) -> None:
    """Keep the newest folders of recorded stages, and all others; done once they are twice as many.

    `recorded` says what the folders of recorded stages are called.
    """
    found = _names(jobs)
    if len(found) <= 2 * kept:
        return
    done = [jobs / name for name in found.intersection(recorded())]
    done.sort(key=lambda folder: folder.stat().st_mtime_ns, reverse=True)
    for folder in done[kept:]:
        shutil.rmtree(folder, ignore_errors=True)


def _names(jobs: Path) -> set[str]:
    try:
        return set(os.listdir(jobs))  # noqa: PTH208 - names, asked for after every stage
    except FileNotFoundError:
        return set()
