"""Pick the images of the pool that are most worth labelling."""

from pathlib import Path

import polars as pl

from ymir.contracts.backend import Job
from ymir.contracts.mining import strategies
from ymir.jobs.predictions import read_predictions
from ymir.jobs.ranking import read_mining
from ymir.jobs.request import Inference
from ymir.media.tables import write_table
from ymir.mining._pick import pick
from ymir.plan.snapshot import Facts
from ymir.spec.project import OWN_MINING
from ymir.stages.executing import executor_of, job_for, result_of
from ymir.stages.kind import Work
from ymir.stages.leakage import without_leaks
from ymir.stages.tables import datasets, labels_of, parameters, project_of, text_setting, weights


def jobs(work: Work) -> tuple[Job, ...]:
    """The executor's own ranking, or its predictions for the strategies that need them."""
    use = text_setting(work, "use")
    pool = candidates(work)
    if pool.is_empty() or (use != OWN_MINING and not strategies.load(use).needs_predictions):
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
    """`mined.parquet`, best first, and the predictions that it was picked by."""
    pool = candidates(work)
    scored = _scored(work, pool, into)
    mined = pick(scored, topk=int(text_setting(work, "topk")))
    write_table(mined, into / "mined.parquet")
    return {"candidates": pool.height, "picked": mined.height, "left": pool.height - mined.height}


def candidates(work: Work) -> pl.DataFrame:
    """The pool without its truth, what was used or mined before, and what may not be trained on."""
    data = project_of(work).data
    pool = datasets(work, data.mining)
    used = [_used(work, name) for name in work.stage.inputs if "/" in name]
    taken = pl.concat([each.select("image") for each in used])
    held_out = {"held out": datasets(work, (*data.validation, *data.testing))}
    free = without_leaks(work, pool.join(taken, on="image", how="anti"), held_out)
    empty = pl.lit([], dtype=pool.schema["objects"])
    return free.with_columns(objects=empty)


def _used(work: Work, name: str) -> pl.DataFrame:
    kind = name.rsplit("/", 1)[1]
    file = {"training": "training.parquet", "mine": "mined.parquet"}.get(kind)
    if file is None:
        return pl.DataFrame(schema={"image": pl.String})
    return pl.read_parquet(work.store.open(name) / file, columns=["image"])


def _scored(work: Work, pool: pl.DataFrame, into: Path) -> pl.DataFrame:
    use = text_setting(work, "use")
    seed = int(text_setting(work, "seed"))
    if pool.is_empty():
        return pl.DataFrame(schema={"image": pl.String, "score": pl.Float64, "why": pl.String})
    if use == OWN_MINING:
        ranked = read_mining(result_of(work), pool).images
        place = -pl.int_range(pl.len()).cast(pl.Float64)  # where scores are no numbers
        why = pl.lit("the executor's own ranking")
        found = read_predictions(result_of(work), pool, labels_of(work)).images
        write_table(found, into / "pool.parquet")
        return ranked.with_columns(score=pl.coalesce("score", place), why=why)
    strategy = strategies.load(use)
    if strategy.needs_predictions:
        pool = read_predictions(result_of(work), pool, labels_of(work)).images
        write_table(pool, into / "pool.parquet")
    return strategy.score(pool, parameters(work), seed=seed)
