"""Pseudo-labels: what the round's model is sure of becomes labels, and nobody looks at them.

An image is labelled where every box that the model may mean reaches the threshold of its class. It
is rejected where the model is unsure of one, and where people have labelled it: a model corrects
nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import polars as pl
from pydantic import Field, JsonValue, model_validator

from ymir.answers.names import numbered
from ymir.answers.rows import filled
from ymir.contracts.labeling import Answers, Batch
from ymir.data.answers import LABELLED, REJECTED
from ymir.data.table import OBJECT
from ymir.errors import DataError
from ymir.plugins import nearest
from ymir.spec.base import Spec

uses_suggestions = True

_BY_PEOPLE = "people have labelled it"
_NOTHING = "the model finds nothing in it"
_NOT_ASKED = "the model was not asked about it"


class Settings(Spec):
    """What may stand under `with`."""

    threshold: float = Field(
        default=0.8, gt=0, le=1, description="From this score on, a box becomes a label."
    )
    per_class: dict[str, float] = Field(
        default={}, description="Other thresholds, for some classes: `{cat: 0.9}`."
    )
    unsure: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="An image with a box between this score and its threshold is rejected.",
    )
    empty: Literal["reject", "keep"] = Field(
        default="reject",
        description="What becomes of an image in which nothing is found: `keep` makes it a "
        "negative one.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Settings:
        for name, threshold in {"threshold": self.threshold, **self.per_class}.items():
            if not 0 < threshold <= 1:
                raise ValueError(f"per_class: the threshold of `{name}` is not in 0 to 1")
            if threshold < self.unsure:
                raise ValueError(f"`unsure` is above the threshold {threshold:g} of `{name}`")
        return self


def send(batch: Batch, settings: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Nothing to hand out, and nobody to wait for."""
    _thresholds(batch, Settings.model_validate(settings))
    _check_asked(batch)
    return {"images": batch.images.height}


def collect(batch: Batch, settings: Mapping[str, JsonValue]) -> Answers:
    """An answer for every image: labels, or why there are none."""
    wanted = Settings.model_validate(settings)
    thresholds = _thresholds(batch, wanted)
    _check_asked(batch)
    found = batch.suggested.select("image", found="objects", is_asked=pl.lit(value=True))
    images = batch.images.select("image", "objects").join(found, on="image", how="left")
    judged = _judged(images, thresholds, wanted)
    copies = numbered(batch).select("image", "copy")
    rows = copies.join(judged, on="image", how="left", maintain_order="left")
    return Answers(filled(rows.with_columns(by=pl.lit(batch.model or None))), by_people=False)


def _check_asked(batch: Batch) -> None:
    """Refuse a batch that nothing is known of; all of it would be rejected."""
    is_bare = (batch.images["objects"].list.len() == 0).any()
    if is_bare and batch.suggested.is_empty():
        raise DataError(
            f"no model was asked about the images of `{batch.name}`",
            hint="a model labels what it finds itself: leave `suggestions` of `label` on",
        )


def _thresholds(batch: Batch, settings: Settings) -> Mapping[str, float]:
    """The threshold of each class of the batch."""
    own: dict[str, float] = {}
    for name, threshold in settings.per_class.items():
        label = batch.primary_names.get(name.strip().lower())
        if label not in batch.classes:
            raise DataError(
                f"`per_class` of `label` names `{name}`, which is no class of `{batch.name}`",
                hint=nearest(name, batch.classes),
            )
        own[label] = threshold
    return dict.fromkeys(batch.classes, settings.threshold) | own


def _judged(
    images: pl.DataFrame, thresholds: Mapping[str, float], settings: Settings
) -> pl.DataFrame:
    """`image`, `objects`, `state` and `why` of every image."""
    boxes = _boxes(images, thresholds)
    is_sure = pl.col("score").cast(pl.Float32) >= pl.col("threshold").cast(pl.Float32)
    sure = boxes.filter(is_sure).with_columns(score=pl.lit(None, pl.Float32))
    names = [field.name for field in OBJECT.fields]
    labels = sure.group_by("image", maintain_order=True).agg(labels=pl.struct(names))
    unsure = boxes.filter(~is_sure & (pl.col("score") >= settings.unsure))
    worst = unsure.sort("score", descending=True).unique("image", keep="first")
    doubts = worst.select(
        "image",
        doubt=pl.format("the model is unsure: {} {}", "label", pl.col("score").round(2)),
    )
    known = images.join(labels, on="image", how="left").join(doubts, on="image", how="left")
    is_empty = pl.lit(settings.empty == "reject") & pl.col("labels").is_null()
    why = (
        pl.when(pl.col("objects").list.len() > 0).then(pl.lit(_BY_PEOPLE))
        .when(pl.col("is_asked").is_null()).then(pl.lit(_NOT_ASKED))
        .when(pl.col("doubt").is_not_null()).then(pl.col("doubt"))
        .when(is_empty).then(pl.lit(_NOTHING))
    )  # fmt: skip
    is_fine = pl.col("why").is_null()
    return known.with_columns(why=why).select(
        "image",
        "why",
        objects=pl.when(is_fine).then(pl.col("labels").fill_null([])).otherwise(pl.lit([])),
        state=pl.when(is_fine).then(pl.lit(LABELLED)).otherwise(pl.lit(REJECTED)),
    )


def _boxes(images: pl.DataFrame, thresholds: Mapping[str, float]) -> pl.DataFrame:
    """One row per box that the model finds of the classes that are asked for."""
    every = images.select("image", "found").explode("found").drop_nulls("found").unnest("found")
    asked = pl.DataFrame(
        {"label": list(thresholds), "threshold": list(thresholds.values())},
        schema={"label": pl.String, "threshold": pl.Float64},
    )
    return every.join(asked, on="label", how="inner", maintain_order="left")
