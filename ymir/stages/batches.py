"""The batch that a round sends to people."""

import hashlib
from pathlib import Path

import polars as pl

from ymir.contracts.labeling import Batch
from ymir.media.tables import read_table
from ymir.metrics.scores import round_metrics
from ymir.stages.again import again_of, known_of, shown_of
from ymir.stages.given import located
from ymir.stages.kind import Work
from ymir.stages.tables import datasets, labels_of, project_of

FOUND = "pool.parquet"  # of a `mine` stage: what its model finds in the pool, if it was asked
SUGGESTED = "suggested.parquet"  # of a `send` stage: what a model finds on the batch's images
SENT = "sent.parquet"  # likewise: the images that went out, as they were shown, best first


def batch(work: Work, mine: str, sent: Path | None) -> Batch:
    """The images that the round's `mine` stage picked, best first.

    What people look at again goes out with the labels that it has, everything else without any.
    `sent` is the folder of the `send` stage, with what a model finds on the images. What went out
    stays what it was, whatever becomes of the pool.
    """
    again = again_of(work, mine)
    classes = labels_of(work)
    mined = pl.read_parquet(work.store.open(mine) / "mined.parquet", columns=["image", "rank"])
    wanted = mined.join(again, on="image", how="anti")
    fresh = datasets(work, project_of(work).data.mining, among=wanted)
    pool = pl.concat([fresh, known_of(again)])
    bare = fresh.with_columns(objects=pl.lit([], dtype=pool.schema["objects"]))
    rows = pl.concat([bare, shown_of(again, classes)])
    images = mined.join(rows, on="image").sort("rank").drop("rank")
    found = sent / SUGGESTED if sent else None
    if sent and (sent / SENT).exists():
        images = read_table(sent / SENT)
        pool = pl.concat([pool, images.join(pool, on="image", how="anti")])
    return Batch(
        name=mine.rsplit("/", 1)[0].replace("/", "-"),
        key=_key(work, mine),
        images=images,
        pool=pool,
        suggested=read_table(found) if found and found.exists() else images.clear(),
        classes=classes,
        primary_names=work.catalogue.labels.primary_names(),
        media=located(work, images),
        workspace=work.workspace,
        twice=_twice(images["image"], work.stage.settings.get("review")),
        instructions=_instructions(work),
        model=mine.rsplit("/", 1)[0],
        believed=_believed(work, f"{mine.rsplit('/', 1)[0]}/judge"),
        tell=work.tell,
    )


def bare_images(work: Work, mine: str) -> pl.DataFrame:
    """The images of the batch that have no labels yet, best first."""
    again = again_of(work, mine)
    mined = pl.read_parquet(work.store.open(mine) / "mined.parquet", columns=["image", "rank"])
    wanted = mined.join(again, on="image", how="anti")
    pool = datasets(work, project_of(work).data.mining, among=wanted)
    images = wanted.join(pool, on="image").sort("rank").drop("rank")
    return images.with_columns(objects=pl.lit([], dtype=pool.schema["objects"]))


def _believed(work: Work, judge: str) -> float:
    """The score with the best F1 on the validation set, of the round's model; 0 if unknown.

    No input of the recipe: it follows from the model, which is one.
    """
    if judge not in work.store.observe():
        return 0.0
    metrics = (work.store.open(judge) / "metrics.json").read_bytes()
    return round_metrics.validate_json(metrics)["validation"].threshold


def _key(work: Work, mine: str) -> str:
    """The same for the same images of the same round, on every machine and in every run.

    What was sent keeps its key. The commit that the round began from tells apart workspaces that
    began alike, as copies of an example do.
    """
    place, observed = mine.rsplit("/", 1)[0], work.store.observe()
    sent, training = observed.get(f"{place}/send"), observed.get(f"{place}/training")
    if sent and isinstance(key := sent.facts.get("key"), str):
        return key
    begun = training.facts.get("commit") if training else None
    named = f"{mine} {work.recipe.inputs[mine]} {begun or ''}"
    return hashlib.sha256(named.encode()).hexdigest()[:12]


def _twice(images: pl.Series, share: object) -> tuple[str, ...]:
    """A share of the images, at least one, drawn by their digests; in the order of the batch."""
    if not isinstance(share, float) or images.is_empty():
        return ()
    drawn = sorted(images, key=lambda each: hashlib.sha256(each.encode()).digest())
    some = set(drawn[: max(1, round(share * len(drawn)))])
    return tuple(each for each in images if each in some)


def _instructions(work: Work) -> str:
    file = work.stage.settings.get("instructions")
    return (work.workspace / str(file)).read_text(encoding="utf-8-sig") if file else ""
