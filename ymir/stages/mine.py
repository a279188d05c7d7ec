"""Pick the images of the pool that are most worth labelling."""

from pathlib import Path

import polars as pl
from pydantic import JsonValue

from ymir.jobs.remarks import facts
from ymir.media.tables import write_table
from ymir.picking.batch import CONTROL, EMPTY
from ymir.plan.snapshot import Facts
from ymir.stages import unseen
from ymir.stages.again import (
    facts_of,
    find_again,
    is_asked,
    room,
    sent_again,
    with_again,
    with_unseen,
    write_again,
)
from ymir.stages.archive import Archive
from ymir.stages.choosing import choose
from ymir.stages.kind import Work
from ymir.stages.looking import FOUND_BY, Looks, keep, remarks_of
from ymir.stages.pool import candidates, looked_at
from ymir.stages.scoring import mining_of, scored
from ymir.stages.shards import shards
from ymir.stages.tables import text_setting

take = keep

POOL = "pool.parquet"  # what the model finds in the pool, if it was asked

_NOTHING = pl.Schema(
    {
        "image": pl.String(),
        "score": pl.Float64(),
        "why": pl.String(),
        "rank": pl.Int64(),
        "origin": pl.String(),
    }
)


def jobs(work: Work) -> Looks:
    """The executor's ranking or predictions, in shards, of images that are new to the model.

    Then, where a class was added, what the model finds on images that were labelled before.
    """
    if is_asked(work):
        find_again(work)
    if not _room(work, sent_again(work)):
        return Looks()
    model, pool = mining_of(work).model, looked_at(work, candidates(work))
    looks = shards(model, pool) if model else Looks()
    return looks + (unseen.jobs(work) if unseen.is_asked(work) else Looks())


def make(work: Work, into: Path) -> Facts:
    """`mined.parquet`, best first, and the predictions that it was picked by.

    What people look at again comes before what was mined; `origin` says where that is from.
    """
    again = with_unseen(work, sent_again(work))
    free = candidates(work)
    mined, known = _mined(work, free, _room(work, again), into)
    write_table(with_again(mined, again), into / "mined.parquet")
    if is_asked(work):
        write_again(again, into)
        known |= facts_of(work, again)
    counted = {
        "picked": mined.height + again["image"].n_unique(),
        "left": free.height - mined.height,
    }
    return {"candidates": free.height, **counted, **known, **facts(remarks_of(work))}


def _room(work: Work, again: pl.DataFrame) -> int:
    """How many images may be mined: what is sent again comes first, and counts as labels, too."""
    topk, limit = int(text_setting(work, "topk")), room(work)
    return topk if limit is None else min(topk, max(0, limit - again["image"].n_unique()))


def _mined(
    work: Work, free: pl.DataFrame, most: int, into: Path
) -> tuple[pl.DataFrame, dict[str, JsonValue]]:
    """The images picked, and what is known of how; nothing is asked where there is no room."""
    if most <= 0 or free.is_empty():
        return _NOTHING.to_frame(), {}
    pool, mining = looked_at(work, free), mining_of(work)
    archive = Archive(work.folder / "found")
    batch, folded = choose(mining, scored(mining, pool, archive), most)
    known: dict[str, JsonValue] = {}
    if pool.height < free.height:
        known["looked_at"] = pool.height
    if archive.write(into / POOL) and mining.model:
        known[FOUND_BY] = mining.model.known.key
    origins = batch.images["origin"]
    counted = {each: int((origins == each).sum()) for each in (CONTROL, EMPTY)}
    passed = {"folded": folded + batch.folded, "capped": batch.capped}
    return batch.images, {**known, **{k: v for k, v in (counted | passed).items() if v}}
