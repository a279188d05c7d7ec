"""The GPUs of this machine, as NVIDIA's own tool lists them, and which of them jobs have."""

from __future__ import annotations

import csv
import fcntl
import os
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_QUERY = ("nvidia-smi", "--query-gpu=index,uuid,name,memory.total", "--format=csv,noheader,nounits")
_PATIENCE = 20.0  # seconds; a driver that hangs is no driver


@dataclass(frozen=True)
class Gpu:
    """One GPU; `memory` is in MiB."""

    index: int
    uuid: str
    name: str
    memory: int


def gpus() -> tuple[Gpu, ...]:
    """The GPUs that NVIDIA's driver sees and CUDA_VISIBLE_DEVICES lets jobs have."""
    return visible(_all(), os.environ.get("CUDA_VISIBLE_DEVICES"))


def _all() -> tuple[Gpu, ...]:
    try:
        said = subprocess.run(  # noqa: S603 - our own words
            _QUERY, capture_output=True, text=True, check=True, timeout=_PATIENCE
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return listed(said.stdout)


def listed(text: str) -> tuple[Gpu, ...]:
    """Read the lines `0, GPU-…, NVIDIA H200, 143771`; what is no such line is skipped. Pure."""
    rows = [[column.strip() for column in row] for row in csv.reader(text.splitlines())]
    return tuple(
        Gpu(int(row[0]), row[1], row[2], int(row[3]) if row[3].isdigit() else 0)
        for row in rows
        if len(row) == len(Gpu.__dataclass_fields__) and row[0].isdigit()
    )


def missing(wanted: int, found: Sequence[Gpu]) -> str | None:
    """Why a job that wants so many GPUs cannot have them; None where it can. Pure."""
    if wanted <= len(found):
        return None
    has = f"has {len(found)}" if found else "has none (`nvidia-smi` lists no GPU)"
    return f"{wanted} GPU{'s' if wanted > 1 else ''} asked for, and this machine {has}"


def visible(found: Sequence[Gpu], told: str | None) -> tuple[Gpu, ...]:
    """The GPUs that CUDA_VISIBLE_DEVICES names, in its order, up to a name that is none. Pure."""
    if told is None:
        return tuple(found)
    named: list[Gpu] = []
    for word in (each.strip() for each in told.split(",")):
        same = [each for each in found if word and _is_called(each, word)]
        if len(same) != 1 or same[0] in named:
            break
        named += same
    return tuple(named)


def _is_called(gpu: Gpu, word: str) -> bool:
    return word == str(gpu.index) or (word.startswith("GPU-") and gpu.uuid.startswith(word))


def choose(wanted: int, found: Sequence[Gpu], busy: Collection[str]) -> tuple[Gpu, ...] | None:
    """The first so many that are not busy; None if there are too few of them now. Pure."""
    free = [each for each in found if each.uuid not in busy]
    return tuple(free[:wanted]) if wanted <= len(free) else None


@dataclass(frozen=True)
class Slots:
    """Locks in a folder that every ymir of this machine shares; the kernel releases them."""

    folder: Path

    @contextmanager
    def choosing(self) -> Iterator[None]:
        """Nobody else chooses meanwhile."""
        lock = self._open("choosing")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def take(self, gpu: Gpu) -> int:
        """A descriptor that keeps the GPU for as long as any process has it open."""
        lock = self._open(gpu.uuid)
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock

    def taken(self, found: Sequence[Gpu]) -> frozenset[str]:
        """The ids of those that processes have."""
        return frozenset(each.uuid for each in found if self._is_taken(each))

    def _is_taken(self, gpu: Gpu) -> bool:
        lock = self._open(gpu.uuid)
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def _open(self, name: str) -> int:
        """The lock file, everybody's: whoever may read it may lock it."""
        file = self.folder / name
        try:
            return os.open(file, os.O_RDONLY)
        except FileNotFoundError:
            self.folder.mkdir(mode=0o777, parents=True, exist_ok=True)
            lock = os.open(file, os.O_RDONLY | os.O_CREAT, 0o666)
        for path in (self.folder, file):
            _give_to_all(path)
        return lock


def slots() -> Slots:
    """Those of this machine."""
    return Slots(Path(tempfile.gettempdir()) / "ymir-gpus")


def _give_to_all(path: Path) -> None:
    """Whatever the umask says; a sticky folder keeps others' files from being taken away."""
    if path.stat().st_uid == os.getuid():
        path.chmod(0o1777 if path.is_dir() else 0o444)
