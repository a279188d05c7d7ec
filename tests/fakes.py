"""In-memory stand-ins that keep the contracts; no test patches our own code."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.plan.worlds import Pure
from ymir.contracts.backend import GRACE, Done, Failed, Job, Outcome
from ymir.contracts.labeling import Waiting
from ymir.errors import DataError, ResultError
from ymir.plan.snapshot import Facts, Recipe, Snapshot, Version
from ymir.plan.stage import RoundOf, Stage
from ymir.stages.kind import Work


class MemoryStore:
    """Versions in a dictionary; a version's content is as its recipe decides."""

    def __init__(self) -> None:
        self.versions: dict[str, Version] = {}
        self.recorded: list[str] = []

    def observe(self) -> Snapshot:
        return dict(self.versions)

    def open(self, name: str) -> Path:
        raise AssertionError(f"nothing opens `{name}` here")

    def record(self, stage: Stage, recipe: Recipe, made: Path, facts: Facts) -> Version:
        content = recipe.inputs.get("source") or f"{stage.name} {recipe.digest}"
        before = self.versions.get(stage.name)
        number = stage.round.number if stage.round else (before.number + 1 if before else 1)
        self.versions[stage.name] = Version(recipe, content, number, facts)
        self.recorded.append(stage.name)
        return self.versions[stage.name]

    def forget(self, where: RoundOf, kinds: Collection[str]) -> None:
        for kind in kinds:
            self.versions.pop(where.stage(kind), None)


@dataclass
class InstantBackend:
    """Every job is done, or fails, as soon as it is asked."""

    fails: Callable[[Job], bool] = lambda job: False
    started: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    width: int = 1

    def start(self, *jobs: Job) -> None:
        for job in jobs:
            self.started.append(job.name)
            (job.folder / "out").mkdir(parents=True, exist_ok=True)

    def poll(self, job: Job) -> Outcome:
        return Failed("as asked") if self.fails(job) else Done(1.0)

    def stop(self, *jobs: Job, patience: float = GRACE) -> None:
        self.stopped += [job.name for job in jobs]

    def is_running(self, job: Job) -> bool:
        return False

    def logs(self, job: Job, *, follow: bool) -> Iterator[str]:
        return iter(())


@dataclass
class MemoryLedger:
    """Remembers what it was told."""

    recorded_stages: list[str] = field(default_factory=list)
    kept_stages: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    def recorded(self, stage: Stage, version: Version) -> None:
        self.recorded_stages.append(stage.name)

    def failed(self, recipe_digest: str, why: str) -> None:
        self.failures[recipe_digest] = why

    def kept(self, stage: Stage, share: float | None) -> None:
        self.kept_stages.append(stage.name)

    def let_go(self) -> None:
        self.kept_stages.clear()


@dataclass
class FakeKind:
    """Any kind of stage: trains by a job, does the rest at once, fails where it is told to."""

    name: str
    world: Pure
    store: MemoryStore
    lies: bool = False
    is_broken: bool = False
    parts: tuple[str, ...] = ()  # folders of further jobs, one after the other
    is_waiting: Callable[[], bool] = lambda: False

    def jobs(self, work: Work) -> tuple[Job, ...]:
        if self.is_broken:
            raise DataError("the source is broken", hint="mend it")
        if self.name != "train":
            return ()
        folders = (work.folder, *(work.folder / part for part in self.parts))
        return tuple(Job(folder.name, ("run",), folder) for folder in folders)

    def make(self, work: Work, into: Path) -> Facts | Waiting:
        if self.lies:
            raise ResultError("models/result.yaml: mAP is 1.2")
        if self.is_waiting():
            return Waiting("label 10 images")
        self.world.versions = self.store.versions
        return self.world.facts(work.stage, work.recipe)
