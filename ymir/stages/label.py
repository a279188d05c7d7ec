"""Take back what people made of a batch, or say that they are not done."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl
from pydantic import JsonValue

from ymir.contracts.backend import Job
from ymir.contracts.labeling import Returned, Waiting, tools
from ymir.data.table import check, counts
from ymir.errors import DataError
from ymir.media.tables import write_table
from ymir.plan.relabel import CORRECTED
from ymir.plan.snapshot import Facts
from ymir.stages.again import ANSWERS, again_of, by_dataset, corrections, learned
from ymir.stages.batches import batch
from ymir.stages.kind import Work
from ymir.stages.tables import parameters, text_setting

_HINT = "nothing was recorded; look into the batch, or mend the label tool"


def jobs(work: Work) -> tuple[Job, ...]:
    """Done here, without an executor."""
    return ()


def make(work: Work, into: Path) -> Facts | Waiting:
    """`labelled.parquet`, to learn from, and `corrected.parquet`, of which datasets are made anew.

    Every image that was sent is accounted for.
    """
    mine = work.stage.inputs[1]
    sent, again = batch(work, mine), again_of(work, mine)
    returned = tools.load(text_setting(work, "use")).collect(sent, parameters(work))
    if isinstance(returned, Waiting):
        return returned
    images = accounted(returned, sent.images, sent.name)
    write_table(learned(work, images, again), into / "labelled.parquet")
    known = {**counts(images), "labelled": images.height, "balance": dict(returned.balance)}
    said = corrections(work, images, again)
    if said.height:
        write_table(said, into / ANSWERS)
        known[CORRECTED] = by_dataset(said)
    return known


def accounted(returned: Returned, sent: pl.DataFrame, batch: str) -> pl.DataFrame:
    """The labelled images, once each image that was sent is labelled, empty or rejected."""
    images = check(returned.images)
    if stray := images.join(sent, on="image", how="anti").height:
        raise DataError(f"{stray} labelled images were not in batch {batch}", hint=_HINT)
    balance = returned.balance
    back = _count(balance, "labelled") + _count(balance, "empty")
    counted = back + _count(balance, "rejected")
    if not _count(balance, "sent") == counted == sent.height or back != images.height:
        raise DataError(
            f"batch {batch} does not add up: {sent.height} images were sent, "
            f"{images.height} came back, and its balance is {dict(balance)}",
            hint=_HINT,
        )
    return images


def _count(balance: Mapping[str, JsonValue], name: str) -> int:
    number = balance.get(name, 0)
    return number if isinstance(number, int) else 0
