"""The training set of a round: the base set and everything labelled so far."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from ymir.contracts.backend import Job
from ymir.data.ops.filter import filter_labels
from ymir.data.ops.merge import merge
from ymir.data.table import counts
from ymir.errors import DataError
from ymir.git import head, is_repository
from ymir.media.tables import write_table
from ymir.plan.snapshot import Facts
from ymir.stages.kind import Work
from ymir.stages.leakage import leakage
from ymir.stages.tables import labels_of, listed, of_round, project_of, testing, truth


def jobs(work: Work) -> tuple[Job, ...]:
    """Done here, without an executor."""
    return ()


def make(work: Work, into: Path) -> Facts:
    """Put the sets together; people's newest labels of an image win over the base set's."""
    data = project_of(work).data
    labelled = [name for name in work.stage.inputs if name.endswith("/label")]
    base = truth(work, data.training)
    added = [of_round(work, name, "labelled.parquet") for name in labelled]
    images = merge(base, *added, on_conflict="last")
    held_out = {"testing": testing(work), "validation": truth(work, data.validation)}
    found = leakage(work, images, held_out)
    kept = filter_labels(found.taken_out_of(images), labels=labels_of(work))
    _refuse_unlabelled(kept, labels_of(work))
    write_table(kept, into / "training.parquet")
    found.write(into)
    labels = sum(each.height for each in added)
    begun = head(work.workspace) if is_repository(work.workspace) else None
    return {**counts(kept), **found.facts, "labelled": labels, "commit": begun}


def _refuse_unlabelled(images: pl.DataFrame, labels: Sequence[str]) -> None:
    """Nothing can be learned from images without a single box."""
    if not counts(images)["boxes"]:
        raise DataError(
            f"the training set of {images.height} images has no box of {listed(labels)}",
            hint="check the annotations of the datasets under `data: training:`",
        )
