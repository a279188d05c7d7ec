"""Take back what people made of a batch, or say that they are not done."""

from dataclasses import asdict
from pathlib import Path

import polars as pl
from pydantic import JsonValue

from ymir.contracts.backend import Job
from ymir.contracts.labeling import Waiting
from ymir.data.agreement import agreement
from ymir.data.answers import LABELLED, REJECTED
from ymir.data.table import check, counts
from ymir.media.tables import write_table
from ymir.plan.batches import ANSWERS
from ymir.plan.relabel import CORRECTED, RELEASED
from ymir.plan.snapshot import Facts
from ymir.stages.again import ANSWERS as CORRECTIONS
from ymir.stages.again import again_of, by_dataset, corrections, learned
from ymir.stages.ending import release
from ymir.stages.kind import Settled, Work
from ymir.stages.places import UNANSWERED
from ymir.stages.returning import ANSWERED, Look, look

_REASONS = 100  # that a record names; all of them stand in the table of answers
_BY_MODEL = {"key": "labelled_by", "value": "model"}  # the tag of what nobody has looked at


def jobs(work: Work) -> tuple[Job, ...]:
    """Done here, without an executor."""
    return ()


def make(work: Work, into: Path) -> Facts | Settled | Waiting:
    """`labelled.parquet`, to learn from; `answers.parquet`, all that was said, and by whom.

    `corrected.parquet` holds what datasets are made anew of, and `released.parquet` what goes back
    to the pool. Every image that was sent is accounted for.
    """
    seen = look(work)
    if isinstance(seen, Waiting):
        return seen
    given_up = release(work, seen)
    if isinstance(given_up, Waiting):
        return given_up
    images, again = _with_objects(seen), again_of(work, work.stage.inputs[1])
    write_table(seen.answers.rows, into / ANSWERED)
    write_table(learned(work, images, again), into / "labelled.parquet")
    known = {**counts(images), **_facts(seen)}
    if given_up.images.len():
        write_table(given_up.images.to_frame(), into / UNANSWERED)
        known |= {RELEASED: given_up.images.len(), **given_up.said}
    said = corrections(work, images, again)
    if said.height:
        write_table(said, into / CORRECTIONS)
        known[CORRECTED] = by_dataset(said)
    is_again = ANSWERS in work.recipe.inputs
    return Settled(known, {ANSWERS: seen.digest}) if is_again else known


def _facts(seen: Look) -> dict[str, JsonValue]:
    """What came back, in numbers; who answered is known to the table of answers only."""
    by_people = seen.answers.by_people
    back = seen.picked.height
    known: dict[str, JsonValue] = {
        "labelled": back if by_people else 0,
        "balance": {**asdict(seen.balance), **_reasons(seen)},
        "answers": seen.digest,
    }
    if not by_people:
        return {**known, "by_model": back}
    rows = seen.answers.rows.filter(pl.col("state") != REJECTED)
    people: dict[str, JsonValue] = {
        "answers": rows.height,
        "annotators": rows["by"].drop_nulls().n_unique(),
        "seconds": round(float(rows["seconds"].sum()), 1),
    }
    agreed = agreement(rows)
    return {**known, "people": people, **({"agreement": asdict(agreed)} if agreed else {})}


def _reasons(seen: Look) -> dict[str, JsonValue]:
    """Why images have no labels, by their files, as far as anybody said so."""
    told = seen.answers.rows.filter((pl.col("state") != LABELLED) & pl.col("why").is_not_null())
    unlabelled = told.join(seen.picked, on="image", how="anti").unique("image", keep="first")
    named = seen.sent.images.join(unlabelled.select("image", "why"), on="image").head(_REASONS)
    return {"reasons": dict(named.select("file", "why").iter_rows())} if named.height else {}


def _with_objects(seen: Look) -> pl.DataFrame:
    """The images of the batch that came back, in its order, with the boxes that count."""
    images = seen.sent.images
    back = images.drop("objects").join(seen.picked, on="image", how="inner", maintain_order="left")
    if not seen.answers.by_people:
        mark = pl.concat_list("tags", pl.lit([_BY_MODEL], dtype=images.schema["tags"]))
        back = back.with_columns(tags=mark)
    return check(back.select(images.columns))
