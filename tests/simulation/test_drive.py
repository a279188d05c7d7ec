"""Many tracks, few jobs: what two ask for is done once, and never more than there is room for."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from ymir.contracts.backend import Done, Failed, Job, Outcome, Running
from ymir.data.table import table
from ymir.errors import ResultError
from ymir.simulation.asks import Ask, Fit, Look, Way
from ymir.simulation.curves import Point
from ymir.simulation.drive import drive
from ymir.simulation.track import Seen, Track

WAY = Way("digest", ("cat",), {})


@dataclass
class Table:
    """A bench without an executor: each job ends at its second look, `broken` ones badly."""

    width: int = 2
    broken: str = ""
    done: dict[str, Ask] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    looks: dict[str, int] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)
    most: int = 0

    @property
    def backend(self) -> SimpleNamespace:
        return SimpleNamespace(width=self.width)

    def missing(self, look: Look) -> Ask | None:
        if look.key in self.done:
            return None
        return look if look.fit.key in self.done else look.fit

    def begin(self, *asks: Ask) -> tuple[Job, ...]:
        self.begun += [ask.key for ask in asks]
        self.looks |= {ask.key: 0 for ask in asks}
        self.most = max(self.most, len(self.looks))
        return tuple(Job(ask.key, (), Path(ask.key)) for ask in asks)

    def poll(self, job: Job) -> Outcome:
        self.looks[job.name] += 1
        if self.looks[job.name] < 2:
            return Running()
        return Failed("it broke") if job.name == self.broken else Done()

    def keep(self, ask: Ask, job: Job) -> None:
        del self.looks[ask.key]
        self.done[ask.key] = ask

    def seen(self, look: Look) -> Seen:
        return Seen(table([]), Point(len(look.fit.images), len(look.fit.images) / 100))

    def stop(self, *jobs: Job) -> None:
        self.stopped += [job.name for job in jobs]


def fit(*images: str) -> Fit:
    return Fit(WAY, images, "-".join(images))


def steps(*sets: tuple[str, ...]) -> Track:
    points = []
    for images in sets:
        seen = yield Look(fit(*images), "test")
        points.append(seen.point)
    return tuple(points)


def run(bench: Table, tracks: dict[tuple[int, str], Track]) -> dict:
    ended: dict = {}
    drive(tracks, bench, lambda count: None, ended.__setitem__)
    return ended


def test_what_two_tracks_ask_for_is_done_once() -> None:
    bench = Table(width=4)
    ended = run(bench, {(1, "a"): steps(("x",), ("x", "y")), (1, "b"): steps(("x",), ("x", "z"))})
    assert {name: [each.labels for each in points] for name, points in ended.items()} == {
        (1, "a"): [1, 2],
        (1, "b"): [1, 2],
    }
    assert len(bench.begun) == len(set(bench.begun)) == 2 * 3


def test_there_are_never_more_jobs_than_room() -> None:
    bench = Table(width=2)
    run(bench, {(seed, "a"): steps((str(seed),)) for seed in range(7)})
    assert bench.most == 2
    assert len(bench.begun) == 14


def test_what_was_kept_is_not_begun_again() -> None:
    bench = Table()
    first = run(bench, {(1, "a"): steps(("x",), ("y",))})
    begun = len(bench.begun)
    assert run(bench, {(1, "a"): steps(("x",), ("y",))}) == first
    assert len(bench.begun) == begun


def test_a_job_that_fails_ends_the_others_and_says_which() -> None:
    bench = Table(width=2, broken=fit("x").key)
    with pytest.raises(ResultError, match=r"job `.*` failed: it broke") as error:
        run(bench, {(1, "a"): steps(("x",)), (1, "b"): steps(("y",))})
    assert "ymir jobs logs" in str(error.value.hint)
    assert bench.stopped == [fit("y").key]


def test_a_training_is_named_by_what_it_learns_from_and_where_it_starts() -> None:
    first = fit("x", "y")
    assert first.key == fit("x", "y").key
    assert first.key != fit("x", "z").key
    warm = Fit(WAY, ("x", "y"), "x-y", before=fit("x"))
    assert len({first.key, warm.key, Fit(WAY, ("x", "y"), "x-y", before=fit("z")).key}) == 3
    assert Look(first, "test").key != Look(first, "other").key != Look(first, "test", ("z",)).key
