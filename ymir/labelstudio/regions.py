"""What people start from: boxes in percent of the image, with the score of who suggests them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pydantic import JsonValue

from ymir.contracts.labeling import Batch
from ymir.data.suggestions import worth_showing
from ymir.labelstudio.config import CONTROL, IMAGE

_SO_FAR = "labels so far"
_DECIMALS = 6  # of a percent

Row = Mapping[str, Any]


def predictions(batch: Batch) -> dict[str, JsonValue]:
    """Image -> what people start from: the labels it has, or else what a model finds on it.

    An image on which there is nothing to start from is left out.
    """
    known = batch.images.select("image", "width", "height", "objects")
    shown = {
        row["image"]: _prediction(row, batch.classes, batch.model or "ymir")
        for row in worth_showing(batch.suggested, batch.believed).iter_rows(named=True)
    }
    shown |= {
        row["image"]: _prediction(row, batch.classes, _SO_FAR)
        for row in known.iter_rows(named=True)
        if row["objects"]
    }
    return {image: each for image, each in shown.items() if each is not None}


def versions(found: Iterable[JsonValue]) -> set[object]:
    """Who suggests, of some predictions."""
    return {each.get("model_version") for each in found if isinstance(each, dict)}


def _prediction(row: Row, classes: Collection[str], version: str) -> JsonValue:
    """The boxes of an image, and the mean of their scores."""
    drawn = [
        _region(each, row, f"{row['image'][:8]}-{at}")
        for at, each in enumerate(row["objects"])
        if each["label"] in classes and not each["crowd"]
    ]
    regions = [each for each in drawn if each is not None]
    scores = [each["score"] for each in regions if "score" in each]
    if not regions:
        return None
    mean = {"score": sum(scores) / len(scores)} if scores else {}
    return {"model_version": version, "result": regions, **mean}


def _region(each: Row, row: Row, key: str) -> dict[str, Any] | None:
    """A box, cut to its image; None where nothing is left of it. The server checks nothing."""
    wide, high = row["width"], row["height"]
    left, right = (min(max(side, 0), wide) for side in (each["x"], each["x"] + each["w"]))
    top, bottom = (min(max(side, 0), high) for side in (each["y"], each["y"] + each["h"]))
    if right <= left or bottom <= top:
        return None
    percents = (left / wide, top / high, (right - left) / wide, (bottom - top) / high)
    sides = [round(share * 100, _DECIMALS) for share in percents]
    value = {**dict(zip(("x", "y", "width", "height"), sides, strict=True)), "rotation": 0}
    score = each.get("score")
    return {
        "id": key,
        "type": "rectanglelabels",
        "from_name": CONTROL,
        "to_name": IMAGE,
        "original_width": wide,
        "original_height": high,
        "image_rotation": 0,
        "value": {**value, "rectanglelabels": [each["label"]]},
        **({"score": round(score, _DECIMALS)} if score is not None else {}),
    }
