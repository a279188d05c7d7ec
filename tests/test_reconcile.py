"""The loop, on fakes that keep the contracts."""

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.fakes import FakeKind, InstantBackend, MemoryLedger, MemoryStore
from tests.plan.worlds import Pure, catalogue
from tests.travel.jobs import stopped
from ymir.contracts.attempt import attempts
from ymir.contracts.backend import GRACE, Done, Failed, Job, Outcome, Running
from ymir.dvc.project import prepare
from ymir.media.store import MediaStore
from ymir.plan.plan import Plan
from ymir.plan.world import World
from ymir.reconcile import (
    Bench,
    Event,
    Interrupted,
    Recorded,
    Resumed,
    Started,
    Stopped,
    reconcile,
)
from ymir.spec.catalogue import Catalogue
from ymir.travel.checkpoints import Arrival, Checkpoints


@dataclass
class Scene:
    """One workspace of fakes that several runs share."""

    root: Path
    specs: Catalogue = field(default_factory=catalogue)
    world: Pure = field(default_factory=Pure)
    store: MemoryStore = field(default_factory=MemoryStore)
    backend: InstantBackend = field(default_factory=InstantBackend)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    events: list[Event] = field(default_factory=list)
    kinds: dict[str, dict[str, object]] = field(default_factory=dict)
    is_stopped: bool = False
    checkpoints: Checkpoints | None = None

    def look(self) -> World:
        self.world.world["failures"] = self.ledger.failures
        return self.world.look()

    def run(self) -> Plan:
        return reconcile(
            Bench(
                catalogue=self.specs,
                workspace=self.root,
                store=self.store,
                media=MediaStore(self.root),
                backend=self.backend,
                ledger=self.ledger,
                look=self.look,
                emit=self.events.append,
                is_stopped=lambda: self.is_stopped,
                checkpoints=self.checkpoints,
                kind=lambda name: FakeKind(
                    name, self.world, self.store, **self.kinds.get(name, {})
                ),
            )
        )

    def stopped(self) -> list[str]:
        return [f"{e.stage.name}: {e.why}" for e in self.events if isinstance(e, Stopped)]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_one_run_brings_the_project_to_its_goal(scene: Scene) -> None:
    left = scene.run()
    assert left.is_settled
    assert left.projects[0].decision.goal_met
    assert scene.ledger.recorded_stages == scene.store.recorded
    assert [e.stage.name for e in scene.events if isinstance(e, Started) and e.job] == [
        "p/r1/train",
        "p/r2/train",
        "p/r3/train",
    ]


def test_a_second_run_does_nothing(scene: Scene) -> None:
    scene.run()
    before = list(scene.store.recorded)
    assert scene.run().is_settled
    assert scene.store.recorded == before


def test_the_executors_own_time_is_told_apart(scene: Scene) -> None:
    scene.run()
    by_stage = {e.stage.name: e for e in scene.events if isinstance(e, Recorded)}
    assert by_stage["p/r1/train"].job_seconds == 1.0
    assert by_stage["p/r1/judge"].job_seconds == 0.0


def test_a_failed_job_is_tried_once_and_not_again_by_the_next_run(scene: Scene) -> None:
    scene.backend.fails = lambda job: "train" in job.name
    left = scene.run()
    assert scene.stopped() == ["p/r1/train: as asked"]
    assert [step.why for step in left.blocked] == [
        "failed: as asked; `ymir apply --retry` tries it again"
    ]
    scene.run()
    assert len(scene.backend.started) == 1


def test_a_lying_result_is_a_failed_job_and_set_aside(scene: Scene) -> None:
    scene.kinds["train"] = {"lies": True}
    scene.run()
    assert scene.stopped() == ["p/r1/train: models/result.yaml: mAP is 1.2"]
    assert len(list((scene.root / ".ymir" / "jobs").glob("*train*/rejected-1"))) == 1


def test_of_several_jobs_none_keeps_a_result_that_may_be_the_lie(scene: Scene) -> None:
    scene.kinds["train"] = {"lies": True, "parts": ("one", "other")}
    scene.run()
    assert [job.rsplit("-", 1)[-1] for job in scene.backend.started][1:] == ["one", "other"]
    (folder,) = (scene.root / ".ymir" / "jobs").glob("p-r1-train-*")
    aside = {str(path.relative_to(folder)) for path in folder.rglob("rejected-1")}
    assert aside == {"rejected-1", "one/rejected-1", "other/rejected-1"}
    assert not list(folder.rglob("out")), "or `--retry` would read it again"


def test_broken_data_stops_what_needs_it_and_nothing_is_recorded(scene: Scene) -> None:
    scene.kinds["dataset"] = {"is_broken": True}
    left = scene.run()
    assert not left.is_settled
    assert scene.store.recorded == []
    assert scene.stopped()[0] == "train: the source is broken (mend it)"
    assert len(scene.stopped()) == 4, "every dataset is tried once"


def test_a_run_parks_for_people_and_goes_on_when_they_are_done(scene: Scene) -> None:
    is_waiting = True
    scene.world.has_people = True
    scene.kinds["label"] = {"is_waiting": lambda: is_waiting}
    left = scene.run()
    assert left.is_parked
    assert scene.stopped() == ["p/r1/label: label 10 images"]
    is_waiting = False
    assert scene.run().is_settled


def test_a_stop_ends_running_jobs_and_records_nothing_more(scene: Scene) -> None:
    @dataclass
    class Endless(InstantBackend):
        def poll(self, job: Job) -> Outcome:
            scene.is_stopped = True
            return Running(0.5)

    scene.backend = Endless()
    scene.run()
    assert scene.backend.stopped == scene.backend.started
    assert "p/r1/train" not in scene.store.versions
    scene.is_stopped, scene.backend = False, InstantBackend()
    assert scene.run().is_settled


@dataclass
class Crowded(InstantBackend):
    """A wide backend that ends a job only when nothing more is given to it."""

    running: set[str] = field(default_factory=set)
    most: int = 0

    def start(self, *jobs: Job) -> None:
        super().start(*jobs)
        self.running |= {job.name for job in jobs}
        self.most = max(self.most, len(self.running))

    def poll(self, job: Job) -> Outcome:
        self.running.discard(job.name)
        return Done(1.0)


def test_no_more_jobs_run_at_once_than_a_backend_takes(scene: Scene) -> None:
    scene.kinds["train"] = {"parts": ("one", "two", "three", "four")}
    for width in (1, 2, 9):
        scene.store.versions.clear()
        scene.backend = Crowded(width=width)
        assert scene.run().is_settled
        assert scene.backend.most == min(width, 5)
        assert len(scene.backend.started) == 3 * 5


@dataclass
class Halting(InstantBackend):
    """The first job runs until the scene is stopped; then it has a checkpoint, or its result."""

    scene: Scene | None = None
    leaves: str = "checkpoint"
    begins_with: list[int] = field(default_factory=list)  # attempts that the job found

    def start(self, *jobs: Job) -> None:
        for job in jobs:
            self.started.append(job.name)
            self.begins_with.append(len(attempts(job.folder)))

    def stop(self, *jobs: Job, patience: float = GRACE) -> None:
        super().stop(*jobs, patience=patience)
        for job in jobs:
            if self.leaves == "checkpoint":
                stopped(job.folder)

    def poll(self, job: Job) -> Outcome:
        if self.scene is None:
            return Done(1.0)
        has_ended, self.scene.is_stopped = self.scene.is_stopped, True
        if not has_ended:
            return Running(0.5)
        return Done(1.0) if self.leaves == "result" else Failed("was stopped")


def test_what_is_unfinished_is_kept_and_another_machine_goes_on(tmp_path: Path) -> None:
    prepare(tmp_path)
    scene = Scene(tmp_path, checkpoints=Checkpoints(tmp_path))
    scene.backend = Halting(scene=scene)
    scene.run()
    assert [(e.stage.name, e.share, e.is_kept) for e in scene.events if type(e) is Interrupted] == [
        ("p/r1/train", 0.5, True)
    ]
    assert scene.ledger.kept_stages == ["p/r1/train"]
    assert len(list((tmp_path / "data" / "checkpoints").glob("*.dvc"))) == 1

    shutil.rmtree(tmp_path / ".ymir")  # that machine is gone
    scene.is_stopped, scene.backend, scene.events = False, Halting(), []
    assert scene.run().is_settled
    assert [e.arrival for e in scene.events if isinstance(e, Resumed)] == [Arrival(0.5)]
    assert scene.backend.begins_with == [1, 0, 0]
    assert not list((tmp_path / "data" / "checkpoints").iterdir())


def test_a_job_that_leaves_nothing_is_said_to_begin_again(tmp_path: Path) -> None:
    scene = Scene(tmp_path, checkpoints=Checkpoints(tmp_path))
    scene.backend = Halting(scene=scene, leaves="nothing")
    scene.run()
    assert [(e.stage.name, e.is_kept) for e in scene.events if type(e) is Interrupted] == [
        ("p/r1/train", False)
    ]
    assert scene.ledger.kept_stages == []


def test_a_job_that_ended_well_when_it_was_asked_to_end_is_recorded(tmp_path: Path) -> None:
    scene = Scene(tmp_path, checkpoints=Checkpoints(tmp_path))
    scene.backend = Halting(scene=scene, leaves="result")
    left = scene.run()
    assert scene.store.recorded[-1] == "p/r1/train"
    assert [step.stage.name for step in left.ready] == ["p/r1/predict"]
    assert not [e for e in scene.events if type(e) is Interrupted]


def test_a_running_job_takes_nothing_over(tmp_path: Path) -> None:
    prepare(tmp_path)
    scene = Scene(tmp_path, checkpoints=Checkpoints(tmp_path))
    scene.backend = Halting(scene=scene)
    scene.run()
    shutil.rmtree(tmp_path / ".ymir")

    class Adopted(Halting):
        def is_running(self, job: Job) -> bool:
            return True

    scene.is_stopped, scene.backend = False, Adopted()
    assert scene.run().is_settled
    assert scene.backend.begins_with == [0, 0, 0]
    assert not [e for e in scene.events if isinstance(e, Resumed)]


def test_checkpoints_of_other_specs_go_once_all_is_done(tmp_path: Path) -> None:
    prepare(tmp_path)
    scene = Scene(tmp_path, checkpoints=Checkpoints(tmp_path))
    gone = tmp_path / ".ymir" / "jobs" / "q-r1-train-0"
    stopped(gone)
    (gone / "job.json").write_text("{}")
    scene.checkpoints.pack("q/r1/train", gone)
    scene.is_stopped = True
    scene.run()
    assert list((tmp_path / "data" / "checkpoints").glob("*.dvc")), "nothing is decided yet"
    scene.is_stopped = False
    scene.run()
    assert not list((tmp_path / "data" / "checkpoints").iterdir())


def test_what_a_job_leaves_is_tidied_once_it_is_recorded(scene: Scene) -> None:
    scene.run()
    assert not list((scene.root / ".ymir" / "jobs").glob("*/in"))
    assert Done(1.0) == scene.backend.poll(Job("x", (), scene.root))


def test_what_a_job_cost_stands_in_the_record(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    resources = scene.specs.executors["tiny"].resources.model_copy(update={"gpus": 2})
    tiny = scene.specs.executors["tiny"].model_copy(update={"resources": resources})
    scene.specs = replace(scene.specs, executors={"tiny": tiny})
    scene.run()
    assert scene.store.versions["p/r1/train"].facts["gpu_seconds"] == 2.0
    assert "gpu_seconds" not in scene.store.versions["p/r1/judge"].facts


def test_a_job_on_processors_alone_costs_no_gpu_time(scene: Scene) -> None:
    scene.run()
    assert scene.store.versions["p/r1/train"].facts["gpu_seconds"] == 0.0
