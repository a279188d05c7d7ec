"""Which testing images were fixed and which were broken since the round before."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from ymir.metrics.changes import compared, errors
from ymir.report.record import RoundRecord
from ymir.report.shown.quality import Changed, Changes


def changes(testing: pl.DataFrame, now: RoundRecord, before: RoundRecord | None) -> Changes | None:
    """Errors of each image, each round at its own threshold; None for a first round."""
    if before is None:
        return None
    differ = compared(_errors(testing, now), _errors(testing, before)).join(
        testing.select("image", "file"), on="image", how="left", maintain_order="left"
    )
    fewer = pl.col("errors") < pl.col("errors_before")
    return Changes(
        before=f"round {before.number}",
        fixed=_listed(differ.filter(pl.col("errors") == 0)),
        broken=_listed(differ.filter(pl.col("errors_before") == 0)),
        better=differ.filter(fewer).height,
        worse=differ.filter(~fewer).height,
    )


def _errors(testing: pl.DataFrame, record: RoundRecord) -> pl.DataFrame:
    return errors(testing["image"], record.matches, threshold=record.testing.threshold)


def _listed(differ: pl.DataFrame) -> tuple[Changed, ...]:
    rows: Iterable[tuple[str, str, int, int]] = differ.select(
        "image", "file", "errors", "errors_before"
    ).iter_rows()
    return tuple(Changed(*row) for row in rows)
