"""The objects of images as the one COCO document that executors read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import polars as pl

from ymir.data.ark import whole_boxes
from ymir.layouts.masks import area_of, check_runs, encoded

_LICENCE = 1


def coco(images: pl.DataFrame, class_names: Sequence[str]) -> str:
    """Images in the order of their digests, numbered from 1; classes are numbered from 0."""
    ordered = images.sort("image")
    numbers = {image: number for number, image in enumerate(ordered["image"], start=1)}
    boxes = whole_boxes(ordered, class_names, with_crowds=True)
    document = {
        "info": {"description": "written by ymir"},
        "licenses": [{"id": _LICENCE, "name": "unknown", "url": ""}],
        "images": [_image(row, numbers) for row in ordered.iter_rows(named=True)],
        "categories": [
            {"id": index, "name": name, "supercategory": "object"}
            for index, name in enumerate(class_names)
        ],
        "annotations": [
            {"id": number, "image_id": numbers[row["image"]], **_annotation(row)}
            for number, row in enumerate(boxes.iter_rows(named=True), start=1)
        ],
    }
    return orjson.dumps(document).decode()


def _image(row: Mapping[str, Any], numbers: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": numbers[row["image"]],
        "file_name": f"{row['image']}.{row['format']}",
        "width": row["width"],
        "height": row["height"],
        "date_captured": 0,
        "license": _LICENCE,
        "coco_url": "",
        "flickr_url": "",
    }


def _annotation(row: Mapping[str, Any]) -> dict[str, Any]:
    wide, high = row["right"] - row["left"] + 1, row["bottom"] - row["top"] + 1
    mask = orjson.loads(row["mask"]) if row["mask"] else None
    return {
        "category_id": row["index"],
        "iscrowd": int(row["crowd"]),
        "bbox": [row["left"], row["top"], wide, high],
        "area": area_of(mask) if mask else wide * high,
        "segmentation": _written(mask),
        "confidence": -1.0,
    }


def _written(mask: Any) -> Any:  # noqa: ANN401 - whatever COCO calls a segmentation
    """Polygons, or run lengths as text; `{}` is what YMIR writes for an object without a mask."""
    if not isinstance(mask, dict):
        return mask or {}
    runs, _ = check_runs(mask)
    return {"counts": encoded(runs), "size": mask["size"]}
