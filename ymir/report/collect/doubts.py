"""Suspicious labels of the testing set: what a confident model contradicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from ymir.metrics.doubts import doubts as contradicted
from ymir.plan.history import count
from ymir.plan.relabel import SENT
from ymir.report.collect.again import answered
from ymir.report.collect.picked import went_back
from ymir.report.record import RoundRecord
from ymir.report.shown.quality import Doubt, Doubts

MOST = 60  # are shown

_COLUMNS = ("kind", "image", "file", "label", "said", "score", "iou", *"xywh", "again")
_AGAIN = pl.Schema({"image": pl.String(), "again": pl.Int64()})
_OUT = 0  # the round of an answer that is not there yet


def doubts(testing: pl.DataFrame, now: RoundRecord, rounds: Sequence[RoundRecord] = ()) -> Doubts:
    """The surest doubts, how many there are, and which went back to people in one of `rounds`."""
    labels = [each.label for each in now.testing.per_class]
    found = contradicted(now.matches, labels=labels, threshold=now.testing.threshold)
    known = found.join(_again(rounds), on="image", how="left", maintain_order="left")
    files = testing.select("image", "file")
    shown = known.head(MOST).join(files, on="image", how="left", maintain_order="left")
    return Doubts(
        shown=tuple(Doubt(*row) for row in shown.select(_COLUMNS).iter_rows()),
        count=found.height,
        with_people=int((known["again"] == _OUT).sum()),
        labelled_again=int((known["again"] > _OUT).sum()),
    )


def _again(rounds: Sequence[RoundRecord]) -> pl.DataFrame:
    """Each image that went back, and the newest round whose batch has its answer."""
    rows = pl.concat([_AGAIN.to_frame(), *_sent(rounds)])
    return rows.group_by("image").agg(pl.col("again").max())


def _sent(rounds: Sequence[RoundRecord]) -> Iterator[pl.DataFrame]:
    for each in rounds:
        mine = each.versions.get("mine")
        if mine is None or not count(mine, SENT):
            continue
        is_open = "label" not in each.versions
        images = went_back(each) if is_open else answered(each)
        number = pl.lit(_OUT if is_open else each.number, pl.Int64)
        yield images.to_frame("image").select("image", again=number)
