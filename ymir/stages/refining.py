"""The operations of a dataset's `then`, one after the other."""

from functools import partial

import polars as pl

from ymir.data.ops.dedupe import dedupe
from ymir.data.ops.exclude import exclude
from ymir.data.ops.relabel import relabel
from ymir.data.ops.sample import sample, sample_in_ratio, sample_per_class, sample_per_tag
from ymir.data.ops.split import split
from ymir.data.ops.tag import tag
from ymir.media.phash import phashes
from ymir.sources.filtering import filtered
from ymir.spec.operations import Dedupe, Exclude, Filter, Op, Relabel, Sample, Split, Tag
from ymir.stages.kind import Work
from ymir.stages.tables import images_of


def refined(work: Work, images: pl.DataFrame, op: Op) -> pl.DataFrame:
    """What one operation makes of a table."""
    match op:
        case Filter():
            return filtered(images, op)
        case Sample():
            return _sampled(images, op)
        case Split():
            return split(images, parts=op.parts, take=op.take, by=op.by, seed=op.seed)
        case Relabel():
            return relabel(images, names=op.map, drop=op.drop)
        case Dedupe():
            hashes = phashes(work.media, images)
            return dedupe(images, hashes, distance=op.distance, keep=op.keep)
        case Tag():
            return tag(images, file=op.file)
        case Exclude():
            return exclude(images, *(images_of(work, name) for name in op.datasets))


def _sampled(images: pl.DataFrame, op: Sample) -> pl.DataFrame:
    pick = partial(sample, images)
    if op.balance:
        pick = partial(sample_per_class, images)
    elif op.ratio:
        pick = partial(sample_in_ratio, images, ratio=op.ratio)
    elif op.by:
        pick = partial(sample_per_tag, images, tag=op.by)
    return pick(count=op.count, share=op.share, seed=op.seed)
