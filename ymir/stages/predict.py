"""Run a round's model over the validation and testing sets."""

from pathlib import Path

import polars as pl

from ymir.contracts.backend import Job
from ymir.jobs.predictions import read_predictions
from ymir.jobs.remarks import facts
from ymir.jobs.request import Inference
from ymir.media.tables import write_table
from ymir.plan.snapshot import Facts
from ymir.stages.executing import executor_of, job_for, result_of
from ymir.stages.kind import Work
from ymir.stages.leakage import refuse_trained_on
from ymir.stages.tables import datasets, labels_of, project_of, testing, weights


def jobs(work: Work) -> tuple[Job, ...]:
    """The executor's inference over both sets at once."""
    sets = scored(work)
    refuse_trained_on(work, sets["testing"])
    images = pl.concat(sets.values()).unique("image", keep="first", maintain_order=True)
    request = Inference(
        task=work.folder.name,
        class_names=labels_of(work),
        images=images,
        media=work.media.locate(images["image"]),
        model=weights(work, work.stage.inputs[0]),
        gpus=executor_of(work).resources.gpus,
    )
    return (job_for(work, request),)


def make(work: Work, into: Path) -> Facts:
    """One table of predictions for each set."""
    sets = scored(work)
    images = pl.concat(sets.values()).unique("image", keep="first", maintain_order=True)
    found = read_predictions(result_of(work), images, labels_of(work))
    (into / "predictions").mkdir()
    for name, table in sets.items():
        part = found.images.join(table.select("image"), on="image", how="semi")
        write_table(part, into / "predictions" / f"{name}.parquet")
    boxes = int(found.images["objects"].list.len().sum())
    return {"images": images.height, "boxes": boxes, **facts(found.remarks)}


def scored(work: Work) -> dict[str, pl.DataFrame]:
    """The sets that the model is scored on."""
    validation = datasets(work, project_of(work).data.validation)
    return {"testing": testing(work), "validation": validation}
