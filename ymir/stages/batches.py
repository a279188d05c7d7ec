"""The batch that a round sends to people."""

import polars as pl

from ymir.contracts.labeling import Batch
from ymir.stages.kind import Work
from ymir.stages.tables import datasets, labels_of, project_of


def batch(work: Work, mine: str) -> Batch:
    """The images that the round's `mine` stage picked, best first."""
    pool = datasets(work, project_of(work).data.mining)
    mined = pl.read_parquet(work.store.open(mine) / "mined.parquet")
    images = mined.select("image", "rank").join(pool, on="image").sort("rank").drop("rank")
    bare = images.with_columns(objects=pl.lit([], dtype=pool.schema["objects"]))
    return Batch(
        name=mine.rsplit("/", 1)[0].replace("/", "-"),
        images=bare,
        pool=pool,
        classes=labels_of(work),
        primary_names=work.catalogue.labels.primary_names(),
        media=work.media.locate(bare["image"]),
        workspace=work.workspace,
    )
