"""Attempts that are ready and have yet to be handed to Slurm: as few batches as can be."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ymir.contracts.attempt import Attempt, Ending, record
from ymir.contracts.backend import Job
from ymir.slurm import client, node
from ymir.slurm.attempts import write_mark
from ymir.slurm.client import Queue, SlurmAwayError, SlurmRefusedError
from ymir.slurm.order import Mark
from ymir.slurm.settings import Settings
from ymir.slurm.submission import Batch, Task, arguments, batches, script

_PAUSE = 2.0  # seconds between two tries
_FULL = re.compile(r"MaxSubmit|job submit limit|job limit|MaxJobCount|too many jobs", re.IGNORECASE)


@dataclass(frozen=True)
class _Waiting:
    job: Job
    attempt: Attempt
    mark: Mark
    was_asked: bool = False  # `sbatch` was told of it, and did not answer


class Desk:
    """What waits to be submitted."""

    def __init__(self, settings: Settings, queue: Queue) -> None:
        self._site = settings.site
        self._queue = queue
        self._waiting: dict[Path, _Waiting] = {}
        self._next = 0.0
        self._away = ""  # why Slurm did not take it the last time
        self._program = Path(node.__file__).read_text(encoding="utf-8")

    def put(self, job: Job, attempt: Attempt, mark: Mark) -> None:
        """Add an attempt; `mark` has been written where Slurm may know of it already."""
        was_asked = bool(mark.batch)
        if not was_asked:
            write_mark(attempt, mark)
        self._waiting[attempt.folder] = _Waiting(job, attempt, mark, was_asked)

    def has(self, attempt: Attempt) -> bool:
        """Whether the attempt waits here."""
        return attempt.folder in self._waiting

    def take_back(self, attempt: Attempt) -> None:
        """Do not submit it."""
        self._waiting.pop(attempt.folder, None)

    def hand_in(self) -> None:
        """Submit all; what Slurm refuses has ended. `SlurmAwayError` where it does not answer."""
        if not self._waiting:
            return
        if time.monotonic() < self._next:
            if self._away:
                raise SlurmAwayError(self._away)
            return
        self._away = ""
        try:
            self._find()
            tasks = [Task(each.job, each.attempt.folder) for each in self._waiting.values()]
            for batch in batches(tasks, self._site, self._longest):
                self._submit(batch)
        except SlurmAwayError as error:
            self._next, self._away = time.monotonic() + _PAUSE, str(error)
            raise

    def _find(self) -> None:
        """Nothing is submitted twice: what an unanswered `sbatch` began is found by its name."""
        asked = [each for each in self._waiting.values() if each.was_asked]
        if not asked:
            return
        known = self._queue.look(time.monotonic())
        for each in asked:
            if (each.mark.batch, each.mark.task) in known:
                del self._waiting[each.attempt.folder]

    def _submit(self, batch: Batch) -> None:
        for place, task in enumerate(batch.tasks):
            one = self._waiting[Path(task.folder)]
            mark = Mark(batch.name, place, one.mark.again, said=batch.said_of(place))
            write_mark(one.attempt, mark)
            self._waiting[Path(task.folder)] = replace(one, mark=mark, was_asked=True)
        text = script(batch, self._site, self._program)
        try:
            number = client.submit(arguments(batch, self._site), text)
        except SlurmRefusedError as error:
            self._refused(batch, str(error))
            return
        finally:
            self._queue.forget()
        for task in batch.tasks:
            one = self._waiting.pop(Path(task.folder))
            write_mark(one.attempt, replace(one.mark, job=number))

    def _refused(self, batch: Batch, why: str) -> None:
        """What Slurm does not take now waits for what it has; all else has failed."""
        if _FULL.search(why) and any(each.is_live for each in self._queue.look().values()):
            self._next = time.monotonic() + _PAUSE
            return
        for task in batch.tasks:
            one = self._waiting.pop(Path(task.folder))
            record(one.attempt, Ending("unstartable", tail=f"Slurm refused it: {why}"))

    @cached_property
    def _longest(self) -> int:
        return client.longest_array()
