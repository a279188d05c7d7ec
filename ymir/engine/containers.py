"""Jobs in containers of Docker or Podman; they live on when ymir ends, and the next one adopts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from filelock import Timeout

from ymir.contracts.attempt import (
    Attempt,
    Ending,
    conclude,
    equip,
    follows_a_loss,
    has_ended_well,
    is_committed,
    newest,
    record,
    reserve,
    settled,
)
from ymir.contracts.backend import GRACE, Failed, Job, Outcome, Running
from ymir.engine import running
from ymir.engine.client import Engine
from ymir.engine.container import Host, Try, container, container_name, handing_back
from ymir.engine.faults import EngineGoneError, NameTakenError, UnfitError
from ymir.engine.state import State, ending, seconds_left
from ymir.engine.turns import alone, ask, asked_of, patiently
from ymir.engine.usage import Watch
from ymir.errors import EngineError, SpecError, StoreError
from ymir.gpus import Gpu, Slots, choose, gpus, missing, slots

_OUTAGE = 60.0  # seconds for which an engine may be away
_PIECE = 1 << 16
_PRIVATE = ("env.yaml", "config.yaml")
_LOST = "its container vanished twice: removed by somebody, or the engine or the machine down"


class Containers:
    """Jobs by folder; what is known of those that ended lies there, of the others the engine."""

    def __init__(
        self,
        engine: Callable[[], Engine],
        found: Callable[[], Sequence[Gpu]] = gpus,
        shared: Slots | None = None,
        caller: tuple[int, int] | None = None,
        outage: float = _OUTAGE,
        width: int = 1,
    ) -> None:
        self.width = width
        self._connect = engine
        self._outage = outage
        self._caller = caller or (os.getuid(), os.getgid())
        self._find = found
        self._slots = shared or slots()
        self._waiting: set[Path] = set()
        self._watch = Watch()
        self._away_since: float | None = None

    def start(self, *jobs: Job) -> None:
        """Begin each job, unless it runs or has ended well; after a bad end, begin again."""
        for job in jobs:
            self._start(job)

    def _start(self, job: Job) -> None:
        job = _placed(job)
        if is_committed(job.folder):
            return
        with patiently(job):
            if self._settled(job):
                return
            last = newest(job.folder)
            if last is None or not has_ended_well(last, job.limit):
                self._begin(job, last.number + 1 if last else 1)

    def poll(self, job: Job) -> Outcome:
        """How the job stands; an attempt that was lost is followed by one more."""
        job = _placed(job)
        if job.folder in self._waiting:
            self._start(job)
            return Running()
        last = newest(job.folder)
        if last is None or is_committed(job.folder):
            return settled(last, job.folder)
        if known := last.ending:
            return conclude(last, known, job.folder, job.limit)
        try:
            with alone(job, 0):
                outcome = self._look_after(job, last)
                self._away_since = None
                return outcome
        except Timeout:
            return _progress(last)
        except EngineGoneError:
            self._away_since = self._away_since or time.monotonic()
            if time.monotonic() - self._away_since > self._outage:
                raise
            return _progress(last)

    def stop(self, *jobs: Job, patience: float = GRACE) -> None:
        """End the jobs, all their processes with them, and wait until they are gone."""
        for job in jobs:
            self._stop(job, patience)

    def _stop(self, job: Job, patience: float) -> None:
        job = _placed(job)
        self._waiting.discard(job.folder)
        last = newest(job.folder)
        if last is None or last.ending is not None:
            return
        name = container_name(job)
        with patiently(job):
            state = running.look(self._engine, name)
            if state is not None and state.is_live:
                ask(last, "stopped")
                running.end(self._engine, name, patience)
            if not self._settled(job) and last.ending is None:
                record(last, Ending("stopped"))

    def is_running(self, job: Job) -> bool:
        """Whether a container works on it."""
        job = _placed(job)
        last = newest(job.folder)
        if last is None or last.ending is not None:
            return False
        state = running.look(self._engine, container_name(job))
        return state is not None and state.is_live

    def logs(self, job: Job, *, follow: bool) -> Iterator[str]:
        """The newest attempt's log; with `follow`, what is added to it until the job has ended."""
        job = _placed(job)
        last = newest(job.folder)
        if last is None:
            return
        if last.ending is None:
            yield from running.printed(self._engine, container_name(job), follow=follow)
        elif last.log.exists():
            with last.log.open("rb") as file:
                while piece := file.read(_PIECE):
                    yield piece.decode(errors="replace")

    @cached_property
    def _engine(self) -> Engine:
        return self._connect()

    @cached_property
    def _found(self) -> Sequence[Gpu]:
        return self._find()

    @cached_property
    def _host(self) -> Host:
        return Host(*self._caller, self._engine.facts)

    def _look_after(self, job: Job, last: Attempt) -> Outcome:
        """Keep a running job within its limits; conclude one that has ended."""
        name = container_name(job)
        state = running.look(self._engine, name)
        if state is not None and state.is_live and state.attempt == last.folder.name:
            self._guard(job, last, state)
            return _progress(last)
        self._settled(job)
        if (known := last.ending) is not None:
            return conclude(last, known, job.folder, job.limit)
        if follows_a_loss(last, job.folder):
            return Failed(_LOST, last.log)
        self._begin(job, last.number + 1)
        return Running()

    def _settled(self, job: Job) -> bool:
        """Whether the job's container runs; one that does not is concluded and taken away."""
        name, last = container_name(job), newest(job.folder)
        state = running.look(self._engine, name)
        if state is None:
            return False
        if last is not None and state.attempt == last.folder.name:
            if state.is_live:
                return True
            if state.has_ended and last.ending is None:
                self._finish(job, last, state)
        running.remove(self._engine, name)
        return False

    def _finish(self, job: Job, last: Attempt, state: State) -> None:
        """Keep what the program printed, give its files to the caller, and write how it ended."""
        tail = running.save_log(self._engine, container_name(job), last.log)
        if self._host.must_hand_back(job):
            self._hand_back(job, last)
        if state.code and (last_words := running.complaint(self._engine, container_name(job))):
            tail = f"{tail}\n{last_words}"
        asked = asked_of(last)
        if asked is not None or not state.is_cut_off(self._engine.since):
            record(last, ending(job, state, asked, tail))

    def _hand_back(self, job: Job, last: Attempt) -> None:
        body = handing_back(job, Try(last.folder), self._host)
        name = f"{container_name(job)}-chown"
        try:
            trouble = running.run_to_its_end(self._engine, name, job, body)
        except (UnfitError, EngineError) as error:
            trouble = str(error)
        if trouble:
            with suppress(OSError), last.log.open("a") as log:
                log.write(f"\nymir: its files still belong to root: {trouble}\n")

    def _guard(self, job: Job, last: Attempt, state: State) -> None:
        """Ask a program that went too far to end; end one that does not."""
        name, asked = container_name(job), asked_of(last)
        if asked is None:
            if seconds_left(job, state, time.time()) < 0:
                ask(last, "timeout")
            elif why := self._watch.excess(job, last.out, self._host.facts.root):
                ask(last, "ended", why)
            else:
                return
            running.signal(self._engine, name, "SIGTERM")
        elif time.time() - asked.at > GRACE:
            running.signal(self._engine, name, "SIGKILL")

    def _begin(self, job: Job, number: int) -> None:
        """Begin once the GPUs that it needs are free; they are its own as long as it runs."""
        if job.image is None:
            raise SpecError(
                f"job `{job.name}` has no image, and the `docker` backend runs images only",
                hint="give the executor an `image`, or choose `backend: process` in `Workspace`",
            )
        if not job.resources.gpus:
            self._try(job, number)
            return
        if lack := missing(job.resources.gpus, self._found):
            raise SpecError(f"job `{job.name}`: {lack}", hint="ask for fewer `gpus`")
        with self._slots.choosing():
            busy = running.gpus_in_use(self._engine) | self._slots.taken(self._found)
            chosen = choose(job.resources.gpus, self._found, busy)
            if chosen is None:
                self._waiting.add(job.folder)
                return
            self._waiting.discard(job.folder)
            self._try(job, number, tuple(gpu.uuid for gpu in chosen))

    def _try(self, job: Job, number: int, gpus: tuple[str, ...] = ()) -> None:
        attempt = Attempt(job.folder / "attempts" / str(number))
        try:
            (job.folder / "in").mkdir(exist_ok=True)
            attempt.folder.mkdir(parents=True)
            reserve(attempt)
            equip(attempt, job.folder, PurePosixPath("/"))
        except OSError as error:
            raise StoreError(
                f"job `{job.name}` cannot be started: {error}",
                hint="check disk space and permissions",
            ) from error
        private = tuple(name for name in _PRIVATE if (attempt.folder / name).exists())
        try:
            self._launch(job, Try(attempt.folder, private, gpus))
        except UnfitError as error:
            with suppress(OSError):
                attempt.log.write_text(f"{error}\n")
            record(attempt, Ending("unstartable", tail=str(error)))
        except EngineGoneError:  # nobody knows whether it was begun: whoever comes next will look
            raise
        except EngineError as error:
            record(attempt, Ending("unstartable", tail=str(error)))
            raise

    def _launch(self, job: Job, attempt: Try) -> None:
        name, body = container_name(job), container(job, attempt, self._host)
        try:
            running.begin(self._engine, job, name, body)
        except NameTakenError:  # by what an earlier ymir left half done
            running.remove(self._engine, name)
            running.begin(self._engine, job, name, body)


def _placed(job: Job) -> Job:
    return replace(job, folder=job.folder.resolve())


def _progress(last: Attempt) -> Running:
    progress = last.progress
    return Running(progress.share if progress else None)
