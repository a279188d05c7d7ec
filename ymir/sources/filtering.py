"""What a `filter` of a spec leaves of a table."""

from collections.abc import Callable
from functools import partial, reduce
from math import inf

import polars as pl

from ymir.data.ops import filter as keep
from ymir.spec.operations import Filter

Step = Callable[[pl.DataFrame], pl.DataFrame]


def filtered(images: pl.DataFrame, op: Filter) -> pl.DataFrame:
    """Keep what is asked for: whole images first, then boxes, then images that still have some."""
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
