"""Where images are that people may look at again, and which of them they have seen already.

A row of the table is an image in one place that holds it: a dataset of the project, to be corrected
there, or (without `dataset`) the batches, whose answers are learned from. What models are judged on
is never in the latter.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from ymir.data.table import SCHEMA
from ymir.media.tables import read_table
from ymir.picking.batch import CONTROL, EMPTY
from ymir.plan.history import count
from ymir.plan.relabel import SENT
from ymir.plan.stage import RoundOf
from ymir.spec.pins import dataset_of
from ymir.stages.kind import Work
from ymir.stages.tables import of_round, project_of, rows_of

UNANSWERED = "released.parquet"  # of a `label` stage: images that went back to the pool

_PLACE = pl.Schema({"dataset": pl.String(), "origin": pl.String()})
HERE = pl.Schema([*_PLACE.items(), *SCHEMA.items()])

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
        origin = _origin(work, mine) if "origin" in sent.columns else pl.lit(None, pl.String)
        seen = sent.join(given_back(work, mine), on="image", how="anti", maintain_order="left")
        done.append(seen.select("image", origin.alias("origin"), round=pl.lit(place.number)))
    return pl.concat(done, how="vertical_relaxed")


def _origin(work: Work, mine: str) -> pl.Expr:
    """Where images are from that went back: they come first, and a dataset may be `control`."""
    version = work.store.observe().get(mine)
    first = count(version, SENT) if version else 0
    is_share = pl.col("origin").is_in([CONTROL, EMPTY]) & (pl.col("rank") > first)
    return pl.when(~is_share).then(pl.col("origin"))


def went_back(work: Work) -> pl.DataFrame:
    """Of these, what people had seen before: nobody is asked twice."""
    return answered(work).drop_nulls("origin")


def given_back(work: Work, mine: str) -> pl.DataFrame:
    """The images of the batch of a `mine` stage that may be sent again: nobody answered for them.

    Only of batches whose `label` stage is among the inputs.
    """
    label = f"{mine.rsplit('/', 1)[0]}/label"
    path = work.store.open(label) / UNANSWERED if label in work.stage.inputs else None
    if path is None or not path.exists():
        return pl.DataFrame(schema={"image": pl.String})
    return read_table(path, columns=["image"])


def _held(work: Work, names: Sequence[str], wanted: pl.DataFrame) -> Iterator[pl.DataFrame]:
    yield HERE.to_frame()
    for name in names:
        dataset = pl.lit(dataset_of(name))
        rows = rows_of(work, name, wanted)
        yield rows.select(dataset.alias("dataset"), dataset.alias("origin"), *SCHEMA.names())


def _batches(work: Work, wanted: pl.DataFrame) -> Iterator[pl.DataFrame]:
    yield HERE.to_frame()
    for name in (name for name in work.stage.inputs if name.endswith("/label")):
        rows = of_round(work, name, "labelled.parquet").join(wanted, on="image", how="semi")
        origin = pl.lit(name.rsplit("/", 1)[0].replace("/", "-")).alias("origin")
        yield rows.select(pl.lit(None, pl.String).alias("dataset"), origin, *SCHEMA.names())
