"""Images that people listed, to look at them again."""

import polars as pl

from ymir.data.table import SCHEMA
from ymir.errors import DataError
from ymir.plan.relabel import INPUT
from ymir.spec.picked import digest_of_picked, read_picked
from ymir.stages.kind import Work
from ymir.stages.leakage import without_leaks
from ymir.stages.places import places, went_back
from ymir.stages.tables import datasets, listed, project_of

_SHOWN = 3  # images that a message names


def picked(work: Work) -> pl.DataFrame:
    """What the project lists, in each place that holds it: rows of `places`, with `list`."""
    files = _files(work)
    images = read_picked(work.workspace, files)
    if digest_of_picked(images) != work.recipe.inputs[INPUT]:
        raise DataError(f"{listed(files)} changed meanwhile", hint="run `ymir apply` again")
    wanted = pl.DataFrame(
        {"image": list(images), "list": list(images.values())},
        schema={"image": pl.String, "list": pl.String},
    ).join(went_back(work), on="image", how="anti", maintain_order="left")
    found = wanted.join(places(work, wanted), on="image", how="left", maintain_order="left")
    _refuse_unknown(work, found.filter(pl.col("origin").is_null()))
    _refuse_leaking(work, found.filter("is_fresh"))
    return found


def _files(work: Work) -> list[str]:
    files = work.stage.settings[INPUT]
    return [str(each) for each in files] if isinstance(files, list) else []


def _refuse_unknown(work: Work, unknown: pl.DataFrame) -> None:
    if unknown.height:
        files = unknown["list"].unique(maintain_order=True).to_list()
        project = project_of(work).name
        raise DataError(
            f"{unknown.height} images that {listed(files)} names are in no dataset and no batch of "
            f"`{project}`: {_named(unknown)}",
            hint="take these lines out, or add the datasets that hold them to the project",
        )


def _refuse_leaking(work: Work, fresh: pl.DataFrame) -> None:
    """What may not be learned from is not worth a label."""
    if fresh.is_empty():
        return
    data = project_of(work).data
    rows = fresh.select(SCHEMA.names())
    held_out = {"held out": datasets(work, (*data.validation, *data.testing))}
    leaking = rows.join(without_leaks(work, rows, held_out), on="image", how="anti")
    if leaking.height:
        raise DataError(
            f"{leaking.height} listed images of the pool tell what models are judged on, so nobody "
            f"may learn from them: {_named(leaking)}",
            hint="take these lines out; `gates` says what counts as telling",
        )


def _named(images: pl.DataFrame) -> str:
    first = ", ".join(f"`{each}`" for each in images["image"].head(_SHOWN))
    return f"{first} and {images.height - _SHOWN} more" if images.height > _SHOWN else first
