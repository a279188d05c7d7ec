"""From scores to a batch: the best of a pool in full detail, until they fill the batch.

A strategy puts only the best in order, many times as many as are picked: so a pool of any size
costs a sort of figures, and what is compared with what is bounded. Where the limits leave too few,
more follow.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from ymir.data.lots import lots
from ymir.data.table import SCHEMA, tag_of
from ymir.media.phash import phashes
from ymir.picking.batch import MINED, Batch, Candidates, Rules, pick
from ymir.picking.folding import unlike
from ymir.stages.kind import Work
from ymir.stages.pool import labelled, pieces
from ymir.stages.scoring import Mining

CANDIDATES = 20  # times the batch: so many are put in order at first
BELIEVED = 0.5  # a score from which on an object is believed to be there
OWN_WHY = "the executor's own ranking"

_NO_HASH = pl.lit(None, pl.UInt64)
_GROUP = " / "


@dataclass(frozen=True)
class _Counts:
    """How many rows of each table are looked at closely."""

    best: int
    lots: int
    empties: int


@dataclass(frozen=True, eq=False)
class _Tables:
    """The pool in three orders, and the hashes of what is labelled."""

    best: pl.DataFrame
    lots: pl.DataFrame
    empties: pl.DataFrame
    labelled: npt.NDArray[np.uint64]


def choose(mining: Mining, scored: pl.DataFrame, topk: int) -> tuple[Batch, int]:
    """The batch that terms and strategy want, of all that are `scored`, the best first.

    And how many better images than the last that was mined look like others, and were passed over.
    """
    terms = mining.terms
    most = terms.groups.most if terms.groups else None
    rules = Rules(topk, terms.near, most, terms.control, terms.empty)
    tables = _tables(mining, scored)
    counts = _Counts(*(CANDIDATES * each for each in (topk, rules.by_lot, rules.empties)))
    while True:
        head, wanted = _unlike(mining, tables, counts.best)
        candidates = Candidates(
            _ordered(mining, wanted),
            _detailed(mining, tables.empties.head(counts.empties), "nothing found"),
            _detailed(mining, tables.lots.head(counts.lots), "by lot"),
            tables.labelled,
        )
        batch = pick(candidates, rules)
        more = _more(counts, batch, tables)
        if more == counts:
            return batch, _folded(head, wanted, batch)
        counts = more


def _tables(mining: Mining, scored: pl.DataFrame) -> _Tables:
    drawn = scored.with_columns(lot=lots(scored["image"], seed=mining.aim.seed))
    likely = scored.filter(pl.col("sure") < BELIEVED)
    terms, work = mining.terms, mining.work
    return _Tables(
        best=scored,
        lots=drawn.sort("lot", "image").drop("lot") if terms.control else scored.clear(),
        empties=likely.sort("sure", "image") if terms.empty else scored.clear(),
        labelled=_hashes(work) if terms.near is not None else np.empty(0, np.uint64),
    )


def _hashes(work: Work) -> npt.NDArray[np.uint64]:
    return phashes(work.media, labelled(work)).drop_nulls().to_numpy()


def _more(counts: _Counts, batch: Batch, tables: _Tables) -> _Counts:
    """More of each table that was not enough, unless that was all of it."""
    more = counts
    if batch.short and counts.best < tables.best.height:
        more = replace(more, best=4 * counts.best)
    if batch.short_of_lots and counts.lots < tables.lots.height:
        more = replace(more, lots=4 * counts.lots)
    if batch.short_of_empties and counts.empties < tables.empties.height:
        more = replace(more, empties=4 * counts.empties)
    return more


def _unlike(mining: Mining, tables: _Tables, count: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The first rows of the pool, and of them the first `count` that look like none before."""
    near, size = mining.terms.near, count
    while True:
        head = tables.best.head(size)
        if near is None:
            return head, head.with_columns(phash=_NO_HASH)
        head = head.with_columns(phash=phashes(mining.work.media, head))
        is_new = unlike(head["phash"], distance=near, against=tables.labelled)
        if is_new.sum() >= count or size >= tables.best.height:
            return head, head.filter(is_new).head(count)
        size *= 2


def _ordered(mining: Mining, rows: pl.DataFrame) -> pl.DataFrame:
    """The candidates as the strategy wants them, with all that `pick` asks for."""
    limits = _with_groups(mining, rows).select("image", "phash", "group")
    strategy = mining.strategy
    if strategy is None or rows.is_empty():
        ordered = rows.select("image", "score", why=pl.lit(OWN_WHY))
    else:
        given = mining.given(_rows(mining, rows), {*strategy.NEEDS, *strategy.ORDERS_BY})
        seen = [name for name in ("objects", "feature") if name in mining.shown]
        scores = strategy.score(given, mining.aim).drop("score", *seen, strict=False)
        told = scores.join(given.select("image", *seen), on="image")
        why = pl.col("why") + pl.col("note")
        known = rows.select("image", "score", "note").join(told, on="image", maintain_order="left")
        known = known.with_columns(why=why).drop("note")
        ordered = strategy.order(known, mining.aim).select("image", "score", "why")
    return ordered.join(limits, on="image", how="left", maintain_order="left")


def _detailed(mining: Mining, rows: pl.DataFrame, why: str) -> pl.DataFrame | None:
    """Rows of another order with all that `pick` asks for."""
    if rows.is_empty():
        return None
    is_folded = mining.terms.near is not None
    phash = phashes(mining.work.media, rows) if is_folded else _NO_HASH
    return _with_groups(mining, rows.with_columns(why=pl.lit(why), phash=phash))


def _with_groups(mining: Mining, rows: pl.DataFrame) -> pl.DataFrame:
    groups = mining.terms.groups
    if groups is None:
        return rows.with_columns(group=pl.lit(None, pl.String))
    known = _rows(mining, rows)
    keys = known.select("image").with_columns(tag_of(known, key).alias(key) for key in groups.by)
    group = keys.select("image", group=pl.concat_str(groups.by, separator=_GROUP))
    return rows.join(group, on="image", how="left", maintain_order="left")


def _rows(mining: Mining, rows: pl.DataFrame) -> pl.DataFrame:
    """What the pool's table says of these images, in the order of their digests."""
    return pl.concat([SCHEMA.to_frame(), *pieces(mining.work, rows)]).sort("image")


def _folded(head: pl.DataFrame, wanted: pl.DataFrame, batch: Batch) -> int:
    """How many rows before the last one that was mined are no candidates."""
    mined = batch.images.filter(pl.col("origin") == MINED)
    place = head.with_row_index("place")
    last = place.join(mined, on="image", how="semi")["place"].max()
    if not isinstance(last, int):
        return 0
    before = place.filter(pl.col("place") < last)
    return before.join(wanted, on="image", how="anti").height
