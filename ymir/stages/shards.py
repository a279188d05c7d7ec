"""The pool in shards: jobs of the same size, whoever and however many run them."""

import polars as pl

from ymir.media.tables import read_table, write_table
from ymir.stages.kind import Work
from ymir.stages.looking import Looks, Model, part_of
from ymir.stages.tables import project_of

_WANTED = "wanted.parquet"  # in the stage's folder: what was to be looked at when it began


def shards(model: Model, images: pl.DataFrame) -> Looks:
    """Jobs for the images that are new to the model, in the order of their digests.

    A stage that was stopped finds the shards that it began with, less those that are done.
    """
    work = model.work
    missing = model.missing(images)
    if missing.is_empty():
        return Looks()
    wanted, size = _wanted(work, missing), project_of(work).mine.shard
    return Looks(
        tuple((model, part, part_of(work, name, part)) for name, part in cut(wanted, missing, size))
    )


def cut(wanted: pl.DataFrame, missing: pl.DataFrame, size: int) -> list[tuple[str, pl.DataFrame]]:
    """The shards of `wanted` that have something of what is missing, by name."""
    shard = wanted.select("image", shard=pl.int_range(pl.len()) // size)
    left = shard.join(missing, on="image", how="semi")["shard"].unique().sort()
    return [(f"shard-{number + 1:05}", wanted.slice(number * size, size)) for number in left]


def _wanted(work: Work, missing: pl.DataFrame) -> pl.DataFrame:
    """What the shards are cut from: as long as it has all that is missing, it stays as it was."""
    path = work.folder / _WANTED
    if path.exists():
        before = read_table(path)
        if missing.join(before, on="image", how="anti").is_empty():
            return before
    wanted = missing.sort("image")
    write_table(wanted, path)
    return wanted
