"""The batch that a round sends to people."""

import polars as pl

from ymir.contracts.labeling import Batch
from ymir.stages.again import again_of, known_of, shown_of
from ymir.stages.kind import Work
from ymir.stages.tables import datasets, labels_of, project_of


def batch(work: Work, mine: str) -> Batch:
    """The images that the round's `mine` stage picked, best first.

    What people look at again goes out with the labels that it has, everything else without any.
    """
    again = again_of(work, mine)
    classes = labels_of(work)
    fresh = datasets(work, project_of(work).data.mining).join(again, on="image", how="anti")
    pool = pl.concat([fresh, known_of(again)])
    bare = fresh.with_columns(objects=pl.lit([], dtype=pool.schema["objects"]))
    rows = pl.concat([bare, shown_of(again, classes)])
    mined = pl.read_parquet(work.store.open(mine) / "mined.parquet", columns=["image", "rank"])
    images = mined.join(rows, on="image").sort("rank").drop("rank")
    return Batch(
        name=mine.rsplit("/", 1)[0].replace("/", "-"),
        images=images,
        pool=pool,
        classes=classes,
        primary_names=work.catalogue.labels.primary_names(),
        media=work.media.locate(images["image"]),
        workspace=work.workspace,
    )
