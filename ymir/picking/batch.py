"""From candidates to a batch: what every strategy shares.

A batch has up to three shares. Most of it is what the strategy prefers ("mined"); the rest may be
images picked by lot, to compare with ("control"), and images in which the model finds nothing, as
negatives ("empty"). The same limits hold for all: no image looks like one that is labelled or in
the batch already, and no group has more images in the batch than its part.

The candidates may be the best of a pool only: what is picked of them is what would be picked of the
whole pool, unless `Batch.short` says that more of them are wanted.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from ymir.errors import ResultError
from ymir.picking.folding import unlike

MINED, EMPTY, CONTROL = "mined", "empty", "control"  # the words of `origin`

_HINT = "a strategy gives each image of the pool one finite score"
_PICKED = pl.Schema(
    {
        "image": pl.String(),
        "score": pl.Float64(),
        "why": pl.String(),
        "rank": pl.Int64(),
        "origin": pl.String(),
    }
)
_PASSED = pl.Schema({"image": pl.String(), "is_new": pl.Boolean()})
_ROWS = pl.Schema({**_PICKED, "phash": pl.UInt64(), "group": pl.String()})


def _no_hashes() -> npt.NDArray[np.uint64]:
    return np.empty(0, np.uint64)


@dataclass(frozen=True)
class Rules:
    """How large a batch is, what it may not hold, and which shares it has.

    `near` is the number of bits of 64 in which hashes of images that look alike may differ; `most`
    is how many images one group may have. None of either sets no limit.
    """

    topk: int
    near: int | None = None
    most: int | None = None
    control: float = 0.0
    empty: float = 0.0

    @property
    def by_lot(self) -> int:
        """How many images are picked by lot: one at least, where any are, unless it is the last."""
        return _part(self.control, self.topk, self.topk - 1)

    @property
    def empties(self) -> int:
        """How many images in which nothing is found are picked."""
        return _part(self.empty, self.topk, self.topk - 1 - self.by_lot)


@dataclass(frozen=True, eq=False)
class Candidates:
    """What a batch may be picked from: tables of `image`, `score` and `why`, each in order.

    `best` is in the order of the strategy, `lots` in the order of lots (of the whole pool, so that
    they tell what chance would bring), `empties` in the order in which they are wanted. They may
    share images: none is picked twice. More columns count where they are there: `phash` (UInt64,
    null: like nothing else) and `group` (String, null: of no group). `labelled` are the hashes of
    the images that are labelled already.

    Each table may be the beginning of a longer one, by the same order.
    """

    best: pl.DataFrame
    empties: pl.DataFrame | None = None
    lots: pl.DataFrame | None = None
    labelled: npt.NDArray[np.uint64] = field(default_factory=_no_hashes)


@dataclass(frozen=True, eq=False)
class Batch:
    """The images picked, and what it took.

    `images` has `image`, `score`, `why`, `rank` (1 is to be labelled first) and `origin`: "mined",
    "control" or "empty". `short` says how many images are missing to a full batch: if `best` was
    the beginning of a longer table, bring more of it and pick again; if it was the whole, that is
    all. `short_of_lots` and `short_of_empties` say the same of the others, whose place is filled
    with mined images. `folded` and `capped` count what was passed over to get there: because it
    looks like something else, and because its group has its part.
    """

    images: pl.DataFrame
    short: int = 0
    short_of_lots: int = 0
    short_of_empties: int = 0
    folded: int = 0
    capped: int = 0


@dataclass(frozen=True, eq=False)
class _Taken:
    rows: pl.DataFrame
    passed: pl.DataFrame  # over, on the way there: `image` and `is_new`


def pick(candidates: Candidates, rules: Rules) -> Batch:
    """At most `rules.topk` images, each the first of its table that no limit leaves out.

    Lots are drawn first, so what the strategy prefers does not change them. A share that falls
    short is filled with mined images. Mined ones come in their order, and the others are spread
    evenly among them, so that the beginning of a batch has its shares, too.
    """
    best = _checked(candidates.best)
    start = _Taken(_ROWS.to_frame(), _PASSED.to_frame())
    control = _take(candidates.lots, CONTROL, rules.by_lot, start, candidates, rules)
    by_lot = control.rows.height
    mined = _take(best, MINED, rules.topk - by_lot - rules.empties, control, candidates, rules)
    empty = _take(candidates.empties, EMPTY, rules.empties, mined, candidates, rules)
    empties = empty.rows.height - mined.rows.height
    full = _take(best, MINED, rules.topk - empty.rows.height, empty, candidates, rules)
    passed = full.passed.unique("image", keep="first")
    folded = int((~passed["is_new"]).sum())
    return Batch(
        _ranked(full.rows),
        short=max(rules.topk, 0) - full.rows.height,
        short_of_lots=rules.by_lot - by_lot,
        short_of_empties=rules.empties - empties,
        folded=folded,
        capped=passed.height - folded,
    )


def _take(
    table: pl.DataFrame | None,
    origin: str,
    count: int,
    before: _Taken,
    candidates: Candidates,
    rules: Rules,
) -> _Taken:
    """What was taken before, and the first `count` of a table that keep the limits beside it."""
    if table is None or count <= 0:
        return before
    taken = before.rows
    rows = _rows(table, origin).join(taken, on="image", how="anti", maintain_order="left")
    is_new = pl.Series(np.ones(rows.height, bool))
    if rules.near is not None:
        seen = np.concatenate([candidates.labelled, taken["phash"].drop_nulls().to_numpy()])
        is_new = unlike(rows["phash"], distance=rules.near, against=seen)
    is_free = _within(rows.filter(is_new), taken, rules.most)
    fit = is_new.to_numpy().copy()
    fit[np.flatnonzero(fit)] = is_free
    chosen = np.flatnonzero(fit)[:count]
    end = rows.height if len(chosen) < count else int(chosen[-1]) + 1
    over = rows.select("image", is_new=is_new).head(end).filter(~fit[:end])
    return _Taken(pl.concat([taken, rows[chosen]]), pl.concat([before.passed, over]))


def _within(rows: pl.DataFrame, taken: pl.DataFrame, most: int | None) -> npt.NDArray[np.bool_]:
    """Which rows their group still has room for, beside what is taken."""
    if most is None or not rows.height:
        return np.ones(rows.height, bool)
    held = taken.drop_nulls("group").group_by("group").len("held")
    before = pl.int_range(pl.len()).over("group") + pl.col("held").fill_null(0)
    room = rows.join(held, on="group", how="left", maintain_order="left").select(
        (before < most) | pl.col("group").is_null()
    )
    return room.to_series().to_numpy()


def _ranked(rows: pl.DataFrame) -> pl.DataFrame:
    """All of the batch: each share spread evenly over it, in its own order."""
    place = (pl.int_range(pl.len()).over("origin") + 0.5) / pl.len().over("origin")
    is_mined = pl.col("origin") == MINED
    order = rows.with_columns(place=place, later=~is_mined).sort(
        "place", "later", "origin", maintain_order=True
    )
    return order.with_columns(rank=pl.int_range(1, pl.len() + 1)).select(_PICKED.names())


def _rows(table: pl.DataFrame, origin: str) -> pl.DataFrame:
    given = [name for name in ("image", "score", "why", "phash", "group") if name in table.columns]
    lacking = [name for name in ("rank", "phash", "group") if name not in given]
    nothing = {name: pl.lit(None, _ROWS[name]) for name in lacking}
    rows = table.select(given).with_columns(origin=pl.lit(origin), **nothing)
    return rows.select(_ROWS.names()).cast(_ROWS)


def _checked(scored: pl.DataFrame) -> pl.DataFrame:
    if (twice := scored.filter(pl.col("image").is_duplicated())["image"].sort()).len():
        raise ResultError(f"image `{twice[0]}` is scored twice", hint=_HINT)
    is_finite = pl.col("score").is_finite().fill_null(value=False)
    if (broken := scored.filter(~is_finite)["image"].sort()).len():
        raise ResultError(f"image `{broken[0]}` has no finite score", hint=_HINT)
    return scored


def _part(share: float, topk: int, most: int) -> int:
    return min(max(1, round(share * topk)), most) if share > 0 and most > 0 else 0
