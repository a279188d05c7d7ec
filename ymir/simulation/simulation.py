"""A simulation as a whole: from a project's labels to what each strategy is worth."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock, Timeout
from pydantic import JsonValue

from ymir.comparison.records import Records
from ymir.contracts.backend import Backend
from ymir.errors import DataError, LockedError
from ymir.jobs.program import Runner
from ymir.jobs.request import Weights
from ymir.media.store import MediaStore
from ymir.package.imported import PACKAGE, chosen
from ymir.package.read import read_package, unpack_stage
from ymir.plan.models import MARK
from ymir.simulation.asks import Fit, Look, Way
from ymir.simulation.bench import FOLDER, Bench
from ymir.simulation.choosing import Traits, chooser
from ymir.simulation.curves import Point, Replay
from ymir.simulation.design import Design, first_images
from ymir.simulation.drive import Name, drive
from ymir.simulation.ground import Ground, digest_of
from ymir.simulation.track import Course, Track, everything, track
from ymir.spec.model import PREVIOUS, STARTS
from ymir.spec.project import ProjectSpec

ALL = "all labels"  # the track of the model that has them


@dataclass(frozen=True, eq=False)
class Program:
    """The project's executor as this workspace runs it, and what stands for it."""

    runner: Runner
    backend: Backend
    digest: str


Tell = Callable[[int], None]  # hears how many jobs have ended


def simulate(
    ground: Ground, design: Design, records: Records, program: Program, tell: Tell
) -> tuple[Replay, ...]:
    """What became of each start, all strategies side by side."""
    ended: dict[Name, tuple[Point, ...]] = {}
    with _alone(records.root), _start(ground.project, records) as start:
        media = MediaStore(records.root)
        bench = Bench(ground, media, program.runner, program.backend, start)
        way = _way(ground.project, records, program)
        tracks = _tracks(ground, design, way, media)
        drive(tracks, bench, tell, ended.__setitem__)
    return tuple(
        Replay(
            seed,
            ended[seed, ALL][0].map,
            {name: ended[seed, name] for name in design.strategies},
        )
        for seed in design.seeds
    )


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One simulation at a time: two would take each other's jobs."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LockedError(
            "another simulation runs in this workspace",
            hint="wait until it is done: what it does is kept for this one, too",
        ) from None
    try:
        yield
    finally:
        lock.release()


def _way(project: ProjectSpec, records: Records, program: Program) -> Way:
    """How models are made: by the project's own parameters, from where it starts."""
    start = project.train.start_from
    model = None if start in STARTS else records.observed[f"{MARK}{start}"].digest
    return Way(
        program.digest, project.labels, project.train.with_, model, is_previous=start == PREVIOUS
    )


def _tracks(ground: Ground, design: Design, way: Way, media: MediaStore) -> dict[Name, Track]:
    traits, course = Traits(ground, media), _course(ground, design, way)
    tracks: dict[Name, Track] = {}
    for seed in design.seeds:
        first = first_images(ground, design.start, seed)
        for name in design.strategies:
            own = chooser(name, traits, design.topk, seed)
            tracks[seed, name] = track(course, first, seed, own)
        before = course.fit(first, seed, None) if way.is_previous else None
        tracks[seed, ALL] = everything(course, seed, before)
    return tracks


def _course(ground: Ground, design: Design, way: Way) -> Course:
    """The trainings and looks that tracks may ask for."""
    held_out = digest_of([ground.digests[each] for each in sorted(ground.validation["image"])])

    def fit(images: Collection[str], seed: int, before: Fit | None) -> Fit:
        marks = digest_of([held_out, *(ground.digests[each] for each in sorted(images))])
        seeded = replace(way, parameters=_seeded(way.parameters, seed))
        start = before if way.is_previous else None
        return Fit(seeded, tuple(sorted(images)), marks, start)

    def look(fit: Fit, images: Sequence[str]) -> Look:
        return Look(fit, ground.judged_by, tuple(sorted(images)))

    return Course(design, ground.labelled["image"].to_list(), fit, look)


def _seeded(parameters: Mapping[str, JsonValue], seed: int) -> Mapping[str, JsonValue]:
    """The parameters, with another `seed` in each start where they have one."""
    given = parameters.get("seed")
    if isinstance(given, int) and not isinstance(given, bool):
        return {**parameters, "seed": given + seed}
    return parameters


@contextmanager
def _start(project: ProjectSpec, records: Records) -> Iterator[Weights | None]:
    """The weights that every training starts from, if the project names a model."""
    start = project.train.start_from
    if start in STARTS:
        yield None
        return
    name = f"{MARK}{start}"
    if name not in records.observed:
        raise DataError(f"the model `{start}` is not imported yet", hint="run `ymir apply`")
    stage = str(records.observed[name].facts["stage"])
    package = chosen(read_package(records.store.open(name) / PACKAGE), stage)
    with TemporaryDirectory(prefix="ymir-weights-") as folder:
        yield Weights(stage, unpack_stage(package, Path(folder)))
