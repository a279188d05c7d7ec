"""How each image of a batch was picked: by the strategy, by lot, as a negative, or again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from ymir.picking.batch import CONTROL, EMPTY, MINED
from ymir.plan.history import count
from ymir.plan.relabel import SENT
from ymir.report.record import RoundRecord
from ymir.report.shown.batches import AGAIN, KINDS, Kind, Part
from ymir.spec.project import ProjectSpec

_COLUMNS = ("image", "rank", "score", "why", "origin", "kind")


def picked(now: RoundRecord) -> pl.DataFrame | None:
    """The batch, the first to be labelled first, with a column `kind`; None where none is mined.

    `origin` is the dataset or batch that has the labels of what people see again, else null.
    """
    mined = now.table("mined")
    if mined is None:
        return None
    known = pl.col("origin") if "origin" in mined.columns else pl.lit(None, pl.String)
    rows = mined.with_columns(origin=known)
    is_again = _is_again(now)
    kind = pl.when(is_again).then(pl.lit(AGAIN)).otherwise(pl.col("origin").fill_null(MINED))
    place = pl.when(is_again).then(pl.col("origin"))
    return rows.with_columns(kind=kind, origin=place).sort("rank").select(_COLUMNS)


def strategy(spec: ProjectSpec, now: RoundRecord) -> str:
    """The one that the round was mined with, whatever the specs ask for today."""
    mine = now.versions.get("mine")
    return str(mine.recipe.settings.get("use") or spec.mine.use) if mine else spec.mine.use


def went_back(now: RoundRecord) -> pl.Series:
    """The images of the round's batch that people had seen before."""
    found = picked(now)
    if found is None:
        return pl.Series("image", [], dtype=pl.String)
    return found.filter(pl.col("kind") == AGAIN)["image"]


def parts(
    batch: pl.DataFrame, home: pl.DataFrame | None, labels: Sequence[str]
) -> tuple[Part, ...]:
    """The batch by how its images were picked; `home` is what came back, None until any did."""
    if home is None:
        return tuple(Part(kind, rows.height) for kind, rows in _by_kind(batch))
    return tuple(_part(kind, rows, home, labels) for kind, rows in _by_kind(batch))


def _by_kind(batch: pl.DataFrame) -> Iterator[tuple[Kind, pl.DataFrame]]:
    for kind in KINDS:
        rows = batch.filter(pl.col("kind") == kind)
        if rows.height:
            yield kind, rows


def _part(kind: Kind, rows: pl.DataFrame, home: pl.DataFrame, labels: Sequence[str]) -> Part:
    back = home.join(rows, on="image", how="semi")
    drawn = back.select(pl.col("objects").explode()).drop_nulls().to_series()
    named = drawn.struct.field("label") if drawn.len() else pl.Series([], dtype=pl.String)
    counted = dict(named.value_counts(name="count").iter_rows())
    return Part(
        kind,
        rows.height,
        answered=back.height,
        boxes=named.len(),
        per_class=tuple((label, counted.get(label, 0)) for label in labels),
    )


def _is_again(now: RoundRecord) -> pl.Expr:
    """What goes back stands first; a dataset may be called `control` all the same."""
    mine = now.versions.get("mine")
    if mine and SENT in mine.facts:
        return pl.col("rank") <= count(mine, SENT)
    is_mined = pl.col("origin").is_in([MINED, CONTROL, EMPTY])
    return pl.col("origin").is_not_null() & ~is_mined
