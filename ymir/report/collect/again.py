"""What people looked at again: why it went back, and what they changed."""

from __future__ import annotations

import polars as pl

from ymir.data.diff import diff
from ymir.data.table import SCHEMA
from ymir.plan.history import count
from ymir.report.collect.picked import went_back
from ymir.report.record import RoundRecord
from ymir.report.shown.batches import Again

_ANSWERS = ("corrected", "labelled")  # tables; the first that has an image holds its answer


def again(now: RoundRecord) -> Again | None:
    """Of the round's batch, what went back to people; None where nothing did."""
    sent, mine = went_back(now), now.versions.get("mine")
    if sent.is_empty():
        return None
    suspicious = count(mine, "suspicious") if mine else 0
    new_class = count(mine, "new_class") if mine else 0
    answers, before = _answers(now, sent), now.table("again")
    if before is not None:
        before = _once(before).join(answers, on="image", how="semi")
    known = answers.clear() if before is None else before
    found = diff(known, answers.join(known, on="image", how="semi"))
    return Again(
        listed=max(0, sent.len() - suspicious - new_class),
        suspicious=suspicious,
        new_class=new_class,
        answered=answers.height,
        changed=found.changed,
        boxes=tuple((what, number) for what, number in found.counts.items() if number),
    )


def labelled(now: RoundRecord) -> pl.DataFrame | None:
    """All images of the round's batch as people left them, each once; None until any are back."""
    tables = [found for name in _ANSWERS if (found := now.table(name)) is not None]
    return _once(pl.concat(map(_once, tables))) if tables else None


def answered(now: RoundRecord) -> pl.Series:
    """The images that people labelled again in the round's batch."""
    sent = went_back(now)
    return sent if sent.is_empty() else _answers(now, sent)["image"]


def _answers(now: RoundRecord, images: pl.Series) -> pl.DataFrame:
    """These images as people left them, each once."""
    home = labelled(now)
    rows = SCHEMA.to_frame() if home is None else home
    return rows.filter(pl.col("image").is_in(images.implode()))


def _once(images: pl.DataFrame) -> pl.DataFrame:
    return images.select(SCHEMA.names()).unique("image", keep="first", maintain_order=True)
