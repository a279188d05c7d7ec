"""What a process uses now, as `/proc` says: memory, handles, threads, and processes it began."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def standing(process: int | str = "self") -> dict[str, float]:
    """Memory in MB, and counts of the rest; zombies are children, too."""
    proc = Path("/proc") / str(process)
    return {
        "memory": int((proc / "statm").read_text().split()[1]) * _PAGE / 1e6,
        "handles": len(list((proc / "fd").iterdir())),
        "threads": len(list((proc / "task").iterdir())),
        "children": sum(1 for _ in children(process)),
    }


def children(process: int | str = "self") -> Iterator[int]:
    """Those that any of its threads began and nobody has waited for, ended or not."""
    for thread in (Path("/proc") / str(process) / "task").iterdir():
        try:
            yield from map(int, (thread / "children").read_text().split())
        except FileNotFoundError:
            continue


def within(folder: Path) -> set[int]:
    """The processes that work in a folder: jobs are nobody's children, so that they outlive us."""
    found = set()
    for proc in Path("/proc").iterdir():
        if proc.name.isdecimal():
            try:
                where = (proc / "cwd").readlink()
            except OSError:
                continue
            if where.is_relative_to(folder):
                found.add(int(proc.name))
    return found
