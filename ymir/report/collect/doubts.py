"""Suspicious labels of the testing set: what a confident model contradicts."""

from __future__ import annotations

import polars as pl

from ymir.metrics.doubts import doubts as contradicted
from ymir.report.record import RoundRecord
from ymir.report.shown.quality import Doubt, Doubts

MOST = 60  # are shown


def doubts(testing: pl.DataFrame, now: RoundRecord) -> Doubts:
    """The surest doubts, and how many there are."""
    labels = [each.label for each in now.testing.per_class]
    found = contradicted(now.matches, labels=labels, threshold=now.testing.threshold)
    files = testing.select("image", "file")
    shown = found.head(MOST).join(files, on="image", how="left", maintain_order="left")
    wanted = shown.select(
        "kind", "image", "file", "label", "said", "score", "iou", *"xywh"
    ).iter_rows()
    return Doubts(shown=tuple(Doubt(*row) for row in wanted), count=found.height)
