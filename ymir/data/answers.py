"""What people answered for the images of a batch, and whether it adds up."""

from __future__ import annotations

from hashlib import sha256

import polars as pl

from ymir.data.balance import Balance
from ymir.data.table import SCHEMA

# One row per answer. An image that was sent twice, or that several people answered for, has
# several; one without a row is outstanding.
_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "image": pl.String,
    "copy": pl.Int32,  # 1, or 2 for the second copy of an image that was sent twice
    "state": pl.String,  # `labelled`, also without boxes; `skipped`; `rejected`: of no use
    "objects": SCHEMA["objects"],
    "by": pl.String,  # who answered, where that is known
    "at": pl.String,  # when, as `2026-11-23T10:00:00Z`, where that is known
    "seconds": pl.Float64,  # that it took, where that is known
    "star": pl.Boolean,  # marked as the one that counts
    "why": pl.String,  # why it was rejected
}

ANSWERS = pl.Schema(_COLUMNS)
LABELLED, SKIPPED, REJECTED = "labelled", "skipped", "rejected"
_PRECEDENCE = {LABELLED: 0, REJECTED: 1, SKIPPED: 2}  # of an image with several answers
_NUMBERS = 2  # decimals of a pixel that make a box another box


def states(answers: pl.DataFrame) -> pl.DataFrame:
    """`image` and `state`, once per answered image: one answer with labels is enough."""
    ranked = answers.with_columns(
        rank=pl.col("state").replace_strict(_PRECEDENCE, return_dtype=pl.Int8)
    )
    first = ranked.sort("rank", maintain_order=True).unique(
        "image", keep="first", maintain_order=True
    )
    return first.select("image", "state")


def balance(
    sent: pl.Series, twice: pl.Series, answers: pl.DataFrame, chosen: pl.DataFrame
) -> Balance:
    """Count the images `sent`, those sent `twice`, by what was answered.

    `chosen` has `image` and `objects` of those that count as labelled.
    """
    counted = dict(states(answers)["state"].value_counts().iter_rows())
    empty = int((chosen["objects"].list.len() == 0).sum())
    return Balance(
        sent=sent.len(),
        labelled=chosen.height - empty,
        empty=empty,
        skipped=counted.get(SKIPPED, 0),
        rejected=counted.get(REJECTED, 0),
        outstanding=int((~sent.is_in(answers["image"].implode())).sum()),
        reviews=twice.len(),
        reviewed=_answered_twice(twice, answers),
    )


def _answered_twice(twice: pl.Series, answers: pl.DataFrame) -> int:
    copies = answers.group_by("image").agg(pl.col("copy").n_unique())
    both = copies.filter(pl.col("copy") > 1)["image"]
    return int(twice.is_in(both.implode()).sum())


def chosen(answers: pl.DataFrame) -> pl.DataFrame:
    """`image` and `objects` of each labelled image: the answer with the star, else the newest."""
    labelled = answers.filter(pl.col("state") == LABELLED)
    newest = labelled.sort(
        "star",
        "at",
        "copy",
        descending=[True, True, False],
        nulls_last=True,
        maintain_order=True,  # tools put the newest first, also within a second
    )
    return newest.unique("image", keep="first", maintain_order=True).select("image", "objects")


def digest(answers: pl.DataFrame) -> str:
    """Stands for what was answered: the same for the same answers, in whatever order they came."""
    return sha256("\n".join(sorted(_lines(answers)["line"])).encode()).hexdigest()[:32]


def changed(before: pl.DataFrame, after: pl.DataFrame) -> pl.Series:
    """The images that are not answered alike in both, in the order of their digests."""
    was, now = _said(before), _said(after)
    both = was.join(now, on="image", how="full", coalesce=True)
    differ = both.filter(pl.col("line").ne_missing(pl.col("line_right")))
    return differ["image"].sort()


def _said(answers: pl.DataFrame) -> pl.DataFrame:
    """Per image all that was said of it, as one text."""
    return _lines(answers).sort("line").group_by("image").agg(pl.col("line").str.join("\n"))


def _lines(answers: pl.DataFrame) -> pl.DataFrame:
    """Per answer its image, and what it says as one line of text."""
    box = pl.element().struct
    sides = [box.field(side).round(_NUMBERS).cast(pl.String) for side in "xywh"]
    words = pl.concat_str(box.field("label"), *sides, separator=" ")
    said = pl.col("objects").list.eval(words).list.sort().list.join(";")
    who = pl.col("by").fill_null("")
    return answers.select(
        "image", line=pl.concat_str("image", "copy", "state", who, said, separator="|")
    )
