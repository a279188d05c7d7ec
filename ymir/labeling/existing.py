"""The pool has labels already: they are revealed for the images of a batch, and for no others."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from ymir.contracts.labeling import Batch, Returned
from ymir.data.table import predictions
from ymir.errors import DataError
from ymir.spec.base import Spec


class Settings(Spec):
    """Takes no parameters."""


def send(batch: Batch, settings: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Nothing to hand out, and nobody to wait for."""
    return {"images": batch.images.height}


def collect(batch: Batch, settings: Mapping[str, JsonValue]) -> Returned:
    """The pool's own rows of the batch; an image without boxes is a negative one."""
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
    return Returned.whole(images.select(batch.pool.columns))
