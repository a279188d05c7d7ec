"""Where a benchmark works, how large it is, and how `ymir` is called there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from figures import Cost, Figure, cost_of, typical

BIN = Path(sys.executable).parent
HEADER = "apiVersion: ymir/v1\nkind: "
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
_ROOM = 8 << 30  # bytes that must be free in memory, files and processes together, and:
_FILES = 1_500_000
_AT_ONCE = 32  # folders that are emptied


@dataclass(frozen=True)
class Place:
    """A folder in memory, where there is room, one on a disk, and whether it must be quick."""

    memory: Path
    disk: Path
    is_quick: bool

    def size(self, full: int, quick: int) -> int:
        """How many, of whatever is made."""
        return quick if self.is_quick else full

    def at_scale(self, figure: Figure) -> Figure:
        """A figure whose goal is said of the full size; at another one it is only shown."""
        return replace(figure, must=None, reach=None) if self.is_quick else figure


@contextmanager
def opened(*, is_quick: bool) -> Iterator[Place]:
    """A place that is removed at the end, also on Ctrl-C."""
    memory = tempfile.mkdtemp(prefix="ymir-data-", dir=_MEMORY if _has_room(is_quick) else None)
    disk = tempfile.mkdtemp(prefix="ymir-data-")
    try:
        yield Place(Path(memory), Path(disk), is_quick)
    finally:
        remove(Path(memory))
        remove(Path(disk))


def _has_room(is_quick: bool) -> bool:
    if not _MEMORY.is_dir():
        return False
    free, share = os.statvfs(_MEMORY), 8 if is_quick else 1
    return free.f_bavail * free.f_frsize * share > _ROOM and free.f_favail * share > _FILES


def remove(folder: Path) -> None:
    """Remove a folder, many of its files at a time: some disks take a millisecond for each."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(_empty, list(os.walk(folder))):
            pass
    shutil.rmtree(folder)


def _empty(found: tuple[str, list[str], list[str]]) -> None:
    within, _, files = found
    for file in files:
        os.unlink(f"{within}/{file}")  # noqa: PTH108 - a million of them


def say(line: str) -> None:
    """A line of progress."""
    print(f"[{time.strftime('%H:%M:%S')}] {line}", file=sys.stderr, flush=True)


def settle() -> None:
    """Wait: a file that was written just now may still change unseen, and is read twice."""
    time.sleep(2.1)


def plain() -> dict[str, str]:
    """The environment of all programs, with compiled modules kept as installed programs have them.

    DVC says nothing to its makers, and knows where ymir's environment is.
    """
    names = {
        f"GIT_{who}_{what}": "bench@example.com"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    path = f"{BIN}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, **names, "DVC_NO_ANALYTICS": "1", "PATH": path}


def begin(root: Path, *specs: str, name: str = "all") -> Path:
    """Write specs, each without its first line, into a workspace; it is made if need be."""
    (root / "specs").mkdir(parents=True, exist_ok=True)
    text = "---\n".join(f"{HEADER}{spec.strip()}\n" for spec in specs)
    (root / "specs" / f"{name}.yaml").write_text(text)
    return root


def ymir(root: Path, *words: str) -> Cost:
    """What a command costs in a workspace; raises CalledProcessError where it fails."""
    command = [str(BIN / "ymir"), *words]
    return cost_of(command, cwd=root, env=plain(), stdout=subprocess.DEVNULL)


def repeated(root: Path, *words: str, times: int = 3) -> Cost:
    """The medians of a command that changes nothing."""
    return typical([ymir(root, *words) for _ in range(times)])


def git(root: Path, *words: str) -> None:
    """A git command, which must succeed."""
    subprocess.run(["git", *words], cwd=root, env=plain(), check=True, stdout=subprocess.DEVNULL)


def program(name: str, *words: str | Path) -> Sequence[str]:
    """The command line of a program that lies beside this file."""
    return [sys.executable, str(Path(__file__).with_name(f"{name}.py")), *map(str, words)]
