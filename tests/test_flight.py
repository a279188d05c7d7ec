"""A stage with many jobs: as many at once as there is room, each taken as it ends."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ymir.contracts.backend import Done, Failed, Job, Outcome, Running
from ymir.errors import ResultError
from ymir.flight import Flight
from ymir.plan.planner import Run
from ymir.plan.snapshot import Facts, Recipe
from ymir.plan.stage import Stage
from ymir.stages.kind import Work


@dataclass
class Shards:
    """Jobs that are laid out when they are iterated to."""

    folder: Path
    count: int
    laid_out: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return self.count

    def __contains__(self, job: object) -> bool:
        return job in list(self)

    def __iter__(self) -> Iterator[Job]:
        for number in range(self.count):
            folder = self.folder / str(number)
            (folder / "in").mkdir(parents=True)
            (folder / "out").mkdir()
            self.laid_out.append(folder.name)
            yield Job(folder.name, ("run",), folder)


@dataclass
class Sorting:
    """Takes what each job made, and does not believe some."""

    lies: frozenset[str] = frozenset()
    taken: list[str] = field(default_factory=list)

    def jobs(self, work: Work) -> tuple[Job, ...]:
        raise AssertionError("the flight was given its jobs")

    def take(self, work: Work, job: Job) -> None:
        assert (job.folder / "out").is_dir()
        if job.name in self.lies:
            raise ResultError("result.tsv: is empty", hint="look at the executor")
        self.taken.append(job.name)

    def make(self, work: Work, into: Path) -> Facts:
        raise AssertionError("the loop makes the artefact")


@dataclass
class Flown:
    """A flight, and what it flies with."""

    flight: Flight
    shards: Shards
    kind: Sorting
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def draw(self, room: int) -> list[str]:
        drawn = self.flight.draw(room)
        self.flight.running += drawn
        return [job.name for job in drawn]

    def look(self) -> float | None:
        share = self.flight.look(lambda job: self.outcomes.get(job.name, Running()))
        self.flight.settle()
        return share


def flown(folder: Path, count: int, *, lies: frozenset[str] = frozenset()) -> Flown:
    stage = Stage("p/r1/mine", "mine")
    step = Run(stage, Recipe("mine", {}, {}), "missing")
    work = Work(stage, step.recipe, None, None, None, folder, folder)  # type: ignore[arg-type] # nobody looks
    shards, kind = Shards(folder, count), Sorting(lies)
    return Flown(Flight(step, work, kind, shards, 0.0), shards, kind)


def test_jobs_are_laid_out_when_there_is_room_for_them(tmp_path: Path) -> None:
    each = flown(tmp_path, 5)
    assert each.draw(2) == ["0", "1"]
    assert each.shards.laid_out == ["0", "1"]
    assert each.draw(0) == []
    assert not each.flight.is_drawn
    assert each.draw(9) == ["2", "3", "4"]
    assert each.flight.is_drawn


def test_one_job_is_laid_out_ahead_and_what_ended_waits_until_the_next_has_begun(
    tmp_path: Path,
) -> None:
    each = flown(tmp_path, 3)
    each.draw(1)
    each.flight.prepare()
    each.flight.prepare()
    assert each.shards.laid_out == ["0", "1"]
    each.flight.look(lambda job: Done(1.0))
    assert (each.kind.taken, each.flight.is_drawn, each.flight.is_over) == ([], False, False)
    assert each.draw(1) == ["1"]
    each.flight.settle()
    assert each.kind.taken == ["0"]


def test_what_has_ended_is_taken_and_its_files_go(tmp_path: Path) -> None:
    each = flown(tmp_path, 3)
    each.draw(3)
    each.outcomes = {"1": Done(2.0), "0": Running(0.5)}
    assert each.look() == pytest.approx((1 + 0.5) / 3)
    assert each.kind.taken == ["1"]
    assert not (tmp_path / "1" / "out").exists()
    assert (tmp_path / "0" / "out").exists()
    each.outcomes = {name: Done(1.0) for name in "012"}
    each.look()
    assert (each.flight.is_over, each.flight.seconds) == (True, 4.0)


def test_after_a_failure_no_job_begins_and_those_that_run_are_taken(tmp_path: Path) -> None:
    each = flown(tmp_path, 4)
    each.draw(2)
    each.outcomes = {"0": Failed("exit code 3")}
    each.look()
    assert each.draw(9) == []
    assert not each.flight.is_over
    each.outcomes["1"] = Done(1.0)
    each.look()
    assert each.flight.is_over
    assert each.kind.taken == ["1"]
    assert each.flight.failed == Failed("job `0`: exit code 3")


def test_a_result_that_is_not_believed_is_set_aside_and_said(tmp_path: Path) -> None:
    each = flown(tmp_path, 2, lies=frozenset("0"))
    each.draw(1)
    each.outcomes = {"0": Done(1.0)}
    each.look()
    assert (tmp_path / "0" / "rejected-1").is_dir()
    assert each.flight.failed is not None
    assert each.flight.failed.why == "result.tsv: is empty (look at the executor)"
