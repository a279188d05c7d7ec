"""Run a round's model over the validation and testing sets."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from ymir.jobs.remarks import facts
from ymir.media.tables import write_table
from ymir.plan.snapshot import Facts
from ymir.stages.kind import Work
from ymir.stages.leakage import refuse_trained_on
from ymir.stages.looking import FOUND_BY, Looks, found, keep, looks, model_of, remarks_of
from ymir.stages.tables import datasets, project_of, testing

take = keep


def jobs(work: Work) -> Looks:
    """The executor's inference over both sets at once, less what this model has seen before."""
    sets = scored(work)
    refuse_trained_on(work, sets["testing"])
    return looks(model_of(work, work.stage.inputs[0]), _images(sets))


def make(work: Work, into: Path) -> Facts:
    """One table of predictions for each set."""
    sets, model = scored(work), model_of(work, work.stage.inputs[0])
    seen = found(model.known.shelf(), _images(sets))
    (into / "predictions").mkdir()
    for name, table in sets.items():
        part = seen.join(table.select("image"), on="image", how="semi", maintain_order="left")
        write_table(part, into / "predictions" / f"{name}.parquet")
    boxes = int(seen["objects"].list.len().sum())
    return {
        "images": seen.height,
        "boxes": boxes,
        FOUND_BY: model.known.key,
        **facts(remarks_of(work)),
    }


def scored(work: Work) -> dict[str, pl.DataFrame]:
    """The sets that the model is scored on."""
    validation = datasets(work, project_of(work).data.validation)
    return {"testing": testing(work), "validation": validation}


def _images(sets: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(sets.values()).unique("image", keep="first", maintain_order=True)
