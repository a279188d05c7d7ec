"""The folder of an attempt that Slurm is to run: made, asked to end, and read."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath

from filelock import FileLock, Timeout

from ymir.contracts.attempt import Attempt, equip, note
from ymir.contracts.backend import Job
from ymir.engine.container import Try
from ymir.errors import LockedError, StoreError
from ymir.slurm.client import environment
from ymir.slurm.containers import Berth
from ymir.slurm.order import LOST, MARK, PATIENCE, RUN, WAITS, Mark, order
from ymir.slurm.settings import Settings

_BUSY = 60.0  # seconds for which another ymir may begin jobs of the same stage
_PRIVATE = ("env.yaml", "config.yaml")
_SAID = 2000  # bytes
REMOTE = "remote.json"  # in `in/`, where the node has to fetch the images


def placed(job: Job) -> Job:
    """The job with the whole path of its folder, by which nodes know it."""
    return replace(job, folder=job.folder.resolve())


@contextmanager
def together(jobs: Sequence[Job]) -> Iterator[None]:
    """Nobody else begins jobs beside these meanwhile."""
    homes = sorted({job.folder.parent for job in jobs})
    try:
        with ExitStack() as stack:
            for home in homes:
                home.mkdir(parents=True, exist_ok=True)
                stack.enter_context(FileLock(home / ".slurm.lock", timeout=_BUSY))
            yield
    except Timeout:
        raise LockedError(
            f"another ymir begins jobs in {homes[0]}", hint="wait until it is done"
        ) from None


def prepare(job: Job, number: int, settings: Settings) -> Attempt:
    """Make the attempt's folder, readable for nobody else, with all that the node needs."""
    attempt = Attempt(job.folder / "attempts" / str(number))
    try:
        (job.folder / "in").mkdir(parents=True, exist_ok=True)
        attempt.folder.parent.mkdir(exist_ok=True)
        attempt.folder.mkdir(mode=0o700)
        equip(attempt, job.folder, PurePosixPath("/") if job.image else None)
        private = tuple(name for name in _PRIVATE if (attempt.folder / name).exists())
        berth = Berth(Try(attempt.folder, private), _images(job))
        python = settings.ymir or sys.executable
        asked = order(job, berth, environment(os.environ), settings.engines, python)
        _write(attempt.folder / RUN, json.dumps(asked))
    except OSError as error:
        raise StoreError(
            f"job `{job.name}` cannot be started: {error}", hint="check disk space and permissions"
        ) from error
    return attempt


def write_mark(attempt: Attempt, mark: Mark) -> None:
    """Note which task of Slurm the attempt is."""
    note(attempt, MARK, asdict(mark))


def mark_of(attempt: Attempt) -> Mark | None:
    """Which task of Slurm it is; None for an attempt of another backend."""
    try:
        return Mark(**json.loads((attempt.folder / MARK).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def ask(attempt: Attempt, patience: float) -> None:
    """Have whatever works on the attempt end it, as soon as the node sees this."""
    note(attempt, PATIENCE, {"seconds": patience})


def is_asked(attempt: Attempt) -> bool:
    """Whether ymir wanted it to end."""
    return (attempt.folder / PATIENCE).exists()


def say_why_it_waits(attempt: Attempt, reason: str) -> None:
    """Note why Slurm has not begun it, for people; the node takes that away."""
    known = f"Slurm says {reason}\n" if reason != "None" else "Slurm has yet to look at it\n"
    file, text = attempt.folder / WAITS, known
    with suppress(OSError):
        if not file.exists() or file.read_text() != text:
            file.write_text(text)


def said_by_slurm(attempt: Attempt) -> str:
    """The end of what Slurm itself printed of the attempt."""
    mark = mark_of(attempt)
    try:
        with Path(mark.said if mark else "").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _SAID))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def lost_of(attempt: Attempt) -> str | None:
    """Why the node could not begin the program, where that was no fault of the job's."""
    try:
        return str(json.loads((attempt.folder / LOST).read_text())["why"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _images(job: Job) -> str | None:
    """The folder of the node to which `in/assets` leads, where it fetches the images itself."""
    if not (job.folder / "in" / REMOTE).exists():
        return None
    return str((job.folder / "in" / "assets").readlink())


def _write(file: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    part = file.with_name(f"{file.name}.part")
    with os.fdopen(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(text)
    part.replace(file)
