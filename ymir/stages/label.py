"""Take back what people made of a batch, or say that they are not done."""

from dataclasses import asdict
from pathlib import Path

import polars as pl
from pydantic import JsonValue

from ymir.contracts.backend import Job
from ymir.contracts.labeling import Batch, Waiting, tools
from ymir.data.answers import ANSWERS, balance, chosen, digest
from ymir.data.balance import Balance
from ymir.data.table import check, counts
from ymir.errors import DataError
from ymir.media.tables import write_table
from ymir.plan.relabel import CORRECTED
from ymir.plan.snapshot import Facts
from ymir.stages.again import ANSWERS as CORRECTIONS
from ymir.stages.again import again_of, by_dataset, corrections, learned
from ymir.stages.batches import batch
from ymir.stages.kind import Work
from ymir.stages.tables import parameters, text_setting

_HINT = "nothing was recorded; look into the batch, or mend the label tool"


def jobs(work: Work) -> tuple[Job, ...]:
    """Done here, without an executor."""
    return ()


def make(work: Work, into: Path) -> Facts | Waiting:
    """`labelled.parquet`, to learn from; `answers.parquet`, all that was said, and by whom.

    `corrected.parquet` holds what datasets are made anew of. Every image that was sent is
    accounted for.
    """
    send, mine = work.stage.inputs[:2]
    sent, again = batch(work, mine, work.store.open(send)), again_of(work, mine)
    answers = tools.load(text_setting(work, "use")).collect(sent, parameters(work))
    if isinstance(answers, Waiting):
        return answers
    picked = chosen(answers.rows)
    counted = accounted(sent, answers.rows, picked)
    if not counted.is_done:
        return Waiting(_owed(work, send, counted))
    images = _with_objects(sent.images, picked)
    write_table(answers.rows, into / "answers.parquet")
    write_table(learned(work, images, again), into / "labelled.parquet")
    known: dict[str, JsonValue] = {
        **counts(images),
        "labelled": images.height,
        "balance": asdict(counted),
        "answers": digest(answers.rows),
    }
    said = corrections(work, images, again)
    if said.height:
        write_table(said, into / CORRECTIONS)
        known[CORRECTED] = by_dataset(said)
    return known


def accounted(sent: Batch, answers: pl.DataFrame, picked: pl.DataFrame) -> Balance:
    """The balance of a batch, once it adds up: each image is in one of its parts."""
    if answers.schema != ANSWERS:
        raise DataError(f"the answers to batch {sent.name} are no table of answers", hint=_HINT)
    if stray := answers.join(sent.images, on="image", how="anti")["image"].n_unique():
        raise DataError(f"{stray} labelled images were not in batch {sent.name}", hint=_HINT)
    twice = pl.Series(sent.twice, dtype=pl.String)
    counted = balance(sent.images["image"], twice, answers, picked)
    if counted.gap:
        raise DataError(
            f"batch {sent.name} does not add up: {counted.gap} of {counted.sent} images are "
            f"unaccounted for, and its balance is {asdict(counted)}",
            hint=_HINT,
        )
    return counted


def _owed(work: Work, send: str, counted: Balance) -> str:
    """What is left to do, in one line."""
    where = work.store.observe()[send].facts.get("where")
    done = counted.sent - counted.outstanding
    return f"label the {counted.sent} images in {where}: {done} of {counted.sent} done"


def _with_objects(images: pl.DataFrame, picked: pl.DataFrame) -> pl.DataFrame:
    """The images of the batch that came back, in its order, with the boxes that count."""
    back = images.drop("objects").join(picked, on="image", how="inner", maintain_order="left")
    return check(back.select(images.columns))
