"""The operations of a dataset's `then`, one after the other."""

import polars as pl

from ymir.data.ops.exclude import exclude
from ymir.data.ops.filter import drop_unlabelled, exclude_labels, filter_labels, filter_tags
from ymir.data.ops.sample import sample
from ymir.spec.operations import Exclude, Filter, Op, Sample
from ymir.stages.kind import Work
from ymir.stages.tables import table_of


def refined(work: Work, images: pl.DataFrame, op: Op) -> pl.DataFrame:
    """What one operation makes of a table."""
    match op:
        case Filter():
            return _filtered(images, op)
        case Sample():
            return sample(images, count=op.count, share=op.share, seed=op.seed)
        case Exclude():
            return exclude(images, *(table_of(work, name) for name in op.datasets))


def _filtered(images: pl.DataFrame, op: Filter) -> pl.DataFrame:
    kept = filter_tags(images, tags=op.tags)
    kept = filter_labels(kept, labels=op.labels) if op.labels else kept
    kept = exclude_labels(kept, labels=op.exclude_labels) if op.exclude_labels else kept
    return kept if op.unlabelled == "keep" else drop_unlabelled(kept)
