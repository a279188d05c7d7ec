"""The whole loop on fakes, through any history: runs are killed, jobs fail, results lie."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.laws.history import Histories
from tests.laws.laws import MOST, follows
from tests.laws.life import Life
from tests.laws.making import Maker
from tests.laws.pace import seeds, tell
from ymir.contracts.backend import GRACE, Done, Failed, Job, Outcome, Running
from ymir.contracts.labeling import Waiting
from ymir.errors import ResultError, StoreError
from ymir.media.store import MediaStore
from ymir.plan.plan import plan
from ymir.plan.snapshot import Facts, Recipe, Snapshot, Version
from ymir.plan.stage import RoundOf, Stage
from ymir.reconcile import WITH_JOBS, Bench, reconcile
from ymir.stages.kind import Settled, Work


class Killed(BaseException):
    """The process is gone, just here."""


@dataclass
class Perils:
    """What goes wrong in one run: after so many effects it is killed, or the store refuses."""

    kill_at: int = 0
    refuse_at: int = 0
    effects: int = 0
    is_killed: bool = False

    def effect(self) -> None:
        self.effects += 1
        if self.effects == self.kill_at:
            self.is_killed = True
            raise Killed
        if self.effects == self.refuse_at:
            raise StoreError("the store refuses")


@dataclass
class Backend:
    """Jobs run over runs: a killed run leaves them running, and the next one adopts them."""

    life: Life
    perils: Perils
    jobs: dict[str, int] = field(default_factory=dict)  # running job -> looks until it ends
    started: list[str] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)  # that their next look does not find
    width: int = 2

    def start(self, *jobs: Job) -> None:
        for job in jobs:
            self.perils.effect()
            if job.name not in self.jobs:
                self.started.append(job.name)
                self.jobs[job.name] = len(self.started) % 3
            (job.folder / "out").mkdir(parents=True, exist_ok=True)

    def poll(self, job: Job) -> Outcome:
        left = self.jobs[job.name] = self.jobs[job.name] - 1
        if left >= 0:
            return Running(None)
        del self.jobs[job.name]
        program = self.life.programs[job.command[0]]
        is_lost = bool(self.lost and not self.lost.clear())
        return Failed("as asked") if program in self.life.broken or is_lost else Done(1.0)

    def stop(self, *jobs: Job, patience: float = GRACE) -> None:
        for job in () if self.perils.is_killed else jobs:  # who is killed stops nothing
            self.jobs.pop(job.name, None)

    def is_running(self, job: Job) -> bool:
        return job.name in self.jobs

    def logs(self, job: Job, *, follow: bool) -> Iterator[str]:
        return iter(())


@dataclass
class Store:
    """Records in a life; before and after each record a run may end."""

    machine: Looped
    perils: Perils
    made: list[str] = field(default_factory=list)

    def observe(self) -> Snapshot:
        return dict(self.machine.life.versions)

    def open(self, name: str) -> Path:
        raise AssertionError(f"nothing opens `{name}` here")

    def record(self, stage: Stage, recipe: Recipe, made: Path, facts: Facts) -> Version:
        machine = self.machine
        content = machine.drafts.pop(stage.name)
        machine.laws.recording(machine.wishes.specs(), stage, recipe, content)
        self.perils.effect()
        version = machine.life.record(stage, recipe, content, facts)
        machine.laws.recorded(stage)
        self.made.append(stage.name)
        self.perils.effect()
        return version

    def forget(self, where: RoundOf, kinds: Collection[str]) -> None:
        raise AssertionError(f"nothing forgets {where} here")


@dataclass
class Ledger:
    """Failures stay; commits are told of what is recorded, and catch up after a kill."""

    life: Life
    perils: Perils

    def recorded(self, stage: Stage, version: Version) -> None:
        self.perils.effect()

    def failed(self, recipe_digest: str, why: str) -> None:
        self.perils.effect()
        self.life.failures[recipe_digest] = why

    def kept(self, stage: Stage, share: float | None) -> None:
        raise AssertionError("there are no checkpoints here")

    def let_go(self) -> None:
        raise AssertionError("there are no checkpoints here")


@dataclass
class Kind:
    """A kind of stage, as `Maker` has it; who works with an executor has a job or two first.

    What cannot be made is refused before a job is run for it.
    """

    name: str
    machine: Looped
    perils: Perils

    def jobs(self, work: Work) -> tuple[Job, ...]:
        executor = work.stage.settings.get("executor")
        failed = self.machine.life.failures
        assert work.recipe.digest not in failed, f"{work.stage.name} is tried again"
        if self.name not in WITH_JOBS or executor is None:
            return ()
        if self.name == "send" and work.recipe.digest in self.machine.looked:
            return ()  # what a model found is kept, also where the label tool is away
        Maker(self.machine.life, self.machine.wishes.specs(), work.stage, work.recipe).make()
        folders = (work.folder, work.folder / "more")[: 1 + (self.name == "mine")]
        where = [folder.relative_to(work.folder.parent) for folder in folders]
        names = ["-".join(each.parts) for each in where]
        return tuple(Job(n, (str(executor),), f) for n, f in zip(names, folders, strict=True))

    def make(self, work: Work, into: Path) -> Facts | Settled | Waiting:
        machine = self.machine
        has_run = self.name in WITH_JOBS and "executor" in work.stage.settings
        if machine.lies and has_run and work.recipe.digest not in machine.looked:
            machine.lies = False
            raise ResultError("mAP is 1.2")
        self.perils.effect()
        machine.looked.add(work.recipe.digest)
        done = Maker(machine.life, machine.wishes.specs(), work.stage, work.recipe).make()
        if isinstance(done, Waiting):
            return done
        machine.drafts[work.stage.name], facts, late = done
        self.perils.effect()
        return Settled(facts, late) if late else facts


class Looped(Histories):
    """The loop itself runs, with all that may befall it."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="ymir-laws-"))
        self.drafts: dict[str, dict] = {}
        self.looked: set[str] = set()
        self.lies = False
        self.perils = Perils()
        self.backend = Backend(self.life, self.perils)

    def apply(self) -> None:
        first, made = self._once(Perils())
        follows(first, made, self.life)
        started = list(self.backend.started)
        assert not self._once(Perils())[1], "a second apply does something"
        assert self.backend.started == started, "a second apply starts jobs"

    def _once(self, perils: Perils):
        self.backend.perils = perils
        store = Store(self, perils)
        specs = self.wishes.specs()
        first = plan(specs, store.observe(), self.life.look())
        reconcile(
            Bench(
                catalogue=specs,
                workspace=self.root,
                store=store,
                media=MediaStore(self.root),
                backend=self.backend,
                ledger=Ledger(self.life, perils),
                look=self.life.look,
                emit=lambda event: None,
                kind=lambda name: Kind(name, self, perils),
            )
        )
        assert len(store.made) < MOST, f"no end: {store.made[-20:]}"
        return first, store.made

    @rule(at=st.integers(1, 60), is_killed=st.booleans())
    def a_run_is_cut_short(self, at: int, is_killed: bool) -> None:
        try:
            self._once(Perils(kill_at=at) if is_killed else Perils(refuse_at=at))
        except (Killed, StoreError):
            self.drafts.clear()
        self._hold()

    @rule(at=st.integers(1, 60))
    def a_run_is_killed_and_goes_on(self, at: int) -> None:
        before = [name for name, _ in self.life.diary]
        self.a_run_is_cut_short(at, is_killed=True)
        self.apply()
        self._hold()
        made = self.life.diary[len(before) :]
        assert len(made) == len(set(made)), f"made twice: {made}"

    @rule(is_lost=st.booleans())
    def the_next_job_is_lost_or_lies(self, is_lost: bool) -> None:
        if is_lost:
            self.backend.lost.add("next")
        else:
            self.lies = True

    def teardown(self) -> None:
        self.lies = False
        self.backend.lost.clear()
        try:
            super().teardown()
        finally:
            shutil.rmtree(self.root)


@pytest.mark.parametrize("number", seeds(2))
def test_the_laws_hold_in_any_history(number: int) -> None:
    tell(Looped, number, steps=20)
