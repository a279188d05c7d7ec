"""A stage whose jobs run: so many at once as there is room, the others as they come free."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from ymir.contracts.backend import Done, Failed, Job, Outcome, Running
from ymir.contracts.ticket import FILE as TICKET
from ymir.errors import DataError, ResultError
from ymir.plan.planner import Park, Run
from ymir.plan.snapshot import Recipe, Snapshot
from ymir.stages.kind import StageKind, Taking, Work

TRIALS = ("prove",)  # kinds whose jobs may fail: that is what they were run to find out


class Flight:
    """One stage with jobs. Each is laid out before it is drawn; after one failed, none is drawn.

    So that a place is never empty for long, one more job than there is room for is laid out ahead,
    and what an ended job made is taken only when `settle` is called: after the next has begun.
    """

    def __init__(
        self, step: Run | Park, work: Work, kind: StageKind, jobs: Collection[Job], since: float
    ) -> None:
        self.step = step
        self.work = work
        self.since = since
        self.seconds = 0.0  # of its jobs that ended well
        self.failed: Failed | None = None
        self.running: list[Job] = []
        self.ended: list[Job] = []
        self._kind = kind
        self.count = len(jobs)
        self._waiting = iter(jobs)
        self._ahead: Job | None = None
        self._landed: list[Job] = []

    @property
    def is_over(self) -> bool:
        """Whether nothing runs and nothing more will be drawn."""
        is_all = len(self.ended) == self.count
        is_still = not self.running and not self._landed
        return is_still and (is_all or self.failed is not None)

    @property
    def is_begun(self) -> bool:
        """Whether one of its jobs has been started."""
        return bool(self.running or self._landed or self.ended)

    @property
    def is_drawn(self) -> bool:
        """Whether there is nothing more to draw."""
        drawn = len(self.running) + len(self._landed) + len(self.ended)
        return drawn == self.count or self.failed is not None

    def draw(self, room: int) -> tuple[Job, ...]:
        """The next jobs, as many as there is room for; who starts them adds them to `running`."""
        drawn: list[Job] = []
        while len(drawn) < room and self.failed is None:
            self.prepare()
            if self._ahead is None:
                break
            drawn.append(self._ahead)
            self._ahead = None
        return tuple(drawn)

    def prepare(self) -> None:
        """Lay out the next job, if there is one and it is not laid out yet."""
        if self._ahead is None and self.failed is None:
            self._ahead = next(self._waiting, None)

    def look(self, poll: Callable[[Job], Outcome]) -> float | None:
        """See how its jobs stand; the share that is done, if any says so."""
        shares = [self._look(job, poll(job)) for job in tuple(self.running)]
        known = [share for share in shares if share is not None]
        if not known and self.count == 1:
            return None
        return (len(self.ended) + len(self._landed) + sum(known)) / self.count

    def settle(self) -> None:
        """Take what the jobs made that have ended well, and let their files go."""
        landed, self._landed = self._landed, []
        for job in landed:
            self.ended.append(job)
            self._take(job)

    def _look(self, job: Job, outcome: Outcome) -> float | None:
        match outcome:
            case Running(share):
                return share
            case Done(seconds):
                self.running.remove(job)
                self._landed.append(job)
                self.seconds += seconds
            case Failed():
                self._lose(job, outcome)
        return None

    def _take(self, job: Job) -> None:
        if isinstance(self._kind, Taking):
            try:
                self._kind.take(self.work, job)
            except ResultError as error:
                set_aside(job.folder / "out")
                self.failed = Failed(said(error), job.folder)
            else:
                tidy(job.folder)

    def _lose(self, job: Job, failed: Failed) -> None:
        self.running.remove(job)
        self.ended.append(job)
        if self.step.stage.kind not in TRIALS:
            which = f"job `{job.name}`: " if self.count > 1 else ""
            self.failed = self.failed or Failed(f"{which}{failed.why}", failed.log)


def said(error: DataError | ResultError) -> str:
    """The error with its hint, in one line where it is one."""
    if not error.hint:
        return str(error)
    return f"{error}\n  hint: {error.hint}" if "\n" in str(error) else f"{error} ({error.hint})"


def set_aside(out: Path) -> None:
    """Keep a result that breaks the contract for people to look at, out of the way of a retry."""
    if out.exists() or out.is_symlink():
        number = len(list(out.parent.glob("rejected-*"))) + 1
        out.rename(out.parent / f"rejected-{number}")


def tidy(folder: Path) -> None:
    """What is recorded is in the store; of its jobs, only their logs are worth keeping.

    What was made goes last: a folder that has it is not tidied yet.
    """
    for job in (*(ticket.parent for ticket in folder.glob(f"*/{TICKET}")), folder):
        for path in (job / "in", job / "out", *job.glob("attempts/*/out"), job / "made"):
            shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):  # of a stage without jobs, nothing is left
        folder.rmdir()


def tidy_recorded(jobs: Path, observe: Callable[[], Snapshot]) -> None:
    """Tidy the folders of what is recorded, where a run was killed before it did so.

    So are those of stages without jobs: what was made is made anew where it was not recorded.
    """
    left = [path.parent for path in jobs.glob("*/made")]
    observed = observe() if left else {}
    recorded = {folder_name(name, each.recipe) for name, each in observed.items()}
    for folder in left:
        has_jobs = any((*folder.glob(TICKET), *folder.glob(f"*/{TICKET}")))
        if folder.name in recorded or not has_jobs:
            tidy(folder)


def folder_name(stage: str, recipe: Recipe) -> str:
    """What the folder of a stage's jobs is called: another recipe has another one."""
    return f"{stage.replace('/', '-')}-{recipe.digest}"
