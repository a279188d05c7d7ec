"""The loop: observe, plan, run what is ready, record; repeat until nothing is left to do."""

from __future__ import annotations

import importlib
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from ymir.contracts.backend import GRACE, Backend, Job
from ymir.contracts.labeling import Waiting
from ymir.contracts.store import Store
from ymir.contracts.ticket import write_ticket
from ymir.errors import DataError, GateError, ResultError
from ymir.flight import Flight, folder_name, said, set_aside, tidy, tidy_recorded
from ymir.jobs.old import forget
from ymir.media.store import MediaStore
from ymir.plan.plan import Plan, plan
from ymir.plan.planner import Keep, Park, Prune, Run
from ymir.plan.snapshot import Facts, Version
from ymir.plan.stage import Stage
from ymir.plan.world import World
from ymir.spec.catalogue import Catalogue
from ymir.spec.executor import ExecutorSpec
from ymir.stages.given import damage
from ymir.stages.kind import Settled, StageKind, Work
from ymir.travel.checkpoints import Arrival, Checkpoints

WITH_JOBS = ("train", "predict", "prove", "mine", "send")  # kinds that executors work on
POLL = 0.2  # seconds between two looks at the running jobs, at most; less while they are new
_AT_FIRST, _GROWTH = 0.02, 1.3  # seconds; from look to look
AT_ONCE = 16  # jobs of a stage that are laid out before the first of them begins


@dataclass(frozen=True)
class Started:
    """A stage began; `job` if an executor works on it, the first of so many."""

    stage: Stage
    job: Job | None
    count: int = 0


@dataclass(frozen=True)
class Progress:
    """`share` of a stage's work is done, by its job or without one."""

    stage: Stage
    share: float


@dataclass(frozen=True)
class Recorded:
    """A stage is done and its version stored; of `seconds`, the executor took `job_seconds`."""

    stage: Stage
    version: Version
    seconds: float
    job_seconds: float


@dataclass(frozen=True)
class Stopped:
    """A stage ended without a version: it failed, people must label first, or a gate blocked."""

    stage: Stage
    why: str
    log: Path | None = None
    parked: bool = False
    blocked: bool = False


@dataclass(frozen=True)
class Interrupted:
    """A stage's job was asked to end before it was done; it goes on from what is kept of it."""

    stage: Stage
    share: float | None
    is_kept: bool  # or else it begins again


@dataclass(frozen=True)
class Resumed:
    """A stage goes on from what another machine has kept of it, or cannot."""

    stage: Stage
    arrival: Arrival


Event = Started | Progress | Recorded | Stopped | Interrupted | Resumed
Emit = Callable[[Event], None]


class Ledger(Protocol):
    """Writes down, outside the store, what happened: commits, tags, failures."""

    def recorded(self, stage: Stage, version: Version) -> None:
        """A version is stored."""

    def failed(self, recipe_digest: str, why: str) -> None:
        """A recipe's job failed; it is not tried again until something changes."""

    def kept(self, stage: Stage, share: float | None) -> None:
        """What an unfinished stage has reached is stored, for whoever goes on with it."""

    def let_go(self) -> None:
        """What was kept of stages that nobody wants any more is gone."""


def kind_of(name: str) -> StageKind:
    """The module that makes stages of this kind; imported only when one is made."""
    module: StageKind = importlib.import_module(f"ymir.stages.{name}")
    return module


@dataclass(frozen=True)
class Bench:
    """What a run works with. Wired together in `ymir/cli/`; tests put fakes in."""

    catalogue: Catalogue
    workspace: Path
    store: Store
    media: MediaStore
    backend: Backend
    ledger: Ledger
    look: Callable[[], World]  # the world as it is now
    emit: Emit
    is_contained: Callable[[ExecutorSpec], bool] = lambda executor: (
        False
    )  # whether its jobs see `/in` and `/out`
    is_stopped: Callable[[], bool] = lambda: False
    kind: Callable[[str], StageKind] = kind_of
    is_wanted: Callable[[Stage], bool] = lambda stage: True  # others are left as they are
    patience: Callable[[], float] = lambda: GRACE  # seconds that a job has to end when asked
    checkpoints: Checkpoints | None = None  # where those of unfinished stages are kept


def reconcile(bench: Bench) -> Plan:
    """Bring reality to the specs. Each recipe is tried once; returns the plan that is left."""
    run = _Run(bench)
    tidy_recorded(bench.workspace / ".ymir" / "jobs", bench.store.observe)
    try:
        while True:
            observed = bench.store.observe()
            current = plan(bench.catalogue, observed, bench.look())
            if bench.is_stopped():
                return run.leave(current)
            if not run.begin_next(current) and not run.await_jobs():
                run.sweep(current)
                return current
    finally:
        run.stop()


class _Run:
    """What one run of the loop has tried, and the stages whose jobs are running."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._tried: set[tuple[str, str]] = set()
        self._flights: list[Flight] = []

    def begin_next(self, current: Plan) -> bool:
        """Make or start one stage that is ready; False when nothing can begin now."""
        for step in current.ready:
            key = (step.stage.name, step.recipe.digest)
            must_wait = step.stage.kind in WITH_JOBS and not self._has_room
            if key in self._tried or must_wait or not self._bench.is_wanted(step.stage):
                continue
            self._tried.add(key)
            self._begin(step)
            return True
        return False

    def await_jobs(self) -> bool:
        """Wait until all jobs of a stage have ended, and record what it made; False when none run.

        Where a stage has no more jobs to begin and there is room, the next stage may begin.
        """
        pause = _AT_FIRST
        while self._flights and not self._bench.is_stopped():
            if any(self._look(flight) for flight in tuple(self._flights)):
                return True
            time.sleep(pause)
            pause = min(POLL, _GROWTH * pause)
        return bool(self._flights)

    def stop(self) -> None:
        """End the jobs that are running; what they wrote stays for the next run."""
        if running := [job for flight in self._flights for job in flight.running]:
            self._bench.backend.stop(*running, patience=self._bench.patience())

    def leave(self, current: Plan) -> Plan:
        """End in good order: what is unfinished is kept where others can go on with it."""
        self.stop()
        flights, self._flights = self._flights, []
        unfinished = []
        for flight in flights:
            stopped, flight.failed = flight.failed, None
            flight.look(self._bench.backend.poll)
            flight.settle()
            if flight.is_over and flight.failed is None and stopped is None:
                self._land(flight)  # it reached its end before it heard
                observed = self._bench.store.observe()
                current = plan(self._bench.catalogue, observed, self._bench.look())
            else:
                unfinished.append(flight.step.stage)
        self._keep(current, unfinished)
        return current

    def sweep(self, current: Plan) -> None:
        """Let go of what was kept of stages that the plan does not have any more."""
        wanted = {
            step.stage.name: job_name(step) if isinstance(step, Run) else None
            for step in current.steps
            if not isinstance(step, Keep | Prune)
        }
        if self._bench.checkpoints and self._bench.checkpoints.sweep(wanted):
            self._bench.ledger.let_go()

    @property
    def _room(self) -> int:
        return self._bench.backend.width - sum(len(each.running) for each in self._flights)

    @property
    def _has_room(self) -> bool:
        """Whether one more stage may begin its jobs: those that have begun come first."""
        return self._room > 0 and all(flight.is_drawn for flight in self._flights)

    def _look(self, flight: Flight) -> bool:
        """See how a stage's jobs stand, and start its next ones; whether another stage has room."""
        had_room = self._has_room
        share = flight.look(self._bench.backend.poll)
        if self._draw(flight):
            return True
        if flight.is_over:
            self._flights.remove(flight)
            self._land(flight)
            return True
        if share is not None:
            self._bench.emit(Progress(flight.step.stage, share))
        return self._has_room and not had_room

    def _draw(self, flight: Flight) -> bool:
        """Start the stage's next jobs, then take what has ended and lay out what comes after.

        True where one cannot be laid out, which ends the stage.
        """
        try:
            self._start(flight, flight.draw(min(self._room, AT_ONCE)))
            flight.settle()
            flight.prepare()
        except DataError as error:
            self._bench.backend.stop(*flight.running, patience=self._bench.patience())
            self._flights.remove(flight)
            self._bench.emit(_stopped(flight.step.stage, error))
            return True
        return False

    def _start(self, flight: Flight, jobs: tuple[Job, ...]) -> None:
        if not jobs:
            return
        if not flight.is_begun:
            self._bench.emit(Started(flight.step.stage, jobs[0], flight.count))
        self._resume(flight.step, jobs)
        for job in jobs:
            write_ticket(job)
        self._bench.backend.start(*jobs)
        flight.running += jobs

    def _keep(self, current: Plan, stopped: list[Stage]) -> None:
        """Store the checkpoints of all stages that could run now."""
        checkpoints, kept = self._bench.checkpoints, set()
        for step in (each for each in current.ready if each.stage.kind in WITH_JOBS):
            stage = step.stage
            packed = checkpoints.pack(stage.name, self._folder(step)) if checkpoints else None
            if packed is None:
                continue
            kept.add(stage.name)
            if packed.is_new:
                self._bench.ledger.kept(stage, packed.share)
            if packed.is_new or stage in stopped:
                self._bench.emit(Interrupted(stage, packed.share, is_kept=True))
        for stage in stopped:
            if checkpoints and stage.name not in kept:
                self._bench.emit(Interrupted(stage, None, is_kept=False))

    def _resume(self, step: Run | Park, jobs: tuple[Job, ...]) -> None:
        """Take over what another machine has kept of a stage; not under a job that runs."""
        if self._bench.checkpoints is None:
            return
        idle = [job.folder for job in jobs if not self._bench.backend.is_running(job)]
        if idle and (arrival := self._bench.checkpoints.unpack(self._folder(step), idle)):
            self._bench.emit(Resumed(step.stage, arrival))

    def _begin(self, step: Run | Park) -> None:
        work = self._work(step)
        since = time.monotonic()
        kind = self._bench.kind(step.stage.kind)
        try:
            jobs = kind.jobs(work)
        except DataError as error:
            self._bench.emit(_stopped(step.stage, error))
            return
        if not jobs:
            self._bench.emit(Started(step.stage, None))
            self._make(step, work, since, 0.0)
            return
        flight = Flight(step, work, kind, jobs, since)
        self._flights.append(flight)
        self._draw(flight)

    def _land(self, flight: Flight) -> None:
        """All its jobs have ended: make what they were run for, or say why that cannot be."""
        if flight.failed is not None:
            self._give_up(flight, flight.failed.why, flight.failed.log)
            return
        try:
            self._make(flight.step, flight.work, flight.since, flight.seconds)
        except ResultError as error:
            for job in flight.ended:  # which of them lied, it does not say
                set_aside(job.folder / "out")
            self._give_up(flight, said(error), flight.ended[-1].folder)

    def _make(self, step: Run | Park, work: Work, since: float, job_seconds: float) -> None:
        made = work.folder / "made"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        stage = step.stage
        try:
            facts = self._bench.kind(stage.kind).make(work, made)
        except DataError as error:
            self._bench.emit(_stopped(stage, error))
            return
        if isinstance(facts, Waiting):
            self._bench.emit(Stopped(stage, facts.what, parked=True))
            return
        recipe = step.recipe
        if isinstance(facts, Settled):
            recipe = replace(recipe, inputs={**recipe.inputs, **facts.digests})
            facts = facts.facts
        seconds = time.monotonic() - since
        known = {**facts, "seconds": round(seconds, 1), **self._gpu_seconds(work, job_seconds)}
        version = self._bench.store.record(stage, recipe, made, known)
        if self._bench.checkpoints:
            self._bench.checkpoints.drop(stage.name)
        self._bench.ledger.recorded(stage, version)
        self._bench.emit(Recorded(stage, version, seconds, job_seconds))
        tidy(work.folder)
        forget(work.folder.parent, self._recorded)

    def _recorded(self) -> set[str]:
        """What the folders of recorded stages are called."""
        observed = self._bench.store.observe()
        return {folder_name(name, each.recipe) for name, each in observed.items()}

    def _gpu_seconds(self, work: Work, job_seconds: float) -> Facts:
        """Seconds of the stage's jobs, times their GPUs, where it has any; 0 on processors only."""
        executor = self._bench.catalogue.executors.get(str(work.stage.settings.get("executor")))
        if executor is None or not job_seconds:
            return {}
        return {"gpu_seconds": round(executor.resources.gpus * job_seconds, 1)}

    def _give_up(self, flight: Flight, why: str, log: Path | None) -> None:
        """Its jobs have failed: by their own fault, if their images are sound."""
        step = flight.step
        if harm := damage(flight.work, [job.folder for job in flight.ended]):
            self._bench.emit(_stopped(step.stage, harm))
            return
        self._bench.ledger.failed(step.recipe.digest, why)
        self._bench.emit(Stopped(step.stage, why, log))

    def _folder(self, step: Run | Park) -> Path:
        return self._bench.workspace / ".ymir" / "jobs" / job_name(step)

    def _work(self, step: Run | Park) -> Work:
        bench = self._bench
        return Work(
            stage=step.stage,
            recipe=step.recipe,
            catalogue=bench.catalogue,
            store=bench.store,
            media=bench.media,
            workspace=bench.workspace,
            folder=self._folder(step),
            is_contained=bench.is_contained,
            tell=lambda share: bench.emit(Progress(step.stage, share)),
        )


def job_name(step: Run | Park) -> str:
    """What the folder of a stage's jobs is called: another recipe has another one."""
    return folder_name(step.stage.name, step.recipe)


def _stopped(stage: Stage, error: DataError) -> Stopped:
    return Stopped(stage, said(error), blocked=isinstance(error, GateError))
