"""Where images are that people may look at again, and which of them they have seen already.

A row of the table is an image in one place that holds it: a dataset of the project, to be corrected
there, or (without `dataset`) the batches, whose answers are learned from. What models are judged on
is never in the latter.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from ymir.data.table import SCHEMA
from ymir.media.tables import read_table
from ymir.plan.stage import RoundOf
from ymir.spec.pins import dataset_of
from ymir.stages.kind import Work
from ymir.stages.tables import of_round, project_of, table_of

_PLACE = pl.Schema({"dataset": pl.String(), "origin": pl.String()})
HERE = pl.Schema([*_PLACE.items(), *SCHEMA.items()])

_RELEASED = "released.parquet"  # of a `label` stage: images that nobody answered for
_SENT = pl.Schema({"image": pl.String(), "origin": pl.String(), "round": pl.Int64()})


def places(work: Work, wanted: pl.DataFrame) -> pl.DataFrame:
    """Where each image is: in datasets, in what people answered before, or fresh in the pool."""
    data = project_of(work).data
    apart = pl.concat(_held(work, (*data.testing, *data.validation), wanted))
    training = pl.concat(_held(work, data.training, wanted))
    held = pl.concat([apart, training]).unique(
        ["image", "dataset"], keep="first", maintain_order=True
    )
    batches = pl.concat(_batches(work, wanted)).unique("image", keep="last", maintain_order=True)
    ours = batches.join(apart, on="image", how="anti", maintain_order="left")
    known = pl.concat([held, ours])
    pool = pl.concat(_held(work, data.mining, wanted)).unique(
        "image", keep="first", maintain_order=True
    )
    fresh = pool.join(known, on="image", how="anti", maintain_order="left").with_columns(
        dataset=pl.lit(None, pl.String), objects=pl.lit([], dtype=SCHEMA["objects"])
    )
    return pl.concat(
        [known.with_columns(is_fresh=pl.lit(False)), fresh.with_columns(is_fresh=pl.lit(True))]
    )


def answered(work: Work) -> pl.DataFrame:
    """What people answered for in earlier rounds: `image`, its `round`, and its `origin`.

    That is null of what was new to them. What was given up at a deadline is not among them.
    """
    done = [_SENT.to_frame()]
    for mine in (name for name in work.stage.inputs if name.endswith("/mine")):
        place = RoundOf.of(mine)
        if place is None or place.stage("label") not in work.stage.inputs:
            continue
        sent = read_table(work.store.open(mine) / "mined.parquet")
        origin = pl.col("origin") if "origin" in sent.columns else pl.lit(None, pl.String)
        given_up = _given_up(work, place.stage("label"))
        seen = sent.join(given_up, on="image", how="anti", maintain_order="left")
        done.append(seen.select("image", origin.alias("origin"), round=pl.lit(place.number)))
    return pl.concat(done, how="vertical_relaxed")


def went_back(work: Work) -> pl.DataFrame:
    """Of these, what people had seen before: nobody is asked twice."""
    return answered(work).drop_nulls("origin")


def _given_up(work: Work, label: str) -> pl.DataFrame:
    path = work.store.open(label) / _RELEASED
    images = pl.DataFrame(schema={"image": pl.String})
    return read_table(path).select("image") if path.exists() else images


def _held(work: Work, names: Sequence[str], wanted: pl.DataFrame) -> Iterator[pl.DataFrame]:
    yield HERE.to_frame()
    for name in names:
        dataset = pl.lit(dataset_of(name))
        rows = table_of(work, name).join(wanted, on="image", how="semi", maintain_order="left")
        yield rows.select(dataset.alias("dataset"), dataset.alias("origin"), *SCHEMA.names())


def _batches(work: Work, wanted: pl.DataFrame) -> Iterator[pl.DataFrame]:
    yield HERE.to_frame()
    for name in (name for name in work.stage.inputs if name.endswith("/label")):
        rows = of_round(work, name, "labelled.parquet").join(wanted, on="image", how="semi")
        origin = pl.lit(name.rsplit("/", 1)[0].replace("/", "-")).alias("origin")
        yield rows.select(pl.lit(None, pl.String).alias("dataset"), origin, *SCHEMA.names())
