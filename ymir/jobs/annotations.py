"""The objects of images as the VOC documents that executors read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from xml.sax.saxutils import escape

import polars as pl

from ymir.data.ark import CORNERS, text_per_image, whole_boxes
from ymir.jobs.inputs import places

_VOC_OBJECT = (
    "<object><name>{}</name><pose>unknown</pose><truncated>0</truncated><occluded>0</occluded>"
    "<bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax>"
    "<rotate_angle>0.0000</rotate_angle></bndbox><difficult>0</difficult>"
    "<confidence>-1.0000</confidence></object>"
)
_VOC_DOCUMENT = (
    "<annotation><folder>folder</folder><filename>{}</filename>"
    "<source><annotation>unknown</annotation><image>unknown</image></source>"
    "<size><width>{}</width><height>{}</height><depth>3</depth></size>"
    "<segmented>0</segmented>{}</annotation>\n"
)


def voc(images: pl.DataFrame, class_names: Sequence[str], root: PurePath) -> pl.DataFrame:
    """Columns `image` and `text`: one VOC document per image."""
    names = {index: escape(name) for index, name in enumerate(class_names)}
    name = pl.col("index").replace_strict(names, return_dtype=pl.String)
    boxes = whole_boxes(images, class_names).with_columns(
        text=pl.format(_VOC_OBJECT, name, *CORNERS)
    )
    asset = pl.format("{}{}", pl.lit(f"{root / 'in'}/"), "asset")
    return (
        text_per_image(images, boxes)
        .join(places(images), on="image", how="left", maintain_order="left")
        .select("image", text=pl.format(_VOC_DOCUMENT, asset, "width", "height", "text"))
    )
