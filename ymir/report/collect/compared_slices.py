"""How models side by side do on parts of the testing set: sizes, tags, attributes, slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from ymir.metrics.slices import scene, score
from ymir.report.collect.slices import Cut, cuts_of, part_of
from ymir.report.record import Judged
from ymir.report.shown.pages import ComparedSlice
from ymir.spec.operations import Filter


def compared_slices(
    slices: Mapping[str, Filter], testing: pl.DataFrame, judged: Sequence[Judged]
) -> tuple[ComparedSlice, ...]:
    """The same parts of every model: the declared `slices` first, then as in a round's report.

    A part that nobody declared is left out where no box is in it.
    """
    ordered = testing.sort("image")
    labels = tuple(each.label for each in judged[0].scores.per_class)
    scenes = [scene(ordered["image"], each.matches, labels=labels) for each in judged]

    def row(cut: Cut) -> ComparedSlice:
        found = [
            score(one, part_of(cut, ordered, one), threshold=each.scores.threshold)
            for one, each in zip(scenes, judged, strict=True)
        ]
        first = found[0]
        return ComparedSlice(
            group=cut.group,
            name=cut.name,
            images=first.with_boxes if cut.is_of_boxes else first.images,
            boxes=first.boxes,
            ap50=tuple(each.ap50 for each in found),
            kind=cut.kind,
        )

    rows = (row(each) for each in cuts_of(slices, ordered, labels))
    return tuple(each for each in rows if each.boxes or each.kind == "declared")
