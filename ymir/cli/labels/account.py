"""What a batch's answers say in detail: who did what, what has no labels and why, what changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from pydantic import JsonValue

from ymir.data.agreement import agreements
from ymir.data.answers import LABELLED, REJECTED, SKIPPED, chosen, states
from ymir.data.diff import CHANGES, diff
from ymir.media.tables import read_table

Row = dict[str, JsonValue]


@dataclass(frozen=True)
class Account:
    """Tables for people and programs: a dictionary per row."""

    people: list[Row] = field(default_factory=list)
    agreements: list[Row] = field(default_factory=list)
    unlabelled: list[Row] = field(default_factory=list)
    outstanding: list[str] | None = None  # None: nobody knows
    changes: list[Row] = field(default_factory=list)


def account(images: pl.DataFrame, answers: pl.DataFrame, before: pl.DataFrame | None) -> Account:
    """`images` are those that were sent; `before` are the answers that were taken in, if any."""
    return Account(
        people=_people(answers),
        agreements=_agreements(answers),
        unlabelled=_unlabelled(images, answers),
        outstanding=images.join(answers, on="image", how="anti", maintain_order="left")[
            "file"
        ].to_list(),
        changes=[] if before is None else _changes(images, before, answers),
    )


def recorded(file: Path) -> pl.DataFrame | None:
    """The answers as they were taken in; None of a record from before they were kept."""
    return read_table(file) if file.exists() else None


def _people(answers: pl.DataFrame) -> list[Row]:
    """Per person, the most diligent first; who is not known by name is None."""
    counted = answers.group_by("by").agg(
        pl.len().alias("answers"),
        *((pl.col("state") == state).sum().alias(state) for state in (LABELLED, SKIPPED, REJECTED)),
        pl.col("objects").list.len().sum().alias("boxes"),
        pl.col("seconds").sum().round(1),
        pl.col("seconds").median().round(1).alias("seconds_each"),
    )
    return counted.sort("answers", "by", descending=[True, False], nulls_last=True).to_dicts()


def _agreements(answers: pl.DataFrame) -> list[Row]:
    """Per two people who answered for the same images."""
    return [
        {"people": list(two), "images": each.images, "boxes": each.boxes, "f1": each.f1,
         "iou": each.iou}
        for two, each in agreements(answers).items()
    ]  # fmt: skip


def _unlabelled(images: pl.DataFrame, answers: pl.DataFrame) -> list[Row]:
    """Images that were answered without labels: `file`, `state`, `why`, `by`."""
    without = states(answers).filter(pl.col("state") != LABELLED)
    told = answers.join(without, on=["image", "state"], how="semi")
    once = told.sort("why", nulls_last=True).unique("image", keep="first", maintain_order=True)
    named = images.select("image", "file").join(once, on="image", maintain_order="left")
    return named.select("file", "state", "why", "by").to_dicts()


def _changes(images: pl.DataFrame, before: pl.DataFrame, after: pl.DataFrame) -> list[Row]:
    """Images that are answered otherwise: what they were and are, and boxes by what changed."""
    old, new = _labelled(images, before), _labelled(images, after)
    found = diff(old, new)
    boxes = dict(found.boxes.group_by("image").agg(pl.col("change").value_counts()).iter_rows())
    was, now = (dict(states(each).iter_rows()) for each in (before, after))
    came = {*found.added["image"], *found.removed["image"]}
    return [
        {
            "file": file,
            "was": was.get(image, "outstanding"),
            "now": now.get(image, "outstanding"),
            "boxes": _counted(boxes.get(image, [])),
        }
        for image, file in images.select("image", "file").iter_rows()
        if image in boxes or image in came or was.get(image) != now.get(image)
    ]


def _labelled(images: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    return images.drop("objects").join(chosen(answers), on="image", maintain_order="left")


def _counted(changes: list[dict[str, JsonValue]]) -> JsonValue:
    counts = {each["change"]: each["count"] for each in changes}
    return {change: counts[change] for change in CHANGES if change in counts}
