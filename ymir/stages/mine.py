"""Pick the images of the pool that are most worth labelling."""

from pathlib import Path

import polars as pl

from ymir.contracts.backend import Job
from ymir.contracts.mining import Aim, strategies
from ymir.jobs.figures import FILE as FOUND
from ymir.jobs.folder import is_finding
from ymir.jobs.predictions import read_predictions
from ymir.jobs.ranking import read_mining
from ymir.jobs.remarks import Remark, facts
from ymir.jobs.request import Inference
from ymir.media.tables import write_table
from ymir.picking.batch import Candidates, Rules, pick
from ymir.picking.order import by_score
from ymir.plan.snapshot import Facts
from ymir.spec.mine import OWN_MINING
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
from ymir.stages.executing import executor_of, job_for, result_of
from ymir.stages.kind import Work
from ymir.stages.leakage import without_leaks
from ymir.stages.places import given_back
from ymir.stages.tables import datasets, labels_of, parameters, project_of, text_setting, weights

Remarks = tuple[Remark, ...]


def jobs(work: Work) -> tuple[Job, ...]:
    """The executor's own ranking, or its predictions for the strategies that need them.

    Then, where a class was added, what the model finds on images that were labelled before.
    """
    if is_asked(work):
        find_again(work)
    if not _room(work, sent_again(work)):
        return ()
    looks = unseen.jobs(work) if unseen.is_asked(work) else ()
    return (*_mining(work), *looks)


def _mining(work: Work) -> tuple[Job, ...]:
    use, pool = text_setting(work, "use"), candidates(work)
    if pool.is_empty():
        return ()
    if use != OWN_MINING and "predictions" not in strategies.load(use).NEEDS:
        return ()
    request = Inference(
        task=work.folder.name,
        class_names=labels_of(work),
        images=pool,
        media=work.media.locate(pool["image"]),
        model=weights(work, work.stage.inputs[0]),
        parameters=parameters(work) if use == OWN_MINING else {},
        gpus=executor_of(work).resources.gpus,
        is_ranking=use == OWN_MINING,
    )
    return (job_for(work, request),)


def make(work: Work, into: Path) -> Facts:
    """`mined.parquet`, best first, and the predictions that it was picked by.

    What people look at again comes before what was mined; `origin` says where that is from.
    """
    again, lenient = with_unseen(work, sent_again(work))
    pool, most = candidates(work), _room(work, again)
    scored, remarks = _scored(work, pool if most else pool.clear(), into)
    mined = pick(Candidates(by_score(scored, _aim(work))), Rules(most)).images
    write_table(with_again(mined, again), into / "mined.parquet")
    known: Facts = {}
    if is_asked(work):
        write_again(again, into)
        known = facts_of(work, again)
    counted = {
        "picked": mined.height + again["image"].n_unique(),
        "left": pool.height - mined.height,
    }
    return {"candidates": pool.height, **counted, **known, **facts((*remarks, *lenient))}


def _room(work: Work, again: pl.DataFrame) -> int:
    """How many images may be mined: what is sent again comes first, and counts as labels, too."""
    topk, limit = int(text_setting(work, "topk")), room(work)
    return topk if limit is None else min(topk, max(0, limit - again["image"].n_unique()))


def candidates(work: Work) -> pl.DataFrame:
    """The pool without its truth, what was used or mined before, and what may not be trained on."""
    data = project_of(work).data
    pool = datasets(work, data.mining)
    used = [_used(work, name) for name in work.stage.inputs if "/" in name]
    again = sent_again(work).select("image")
    taken = pl.concat([*(each.select("image") for each in used), again])
    held_out = {"held out": datasets(work, (*data.validation, *data.testing))}
    free = without_leaks(work, pool.join(taken, on="image", how="anti"), held_out)
    empty = pl.lit([], dtype=pool.schema["objects"])
    return free.with_columns(objects=empty)


def _used(work: Work, name: str) -> pl.DataFrame:
    kind = name.rsplit("/", 1)[1]
    file = {"training": "training.parquet", "mine": "mined.parquet"}.get(kind)
    if file is None:
        return pl.DataFrame(schema={"image": pl.String})
    images = pl.read_parquet(work.store.open(name) / file, columns=["image"])
    return images.join(given_back(work, name), on="image", how="anti") if kind == "mine" else images


def _scored(work: Work, pool: pl.DataFrame, into: Path) -> tuple[pl.DataFrame, Remarks]:
    """`image`, `score` and `why`, and how the executor's results were read."""
    use = text_setting(work, "use")
    if pool.is_empty():
        return pl.DataFrame(schema={"image": pl.String, "score": pl.Float64, "why": pl.String}), ()
    if use == OWN_MINING:
        return _ranked(work, pool, into)
    strategy = strategies.load(use)
    remarks: Remarks = ()
    if "predictions" in strategy.NEEDS:
        pool, remarks = _found(result_of(work), work, pool, into)
    return strategy.score(pool, _aim(work)), remarks


def _aim(work: Work) -> Aim:
    """What the strategy is told."""
    return Aim(
        topk=int(text_setting(work, "topk")),
        seed=int(text_setting(work, "seed")),
        settings=parameters(work),
    )


def _ranked(work: Work, pool: pl.DataFrame, into: Path) -> tuple[pl.DataFrame, Remarks]:
    """The executor's own order; its predictions are kept if it makes some in the same job."""
    out = result_of(work)
    ranked = read_mining(out, pool)
    place = -pl.int_range(pl.len()).cast(pl.Float64)  # where scores are no numbers
    why = pl.lit("the executor's own ranking")
    images = ranked.images.with_columns(score=pl.coalesce("score", place), why=why)
    remarks = ranked.remarks
    if (out / FOUND).exists():
        remarks += _found(out, work, pool, into)[1]
    elif is_finding(work.folder):
        remarks += (Remark("predictions-missing", 1, FOUND),)
    return images, remarks


def _found(out: Path, work: Work, pool: pl.DataFrame, into: Path) -> tuple[pl.DataFrame, Remarks]:
    """`pool.parquet`: what the model finds in the pool, from which people's labels may start."""
    found = read_predictions(out, pool, labels_of(work))
    write_table(found.images, into / "pool.parquet")
    return found.images, found.remarks
