"""Take back what people made of a batch, or say that they are not done."""

from pathlib import Path

from ymir.contracts.backend import Job
from ymir.contracts.labeling import Waiting, tools
from ymir.data.table import check, counts
from ymir.errors import DataError
from ymir.media.tables import write_table
from ymir.plan.snapshot import Facts
from ymir.stages.batches import batch
from ymir.stages.kind import Work
from ymir.stages.tables import parameters, text_setting


def job(work: Work) -> Job | None:
    """Done here, without an executor."""
    return None


def make(work: Work, into: Path) -> Facts | Waiting:
    """`labelled.parquet`; every image that was sent is accounted for."""
    sent = batch(work, work.stage.inputs[1])
    returned = tools.load(text_setting(work, "use")).collect(sent, parameters(work))
    if isinstance(returned, Waiting):
        return returned
    images = check(returned.images)
    stray = images.join(sent.images, on="image", how="anti").height
    if stray:
        raise DataError(f"{stray} labelled images were not in batch {sent.name}")
    write_table(images, into / "labelled.parquet")
    return {**counts(images), "labelled": images.height, "balance": dict(returned.balance)}
