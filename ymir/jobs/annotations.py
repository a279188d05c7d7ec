"""The objects of images in the files that executors read: ark, VOC or COCO. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from xml.sax.saxutils import escape

import polars as pl

from ymir.data.ark import CORNERS, ark, text_per_image, whole_boxes
from ymir.jobs.coco import coco
from ymir.jobs.inputs import COCO_FILE, form_of, places, tables
from ymir.jobs.request import Training

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


def documents(request: Training, root: PurePath) -> Iterator[tuple[str, str]]:
    """Each annotation file of a training, its path below `in/`, and its text."""
    form, names = form_of(request), request.class_names
    if form == "none":
        return
    if form == "coco":
        every = pl.concat(tables(request).values()).unique("image", maintain_order=True)
        yield COCO_FILE, coco(every, names)
        return
    for images in tables(request).values():
        is_short = request.protocol == "absent"
        texts = voc(images, names, root) if form == "voc" else ark(images, names, is_short=is_short)
        yield from zip(places(images, form)["annotation"], texts["text"], strict=True)


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
