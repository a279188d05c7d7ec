"""What a round picked from the pool, and whether all of it came back from people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import isfinite

import polars as pl

from ymir.report.collect.again import again, labelled
from ymir.report.collect.limits import limits
from ymir.report.collect.people import agreement, people
from ymir.report.collect.picked import parts, picked, strategy
from ymir.report.collect.returns import returns
from ymir.report.names import round_name
from ymir.report.record import RoundRecord
from ymir.report.shown.batches import Batch, Mined
from ymir.spec.executor import seconds
from ymir.spec.project import ProjectSpec

MOST_MINED = 200  # that are named; all are counted


def batch(spec: ProjectSpec, now: RoundRecord) -> Batch | None:
    """The images that were picked, best first; None where the round has not mined."""
    mined = picked(now)
    if mined is None:
        return None
    back, sent = again(now), now.fact("send", "sent_at")
    sent_at = sent if isinstance(sent, str) else None
    return Batch(
        shown=_shown(mined.head(MOST_MINED), now),
        mined=mined.height,
        strategy=strategy(spec, now),
        boxes=_boxes(now),
        returns=returns(now),
        listed=back.listed if back else 0,
        model=round_name(now.number) if now.by_model else None,
        sent_at=sent_at,
        due=_due(spec, sent_at),
        again=back,
        agreement=agreement(now),
        people=people(spec, now),
        is_told=now.rows("answers") > 0,
        parts=parts(mined, labelled(now), spec.labels),
        limits=limits(now),
    )


def _boxes(now: RoundRecord) -> int | None:
    """How many boxes came back, on whatever images; None until they have."""
    known = now.fact("label", "boxes")
    if isinstance(known, int):
        return known
    people = now.table("labelled")
    return None if people is None else int(people["objects"].list.len().sum())


def _due(spec: ProjectSpec, sent_at: str | None) -> str | None:
    """Until when people have the batch; None where nobody said."""
    if sent_at is None or spec.label.deadline is None:
        return None
    try:
        begun = datetime.fromisoformat(sent_at)
    except ValueError:
        return None
    return (begun + timedelta(seconds=seconds(spec.label.deadline))).isoformat()


def _shown(mined: pl.DataFrame, now: RoundRecord) -> tuple[Mined, ...]:
    files = _files(mined, now)
    columns = mined.select("image", "rank", "score", "why", "origin", "kind").iter_rows()
    return tuple(
        Mined(image, files.get(image, ""), rank, _figure(score), why, origin, kind)
        for image, rank, score, why, origin, kind in columns
    )


def _figure(score: float | None) -> float:
    """A score as JSON can hold it: one that is no number picked nothing."""
    return score if score is not None and isfinite(score) else 0.0


def _files(mined: pl.DataFrame, now: RoundRecord) -> Mapping[str, str]:
    """What the files of these images are called, wherever the round names them."""
    files: dict[str, str] = {}
    images = mined["image"].to_list()
    tables = [now.some(name, images) for name in ("again", "corrected", "labelled")]
    for known in (*tables, now.guesses):
        if known is not None:
            files |= dict(known.select("image", "file").iter_rows())
    return files
