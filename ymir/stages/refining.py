"""The operations of a dataset's `then`, one after the other."""

from collections.abc import Callable
from functools import partial, reduce
from math import inf

import polars as pl

from ymir.data.ops import filter as keep
from ymir.data.ops.dedupe import dedupe
from ymir.data.ops.exclude import exclude
from ymir.data.ops.relabel import relabel
from ymir.data.ops.sample import sample, sample_in_ratio, sample_per_class, sample_per_tag
from ymir.data.ops.split import split
from ymir.media.phash import phashes
from ymir.spec.operations import Dedupe, Exclude, Filter, Op, Relabel, Sample, Split
from ymir.stages.kind import Work
from ymir.stages.tables import images_of

Step = Callable[[pl.DataFrame], pl.DataFrame]


def refined(work: Work, images: pl.DataFrame, op: Op) -> pl.DataFrame:
    """What one operation makes of a table."""
    match op:
        case Filter():
            return _filtered(images, op)
        case Sample():
            return _sampled(images, op)
        case Split():
            return split(images, parts=op.parts, take=op.take, by=op.by, seed=op.seed)
        case Relabel():
            return relabel(images, names=op.map, drop=op.drop)
        case Dedupe():
            hashes = phashes(work.media, images)
            return dedupe(images, hashes, distance=op.distance, keep=op.keep)
        case Exclude():
            return exclude(images, *(images_of(work, name) for name in op.datasets))


def _filtered(images: pl.DataFrame, op: Filter) -> pl.DataFrame:
    """Whole images first, then boxes, then the images that are left without."""
    steps: tuple[tuple[object, Step], ...] = (
        (op.images_with, partial(keep.with_labels, labels=op.images_with)),
        (op.images_without, partial(keep.without_labels, labels=op.images_without)),
        (op.tags, partial(keep.filter_tags, tags=op.tags)),
        (op.exclude_tags, partial(keep.exclude_tags, tags=op.exclude_tags)),
        (op.min_image_side, partial(keep.filter_sizes, min_side=op.min_image_side or 0)),
        (op.labels, partial(keep.filter_labels, labels=op.labels)),
        (op.exclude_labels, partial(keep.exclude_labels, labels=op.exclude_labels)),
        *_box_steps(op),
        (op.unlabelled == "drop", keep.drop_unlabelled),
    )
    return reduce(lambda table, step: step(table), (s for given, s in steps if given), images)


def _box_steps(op: Filter) -> tuple[tuple[object, Step], ...]:
    area = partial(keep.filter_areas, at_least=op.min_area or 0, at_most=op.max_area or inf)
    share = partial(keep.filter_shares, at_least=op.min_share or 0, at_most=op.max_share or inf)
    shape = partial(keep.filter_shapes, min_side=op.min_side or 0, max_aspect=op.max_aspect or inf)
    return (
        (op.attributes, partial(keep.filter_attributes, attributes=op.attributes)),
        (
            op.exclude_attributes,
            partial(keep.exclude_attributes, attributes=op.exclude_attributes),
        ),
        (op.min_area or op.max_area, area),
        (op.min_share or op.max_share, share),
        (op.min_side or op.max_aspect, shape),
        (op.min_score, partial(keep.filter_scores, at_least=op.min_score or 0)),
    )


def _sampled(images: pl.DataFrame, op: Sample) -> pl.DataFrame:
    pick = partial(sample, images)
    if op.balance:
        pick = partial(sample_per_class, images)
    elif op.ratio:
        pick = partial(sample_in_ratio, images, ratio=op.ratio)
    elif op.by:
        pick = partial(sample_per_tag, images, tag=op.by)
    return pick(count=op.count, share=op.share, seed=op.seed)
