"""Images that were labelled before a class was added, and on which the model finds it now."""

from collections.abc import Iterator, Mapping

import polars as pl
from pydantic import JsonValue

from ymir.data.ops.filter import filter_labels
from ymir.data.table import objects_of
from ymir.media.tables import read_table, write_table
from ymir.plan.history import number_in
from ymir.plan.relabel import NEW_CLASSES
from ymir.plan.stage import RoundOf
from ymir.stages.kind import Work
from ymir.stages.looking import Looks, Model, found, looks, model_of
from ymir.stages.places import answered
from ymir.stages.tables import of_round, project_of, table_of

LEAST = 0.25  # the score from which on a class may be there

_PART = "unseen"  # begins the name of the job's folder, in the stage's own
_LOOKED = "unseen.parquet"  # in the stage's folder, until that is made: what the job looks at
_ASKED = pl.Schema({"image": pl.String(), "label": pl.String()})
_MAY_SHOW = pl.Schema({"image": pl.String(), "score": pl.Float64(), "why": pl.String()})


def is_asked(work: Work) -> bool:
    """Whether this batch takes back what may show a new class."""
    return NEW_CLASSES in work.stage.settings


def jobs(work: Work) -> Looks:
    """The round's model, on everything that may show a class which nobody was asked for."""
    asked = labelled_before(work)
    work.folder.mkdir(parents=True, exist_ok=True)
    write_table(asked, work.folder / _LOOKED)
    images = _images(work, asked)
    return looks(_model(work), images, _PART) if images.height else Looks()


def may_show(work: Work) -> pl.DataFrame:
    """`image`, `score` and `why`, the surest first."""
    path = work.folder / _LOOKED
    asked = read_table(path) if path.exists() else _ASKED.to_frame()  # no room: nobody looked
    if asked.is_empty():
        return _MAY_SHOW.to_frame()
    seen = found(_model(work).known.shelf(), _images(work, asked))
    boxes = objects_of(seen).join(asked, on=["image", "label"], how="semi")
    score = pl.col("score").cast(pl.Float64)
    sure = boxes.filter(score >= LEAST).sort(
        score, "image", "label", descending=[True, False, False]
    )
    surest = sure.unique("image", keep="first", maintain_order=True)
    most = number_in(_settings(work), "most")
    why = pl.format("may show {}: {}", "label", score.round(2))
    return surest.select("image", score=score, why=why).head(most)


def labelled_before(work: Work) -> pl.DataFrame:
    """`image` and `label`: what models learn from, and each class that nobody was asked for there.

    These are the images of the last training set without the class, and of the batch of that round,
    unless people have answered for them since, or they come from a dataset that knows the class.
    """
    before = _settings(work).get("before")
    classes = before if isinstance(before, dict) else {}
    asked = [_asked_for(work, label, str(stage)) for label, stage in sorted(classes.items())]
    return pl.concat([_ASKED.to_frame(), *asked])


def _asked_for(work: Work, label: str, training: str) -> pl.DataFrame:
    """The images without an answer for one class, which the `training` set before it lacked."""
    last = _place(training)
    batch = last.stage("label")
    answers = [of_round(work, batch, "labelled.parquet")] if batch in work.stage.inputs else []
    labelled = [of_round(work, training, "training.parquet"), *answers]
    before = pl.concat(each.select("image") for each in labelled)
    since = answered(work).filter(pl.col("round") > last.number)
    learned = _learned(work)
    has_it = objects_of(filter_labels(learned, labels=[label]))
    done = (since, has_it, *_knowing(work, label, since))
    asked = learned.join(before, on="image", how="semi", maintain_order="left").join(
        pl.concat(each.select("image") for each in done), on="image", how="anti"
    )
    return asked.select("image", label=pl.lit(label))


def _knowing(work: Work, label: str, since: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The images of datasets that have the class on their own, and not by what people answered."""
    for name in project_of(work).data.training:
        table = table_of(work, name)
        own = filter_labels(table.join(since, on="image", how="anti"), labels=[label])
        if own["objects"].list.len().sum():
            yield table.select("image")


def _model(work: Work) -> Model:
    return model_of(work, work.stage.inputs[0])


def _images(work: Work, asked: pl.DataFrame) -> pl.DataFrame:
    return _learned(work).join(asked, on="image", how="semi", maintain_order="left")


def _learned(work: Work) -> pl.DataFrame:
    """What the round's model was trained on."""
    return of_round(work, _place(work.stage.name).stage("training"), "training.parquet")


def _place(stage: str) -> RoundOf:
    place = RoundOf.of(stage)
    if place is None:
        raise AssertionError(f"`{stage}` belongs to no round")
    return place


def _settings(work: Work) -> Mapping[str, JsonValue]:
    given = work.stage.settings.get(NEW_CLASSES)
    return given if isinstance(given, dict) else {}
