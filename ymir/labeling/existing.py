"""The pool has labels already: they are revealed for the images of a batch, and for no others."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from ymir.answers.names import numbered
from ymir.answers.rows import filled
from ymir.contracts.labeling import Answers, Batch
from ymir.data.table import predictions
from ymir.errors import DataError
from ymir.spec.base import Spec

uses_suggestions = False


class Settings(Spec):
    """Takes no parameters."""


def send(batch: Batch, settings: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Nothing to hand out, and nobody to wait for."""
    return {"images": batch.images.height}


def collect(batch: Batch, settings: Mapping[str, JsonValue]) -> Answers:
    """The pool's own labels of the batch; an image without boxes is a negative one.

    Images that go out twice have one truth, and one answer for each copy.
    """
    missing = batch.images.join(batch.pool, on="image", how="anti")
    if missing.height:
        raise DataError(
            f"{missing.height} images of `{batch.name}` are not in the pool, "
            f"the first is `{missing['file'][0]}`",
            hint="the pool has changed since the batch was mined",
        )
    images = batch.images.select("image").join(
        batch.pool, on="image", how="left", maintain_order="left"
    )
    if count := predictions(images):
        raise DataError(
            f"{count} boxes of `{batch.name}` have scores: the pool holds predictions, not labels",
            hint="have people look at them: `label: {use: folder}`",
        )
    copies = numbered(batch).select("image", "copy")
    rows = copies.join(images.select("image", "objects"), on="image", maintain_order="left")
    return Answers(filled(rows))
