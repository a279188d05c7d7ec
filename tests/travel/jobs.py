"""Folders of jobs as backends leave them."""

import time
from pathlib import Path

from ymir.contracts.attempt import Attempt, Ending, attempts, record
from ymir.contracts.backend import Job
from ymir.contracts.ticket import write_ticket


def job(folder: Path) -> Path:
    """A job that was begun in this folder."""
    write_ticket(Job(folder.name, ("run",), folder))
    return folder


def stopped(folder: Path, state: str = "half", share: float | None = 0.5) -> Attempt:
    """One more try at the job in this folder, that was stopped and left a checkpoint."""
    attempt = Attempt(folder / "attempts" / str(len(attempts(folder)) + 1))
    (attempt.out / "checkpoint").mkdir(parents=True)
    (attempt.out / "checkpoint" / "training.pt").write_text(state)
    if share is not None:
        line = f"t\t{time.time()}\t{share}\t2\n"
        (attempt.out / "monitor.txt").write_text(line)
    record(attempt, Ending("stopped"))
    return attempt


def finished(folder: Path, result: str = "result") -> Path:
    """The job in this folder, done."""
    (folder / "out").mkdir(parents=True)
    (folder / "out" / "result.json").write_text(result)
    return folder
