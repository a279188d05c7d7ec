"""Several ymirs may look after one job, but one at a time; what one asked, the next one knows."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from filelock import FileLock, Timeout

from ymir.contracts.attempt import Attempt, note
from ymir.contracts.backend import Job
from ymir.engine.state import Asked
from ymir.errors import LockedError

_BUSY = 60.0  # seconds for which another ymir may be at work on the same job


@contextmanager
def alone(job: Job, patience: float) -> Iterator[None]:
    """Nobody else works on the job meanwhile; `Timeout` if somebody does for longer than that."""
    job.folder.mkdir(parents=True, exist_ok=True)
    with FileLock(job.folder / "lock", timeout=patience):
        yield


@contextmanager
def patiently(job: Job) -> Iterator[None]:
    """The same, with an error that says so if somebody does for long."""
    try:
        with alone(job, _BUSY):
            yield
    except Timeout:
        raise LockedError(
            f"another ymir is at work on job `{job.name}`", hint="wait until it is done"
        ) from None


def ask(last: Attempt, how: str, why: str = "") -> None:
    """Note that ymir ends the program, before it does: a later ymir has to know."""
    note(last, "asked.json", asdict(Asked(time.time(), how, why)))


def asked_of(last: Attempt) -> Asked | None:
    """What was asked of the attempt's program, if anything."""
    try:
        return Asked(**json.loads((last.folder / "asked.json").read_text()))
    except FileNotFoundError:
        return None
