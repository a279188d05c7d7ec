"""Where a simulation's jobs are made and run, and where what came out is kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ymir.contracts.backend import Backend, Failed, Job, Outcome
from ymir.contracts.ticket import write_ticket
from ymir.data.table import check
from ymir.dvc.files import write_whole
from ymir.errors import ResultError
from ymir.jobs.predictions import read_predictions
from ymir.jobs.program import Runner
from ymir.jobs.request import Inference, Training, Weights
from ymir.jobs.scribbles import scribbled
from ymir.jobs.training_result import read_training
from ymir.media.store import MediaStore
from ymir.media.tables import read_table, write_table
from ymir.metrics.judge import judge
from ymir.simulation.asks import Ask, Fit, Look
from ymir.simulation.curves import Point
from ymir.simulation.ground import Ground
from ymir.simulation.track import Seen

FOLDER = Path(".ymir") / "simulations"
_MODEL, _FOUND, _SCORES = "model.json", "found.parquet", "scores.json"


@dataclass(frozen=True, eq=False)
class Bench:
    """Jobs by name, as those of any run: killed and asked again, what runs is adopted.

    `.ymir/simulations/` keeps models, and what they found, by what they were made of. It may be
    deleted: then it is done again.
    """

    ground: Ground
    media: MediaStore
    runner: Runner
    backend: Backend
    start: Weights | None = None  # the model that every training starts from

    def missing(self, look: Look) -> Ask | None:
        """What must run before the look is done: a training, the look itself, or nothing."""
        if (self._kept(look) / _FOUND).is_file():
            return None
        for fit in _chain(look.fit):
            if not (self._kept(fit) / _MODEL).is_file():
                return fit
        return look

    def begin(self, *asks: Ask) -> tuple[Job, ...]:
        """The job of each, running."""
        jobs = tuple(self._job(ask) for ask in asks)
        for job in jobs:
            write_ticket(job)
        if jobs:
            self.backend.start(*jobs)
        return jobs

    def poll(self, job: Job) -> Outcome:
        """How it stands."""
        return self.backend.poll(job)

    def stop(self, *jobs: Job) -> None:
        """End what runs."""
        if jobs:
            self.backend.stop(*jobs)

    def keep(self, ask: Ask, job: Job) -> None:
        """Take what a job made; its files go."""
        if broken := scribbled(job.folder, self.media.cache):
            self.media.forget(broken)
            raise ResultError(
                f"job `{job.name}` wrote into {len(broken)} images of the workspace",
                hint="executors may write under `out` only; `ymir pull` brings the images back",
            )
        partial = self._kept(ask).with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        match ask:
            case Fit():
                _keep_model(job.folder / "out", partial)
            case Look():
                images, classes = self._seen_by(ask), self.ground.project.labels
                found = read_predictions(job.folder / "out", images, classes)
                write_table(found.images, partial / _FOUND)
        shutil.rmtree(self._kept(ask), ignore_errors=True)
        partial.rename(self._kept(ask))
        shutil.rmtree(job.folder)

    def seen(self, look: Look) -> Seen:
        """What the look found in its images, and what the model is worth on the testing set."""
        found = check(read_table(self._kept(look) / _FOUND))
        is_asked = pl.col("image").is_in(list(look.images))
        return Seen(found.filter(is_asked), self._point(look, found))

    def _point(self, look: Look, found: pl.DataFrame) -> Point:
        file = self._kept(look) / _SCORES
        if not file.is_file():
            tested = self.ground.testing
            of_it = found.join(tested.select("image"), on="image", how="semi")
            scores, _ = judge(tested, of_it, labels=self.ground.project.labels, resamples=1)
            per_class = {each.label: each.ap50.value for each in scores.per_class if each.ap50}
            kept = {"map": scores.map.value, "per_class": per_class}
            write_whole(file, json.dumps(kept))
        said = json.loads(file.read_text(encoding="utf-8"))
        return Point(len(look.fit.images), said["map"], said["per_class"])

    def _job(self, ask: Ask) -> Job:
        name = f"simulate-{ask.key}"
        request = self._training(ask) if isinstance(ask, Fit) else self._inference(ask)
        return self.runner.job(request, self._workspace / ".ymir" / "jobs" / name, name)

    def _training(self, fit: Fit) -> Training:
        validation, images = self.ground.validation, self.ground.of(fit.images)
        return Training(
            task="simulate",
            class_names=self.ground.project.labels,
            training=images,
            validation=validation,
            media=self._media(images, validation),
            parameters=fit.way.parameters,
            start_from=self._weights(fit.before) if fit.before else self.start,
            gpus=self.runner.spec.resources.gpus,
        )

    def _inference(self, look: Look) -> Inference:
        images = self._seen_by(look)
        return Inference(
            task="simulate",
            class_names=self.ground.project.labels,
            images=images,
            media=self._media(images),
            model=self._weights(look.fit),
            gpus=self.runner.spec.resources.gpus,
        )

    def _seen_by(self, look: Look) -> pl.DataFrame:
        return pl.concat([self.ground.testing, self.ground.of(look.images)])

    def _weights(self, fit: Fit) -> Weights:
        folder = self._kept(fit)
        said = json.loads((folder / _MODEL).read_text(encoding="utf-8"))
        return Weights(said["stage"], {name: folder / "model" / name for name in said["files"]})

    def _media(self, *tables: pl.DataFrame) -> Mapping[str, Path]:
        return self.media.locate([image for each in tables for image in each["image"]])

    def _kept(self, ask: Ask) -> Path:
        return self._workspace / FOLDER / ask.key

    @property
    def _workspace(self) -> Path:
        return self.media.workspace


def _chain(fit: Fit) -> Sequence[Fit]:
    """The trainings that lead to this one, and this one, the first first."""
    chain = [fit]
    while chain[0].before:
        chain.insert(0, chain[0].before)
    return chain


def _keep_model(out: Path, into: Path) -> None:
    trained = read_training(out).stage
    for name, file in trained.files.items():
        target = into / "model" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    said = {"stage": trained.name, "files": sorted(trained.files)}
    (into / _MODEL).write_text(json.dumps(said), encoding="utf-8")


def failed(job: Job, outcome: Failed) -> ResultError:
    """What is said of a job that ended badly."""
    return ResultError(
        f"job `{job.name}` failed: {outcome.why}", hint=f"see `ymir jobs logs {job.name}`"
    )
