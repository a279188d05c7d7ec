"""Runs jobs as batch jobs of Slurm; they live on when ymir ends, and the next one adopts them.

A job's folder must lie on a file system that the nodes share, under the same name. What counts is
what an attempt leaves there, never what Slurm says of it.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pydantic import JsonValue

from ymir.contracts.attempt import (
    Attempt,
    Ending,
    attempts,
    conclude,
    has_ended_well,
    is_committed,
    last_line,
    newest,
    record,
    settled,
)
from ymir.contracts.backend import GRACE, Job, Outcome, Running
from ymir.engine.state import advised
from ymir.errors import EngineError, SpecError
from ymir.slurm import client
from ymir.slurm.attempts import (
    ask,
    is_asked,
    lost_of,
    mark_of,
    placed,
    prepare,
    said_by_slurm,
    say_why_it_waits,
    together,
)
from ymir.slurm.client import Queue, SlurmAwayError
from ymir.slurm.desk import Desk
from ymir.slurm.fitting import lack
from ymir.slurm.order import ALIVE, BEGUN, Mark, ended, loss
from ymir.slurm.queue import Standing
from ymir.slurm.settings import Settings
from ymir.spec.executor import ExecutorSpec, Resources, seconds

__all__ = ["Settings", "connect", "is_contained", "lacks"]

_SETTLE = 5.0  # seconds that a shared folder may need to show how an attempt ended
_SILENCE = 15.0  # seconds without a sign of life after which nothing lives: three are missed
_ENDS_WITHIN = 60.0  # seconds for which Slurm may be at ending a job
_SPARE = 5.0  # seconds that a node may need beyond a program's time
_GLANCE = 0.1  # seconds between two looks
_LOOK = 0.002  # seconds between two looks at a job, for each job that runs
_QUICK = 10.0  # seconds; a plan does not wait longer for a controller
_PIECE = 1 << 16


def connect(settings: Mapping[str, JsonValue]) -> Tasks:
    """A backend that asks Slurm when it needs it."""
    return Tasks(Settings.model_validate(settings))


def is_contained(executor: ExecutorSpec) -> bool:
    """Images run in containers on the nodes, all else as it is."""
    return executor.image is not None


def lacks(resources: Resources, settings: Mapping[str, JsonValue]) -> str | None:
    """What no node of the partition has; nothing, where no Slurm answers."""
    if not client.is_here():
        return None
    try:
        return lack(resources, Settings.model_validate(settings).site, client.nodes(_QUICK))
    except (SlurmAwayError, client.SlurmRefusedError, EngineError):
        return None


class Tasks:
    """Jobs by folder: what is known of them lies there, or is in Slurm's queue."""

    def __init__(self, settings: Settings) -> None:
        self.width = settings.width
        self._settings = settings
        self._outage = seconds(settings.outage)
        self._queue = Queue()
        self._desk = Desk(settings, self._queue)
        self._away_since: float | None = None
        self._gone: dict[Path, float] = {}  # since when nothing works on an attempt
        self._signs: dict[Path, tuple[int, float]] = {}  # each one's last, and when it was new
        self._seen: dict[Path, tuple[float, Running]] = {}  # when each job was looked at

    def start(self, *jobs: Job) -> None:
        """Begin each job, unless it runs or has ended well; after a bad end, begin again."""
        for job in jobs:
            if job.image is None and re.search(r"\s", str(job.folder)):
                raise SpecError(
                    f"job `{job.name}` lies in a folder with blanks in its name: {job.folder}",
                    hint="executors cannot read such paths on other machines: move the workspace",
                )
        here = [placed(job) for job in jobs]
        with together(here):
            for job in here:
                if (number := _wanted(job)) is not None:
                    self._desk.put(job, prepare(job, number, self._settings), Mark())
            self._hand_in()

    def poll(self, job: Job) -> Outcome:
        """How the job stands; an attempt that the cluster lost is followed by one more."""
        job, now = placed(job), time.monotonic()
        if (seen := self._seen.get(job.folder)) and now < seen[0] + _LOOK * len(self._seen):
            return seen[1]
        outcome = self._poll(job)
        if isinstance(outcome, Running):
            self._seen[job.folder] = now, outcome
        else:
            self._seen.pop(job.folder, None)
        return outcome

    def _poll(self, job: Job) -> Outcome:
        last = newest(job.folder)
        if last is None or is_committed(job.folder):
            return settled(last, job.folder)
        if (late := _straggler(job, last)) is not None:
            self.stop(job, patience=0)
            return late
        try:
            return self._look(job, last)
        except SlurmAwayError as error:
            return self._waited(error, last)

    def stop(self, *jobs: Job, patience: float = GRACE) -> None:
        """End the jobs, their children with them, and wait until they are gone."""
        tried = [(job, newest(job.folder)) for job in map(placed, jobs)]
        open_ = {last.folder: last for _, last in tried if last and last.ending is None}
        self._seen.clear()
        for last in open_.values():
            self._desk.take_back(last)
            ask(last, patience)
        deadline = time.monotonic() + patience + _SPARE
        self._tell(open_.values())
        self._await(open_, deadline)
        if open_:
            self._tell(open_.values(), is_last=True)
            self._await(open_, time.monotonic() + _ENDS_WITHIN)
        for last in open_.values():  # Slurm is away, or cannot end it
            record(last, Ending("stopped"))

    def is_running(self, job: Job) -> bool:
        """Whether it is with Slurm; as long as that does not answer, what was begun runs."""
        last = newest(placed(job).folder)
        if last is None or last.ending is not None or mark_of(last) is None:
            return False
        try:
            standing = self._standing(last)
        except SlurmAwayError:
            return True
        return standing is not None and standing.is_live

    def logs(self, job: Job, *, follow: bool) -> Iterator[str]:
        """The newest attempt's log; with `follow`, what is added to it until the job has ended."""
        last = newest(placed(job).folder)
        if last is None:
            return
        at = 0
        while True:
            is_over = not follow or not self.is_running(job)
            with suppress(FileNotFoundError), last.log.open("rb") as file:
                if at > os.fstat(file.fileno()).st_size:  # a flood: the log began anew
                    at = 0
                file.seek(at)
                while piece := file.read(_PIECE):
                    yield piece.decode(errors="replace")
                at = file.tell()
            if is_over:
                return
            time.sleep(_GLANCE)

    def _hand_in(self) -> None:
        """Submit what waits, unless Slurm is away: then `poll` tries again."""
        try:
            self._desk.hand_in()
        except SlurmAwayError:
            self._away_since = self._away_since or time.monotonic()

    def _waited(self, error: SlurmAwayError, last: Attempt) -> Running:
        """What is said as long as the controller may be away; an error after that."""
        self._away_since = self._away_since or time.monotonic()
        if time.monotonic() - self._away_since > self._outage:
            raise EngineError(
                f"Slurm has not answered for {self._settings.outage}: {error}",
                hint="what runs there goes on; run `ymir apply` again when it answers",
            ) from None
        return _progress(last)

    def _look(self, job: Job, last: Attempt) -> Outcome:
        """How the newest attempt stands."""
        if (known := _ending(last)) is not None:
            if known.how != "stopped" or is_asked(last):
                return conclude(last, _told(job, known), job.folder, job.limit)
            return self._stopped_by_slurm(job, last, known)
        if self._desk.has(last):
            self._desk.hand_in()
            self._away_since = None
            return Running()
        return self._look_up(job, last)

    def _look_up(self, job: Job, last: Attempt) -> Outcome:
        """How an attempt stands that has not left word of its end."""
        standing = self._standing(last)
        if standing is not None and standing.is_hopeless:
            client.cancel([standing.id])
            record(last, Ending("unstartable", tail=f"Slurm will never run it: {standing.reason}"))
            return self._look(job, last)
        if standing is not None and standing.is_live:
            self._gone.pop(last.folder, None)
            if standing.is_pending:
                say_why_it_waits(last, standing.reason)
            return _progress(last)
        if (why := lost_of(last)) is not None and not is_asked(last):
            return self._again(job, last, why)
        if not self._has_settled(last, _SETTLE):
            return _progress(last)
        return self._after(job, last, standing)

    def _stopped_by_slurm(self, job: Job, last: Attempt, known: Ending) -> Outcome:
        """Slurm ended it: for its time, for another job, or because somebody wanted that."""
        standing = self._standing(last)
        if standing is not None and standing.is_live and not self._has_settled(last, _ENDS_WITHIN):
            return _progress(last)
        if standing is not None and standing.loss:
            return self._again(job, last, loss(standing, ""))
        if standing is not None and (instead := ended(job, standing, said_by_slurm(last))):
            record(last, instead)
            return conclude(last, instead, job.folder, job.limit)
        return conclude(last, known, job.folder, job.limit)

    def _after(self, job: Job, last: Attempt, standing: Standing | None) -> Outcome:
        """Conclude an attempt that ended and left no word of it, or make up for it."""
        mark = mark_of(last)
        was_begun = (last.folder / BEGUN).exists()
        if standing is None and not was_begun and mark is not None and not mark.job:
            self._desk.put(job, last, mark)  # Slurm never took it
            return Running()
        said = said_by_slurm(last)
        if (
            known := Ending("stopped") if is_asked(last) else ended(job, standing, said)
        ) is not None:
            record(last, known)
            return conclude(last, known, job.folder, job.limit)
        if was_begun and (standing is None or standing.may_be_another) and self._lives(last):
            return _progress(last)  # a controller may forget, or begin twice what runs
        return self._again(job, last, loss(standing, last_line(said)))

    def _again(self, job: Job, last: Attempt, why: str) -> Outcome:
        """One more attempt, as long as there have not been too many."""
        lost = (mark_of(last) or Mark()).again + 1
        if lost >= self._settings.tries:
            times = f", the last of {lost} attempts that the cluster lost" if lost > 1 else ""
            known = Ending("ended", tail=f"{why}{times}")
            record(last, known)
            return conclude(last, known, job.folder, job.limit)
        ask(last, GRACE)  # where it is alive after all
        with together([job]):
            if newest(job.folder) == last:
                attempt = prepare(job, last.number + 1, self._settings)
                self._desk.put(job, attempt, Mark(again=lost))
        self._hand_in()
        return Running()

    def _lives(self, last: Attempt) -> bool:
        """Whether the node has given a sign of life lately, by our own clock."""
        with suppress(OSError):
            sign, now = (last.folder / ALIVE).stat().st_mtime_ns, time.monotonic()
            if self._signs.get(last.folder, (0, 0.0))[0] != sign:
                self._signs[last.folder] = sign, now
            return now - self._signs[last.folder][1] < _SILENCE
        return False

    def _has_settled(self, last: Attempt, patience: float) -> bool:
        since = self._gone.setdefault(last.folder, time.monotonic())
        return time.monotonic() - since > patience

    def _standing(self, last: Attempt) -> Standing | None:
        mark, known = mark_of(last), self._queue.look()
        self._away_since = None
        return known.get((mark.batch, mark.task)) if mark else None

    def _tell(self, tried: Iterable[Attempt], *, is_last: bool = False) -> None:
        """Have Slurm end what waits, and pass on to what runs that it should end."""
        with suppress(SlurmAwayError):
            self._queue.forget()
            found = (self._standing(last) for last in tried)
            live = [each.id for each in found if each is not None and each.is_live]
            if is_last:
                client.cancel(live)
                return
            client.cancel(live, state="PENDING")
            client.cancel(live, state="RUNNING", signal="TERM")

    def _await(self, open_: dict[Path, Attempt], deadline: float) -> None:
        """Wait for their ends; those that have one are taken out."""
        while open_ and time.monotonic() < deadline:
            for last in list(open_.values()):
                if self._is_over(last):
                    del open_[last.folder]
            if open_:
                time.sleep(_GLANCE)

    def _is_over(self, last: Attempt) -> bool:
        if _ending(last) is not None:
            return True
        try:
            standing = self._standing(last)
        except SlurmAwayError:
            return False
        is_live = standing is not None and standing.is_live
        if is_live or _ending(last) is not None:
            return not is_live
        record(last, Ending("stopped"))
        return True


def _wanted(job: Job) -> int | None:
    """The number of the attempt that is to begin; None where none is."""
    last = newest(job.folder)
    if is_committed(job.folder):
        return None
    if last is None:
        return 1
    if last.ending is None and mark_of(last) is not None:  # it runs, or `poll` sees to it
        return None
    return None if has_ended_well(last, job.limit) else last.number + 1


def _straggler(job: Job, last: Attempt) -> Outcome | None:
    """An earlier attempt that was given up, and has ended well since: it was first."""
    earlier = attempts(job.folder)[:-1] if last.number > 1 else ()
    for each in earlier:
        if (known := _ending(each)) is not None and has_ended_well(each, job.limit):
            return conclude(each, known, job.folder, job.limit)
    return None


def _ending(attempt: Attempt) -> Ending | None:
    """How it ended; a shared folder is listed, so that it shows what was written elsewhere."""
    try:
        names = {each.name for each in attempt.folder.iterdir()}
    except OSError:
        return None
    return attempt.ending if "exit.json" in names else None


def _told(job: Job, known: Ending) -> Ending:
    """The ending with the spec that opens the wall of a container that stood in the way."""
    is_walled = job.image is not None and known.how == "exit"
    return replace(known, tail=advised(job, known.tail, known.code)) if is_walled else known


def _progress(last: Attempt) -> Running:
    progress = last.progress
    return Running(progress.share if progress else None)
