"""A model looks at images: what it has found before is remembered, and only the rest is asked for.

A job's answer is taken as soon as the job ends, and kept where every later stage of any project
finds it (`ymir.jobs.known`). Where this workspace has not looked, records may tell: what a stage
found stands in its version, with the key of the question that it answers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl
from pydantic import JsonValue

from ymir.contracts.backend import Job
from ymir.data.table import SCHEMA
from ymir.dvc.files import write_whole
from ymir.errors import ResultError, StoreError
from ymir.jobs.figures import FILE as FOUND
from ymir.jobs.folder import is_finding, is_ranking
from ymir.jobs.known import FOLDER as KNOWN
from ymir.jobs.known import Known, Question, Shelf, known
from ymir.jobs.predictions import read_predictions
from ymir.jobs.ranking import read_mining
from ymir.jobs.remarks import Notes, Remark
from ymir.jobs.request import Inference, Weights
from ymir.media.tables import read_table, write_table
from ymir.stages.executing import executor_of, runner_of, sound
from ymir.stages.given import located
from ymir.stages.kind import Work
from ymir.stages.tables import labels_of, weights

FOUND_BY = "found_by"  # a fact of versions that hold findings: the key of what was asked

_ASKED = "asked.parquet"  # in a job's folder: the images that it looks at
_KEY = "key"  # likewise: of the question
_REMARKS = "remarks.json"  # likewise, once its answer is taken
# Kind of a stage -> where its version holds findings.
_ARCHIVES = {
    "mine": "pool.parquet",
    "predict": "predictions/*.parquet",
    "send": "suggested.parquet",
}
_DIGITS = 8  # of the name of a job that looks at some of the images only


@dataclass(frozen=True)
class Model:
    """A model, and what it is asked: its findings, or with `is_ranking` its ranking, too."""

    work: Work
    train: str
    weights: Weights
    question: Question
    known: Known

    def missing(self, images: pl.DataFrame) -> pl.DataFrame:
        """The rows of images that nobody has asked it about, here or in any record."""
        left = self.known.missing(images)
        if left.height:
            self._recall(left)
            left = self.known.missing(left)
        return left

    def job(self, images: pl.DataFrame, folder: Path) -> Job:
        """Lay out the job that looks at these images, in the stage's own folder or within it."""
        work = self.work
        inside = f"-{folder.name}" if folder != work.folder else ""
        name = f"{work.folder.name}{inside}"
        folder.mkdir(parents=True, exist_ok=True)
        write_table(_bare(images), folder / _ASKED)
        write_whole(folder / _KEY, self.known.key)
        self._mark()
        request = Inference(
            task=name,
            class_names=self.question.class_names,
            images=_bare(images),
            media=located(work, images),
            model=self.weights,
            parameters=self.question.parameters,
            gpus=executor_of(work).resources.gpus,
            is_ranking=self.question.is_ranking,
        )
        return runner_of(work).job(request, folder, name)

    def _recall(self, images: pl.DataFrame) -> None:
        """Remember what recorded versions hold of these images."""
        store = self.work.store
        for name, version in store.observe().items():
            archive = _ARCHIVES.get(version.recipe.kind)
            if archive is None or version.facts.get(FOUND_BY) != self.known.key:
                continue
            try:
                folder = store.open(name)
            except StoreError:  # not here, and out of reach: then it is found again
                continue
            for table in sorted(folder.glob(archive)):
                self.known.take_in(table, images)
                self._mark()

    def _mark(self) -> None:
        if version := self.work.recipe.inputs.get(self.train):
            self.known.mark(version)


@dataclass(frozen=True)
class Looks(Collection[Job]):
    """Jobs that look at images, each laid out when it is drawn."""

    tasks: tuple[tuple[Model, pl.DataFrame, Path], ...] = ()

    def __len__(self) -> int:
        return len(self.tasks)

    def __iter__(self) -> Iterator[Job]:
        return (model.job(images, folder) for model, images, folder in self.tasks)

    def __contains__(self, job: object) -> bool:
        return any(each == job for each in self)

    def __add__(self, other: Looks) -> Looks:
        return Looks((*self.tasks, *other.tasks))


def model_of(
    work: Work,
    train: str,
    parameters: Mapping[str, JsonValue] | None = None,
    *,
    is_ranking: bool = False,
) -> Model:
    """The model that a `train` stage made, asked in this way, and what is known of it."""
    found, executor = weights(work, train), work.recipe.inputs.get("executor", "")
    question = Question(found, executor, labels_of(work), parameters or {}, is_ranking)
    return Model(work, train, found, question, known(work.workspace, question))


def looks(model: Model, images: pl.DataFrame, part: str | None = None) -> Looks:
    """One job for all images that are new to the model; none where none is.

    It has the stage's own folder if it looks at all of them, and no part is named.
    """
    missing = model.missing(images)
    if missing.is_empty():
        return Looks()
    is_whole = missing.height == images.height and part is None
    folder = model.work.folder if is_whole else part_of(model.work, part or "part", missing)
    return Looks(((model, missing, folder),))


def part_of(work: Work, name: str, images: pl.DataFrame) -> Path:
    """The folder of a job that looks at just these images: others have another one."""
    digest = hashlib.sha256("".join(images["image"]).encode()).hexdigest()[:_DIGITS]
    return work.folder / f"{name}-{digest}"


def keep(work: Work, job: Job) -> None:
    """Keep what a job found, for this stage and all that come after it."""
    out, folder = sound(work, job.folder), job.folder
    asked, remarks = read_table(folder / _ASKED), list[Remark]()
    rows = asked.select("image")
    if not is_ranking(folder) or (out / FOUND).exists():
        found = read_predictions(out, asked, labels_of(work))
        rows, remarks = found.images.select("image", "objects"), [*found.remarks]
    elif is_finding(folder):
        remarks.append(Remark("predictions-missing", 1, FOUND))
    if is_ranking(folder):
        ranked = read_mining(out, asked)
        place = -(pl.int_range(pl.len()) + 1) / pl.len()  # where scores are no numbers
        scores = ranked.images.with_columns(score=pl.coalesce("score", place))
        rows = rows.join(scores, on="image", how="left", maintain_order="left")
        remarks = [*ranked.remarks, *remarks]
    said = json.dumps([asdict(each) for each in remarks])
    write_whole(folder / _REMARKS, said)
    key = (folder / _KEY).read_text(encoding="utf-8")
    Known(work.workspace / KNOWN / key).keep(rows)


def remarks_of(work: Work) -> tuple[Remark, ...]:
    """How the answers were read that this stage's jobs gave, in this run or an earlier one."""
    notes = Notes()
    for file in sorted((*work.folder.glob(_REMARKS), *work.folder.glob(f"*/{_REMARKS}"))):
        for each in json.loads(file.read_text(encoding="utf-8")):
            notes.add(each["rule"], each["example"], each["count"])
    return notes.remarks


def found(shelf: Shelf, images: pl.DataFrame) -> pl.DataFrame:
    """The images with what the model found in them; an error where it was not asked."""
    rows = answers(shelf, images)
    if rows["objects"].null_count():
        raise ResultError(
            f"the executor ranked {rows['objects'].null_count()} images and found nothing in them",
            hint="this strategy needs what the model finds: use `mine: {use: executor}`",
        )
    known = images.drop("objects").join(rows, on="image", how="left", maintain_order="left")
    return known.select(SCHEMA.names())


def answers(shelf: Shelf, images: pl.DataFrame) -> pl.DataFrame:
    """What is known of each of the images: `objects`, and `score` where they were ranked."""
    rows = shelf.rows(images)
    if rows.height != images.height:
        raise ResultError(
            f"of {images.height} images, the answers hold {rows.height}",
            hint="`.ymir/predictions` lost some meanwhile: run `ymir apply --retry`",
        )
    return rows


def _bare(images: pl.DataFrame) -> pl.DataFrame:
    """What an executor is told of images, as a table; it sees nothing of what people said."""
    blank = {"file": pl.lit(""), "tags": pl.lit([], SCHEMA["tags"])}
    return images.with_columns(**blank, objects=pl.lit([], SCHEMA["objects"])).select(
        SCHEMA.names()
    )
