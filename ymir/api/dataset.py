"""A version of a dataset as Python sees it: its images, its boxes, its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from PIL.Image import Image
from pydantic import JsonValue

from ymir.api.frames import html_lines, html_table, to_pandas
from ymir.cli.datasets.reading import Recorded, Shelf
from ymir.data.table import counts, objects_of
from ymir.errors import DataError
from ymir.media.store import MediaStore
from ymir.prediction.pictures import opened
from ymir.report.drawing import drawn

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Dataset:
    """One version, e.g. `street@v2`; its table is read when it is first asked for."""

    name: str
    recorded: Recorded = field(repr=False)
    shelf: Shelf = field(repr=False)

    @property
    def facts(self) -> Mapping[str, JsonValue]:
        """What its record says: how many images and boxes, and the balance of its import."""
        return self.recorded.version.facts

    @cached_property
    def table(self) -> pl.DataFrame:
        """As it is stored: a row for each image, its boxes nested; fetched if it is not here."""
        return self.shelf.table(self.recorded)

    def images(self) -> pl.DataFrame:
        """A row for each image: digest, file, size, tags, and how many boxes it has."""
        number = pl.col("objects").list.len().cast(pl.Int64).alias("boxes")
        return self.table.with_columns(number).drop("objects")

    def boxes(self) -> pl.DataFrame:
        """A row for each box: its image and file, then label, x, y, w, h (pixels) and the rest."""
        files = self.table.select("image", "file")
        found = objects_of(self.table).join(files, on="image", how="left", maintain_order="left")
        return found.select("image", "file", pl.exclude("image", "file"))

    def to_pandas(self) -> pd.DataFrame:
        """The boxes as a frame of pandas."""
        return to_pandas(self.boxes())

    def counts(self) -> dict[str, int | dict[str, int]]:
        """How many images, boxes, images without a box, and boxes per class."""
        return counts(self.table)

    def path(self, image: str) -> Path:
        """Where an image's bytes lie, by its digest or its file's name; nothing may write there."""
        digest = str(self._row(image)["image"])
        return MediaStore(self.shelf.root).locate([digest])[digest]

    def read(self, image: str) -> bytes:
        """An image's bytes."""
        return self.path(image).read_bytes()

    def open(self, image: str) -> Image:
        """An image as a picture of Pillow, which a notebook shows."""
        return opened(self.path(image))

    def draw(self, image: str) -> Image:
        """The same with its boxes and their labels."""
        labels = self.boxes()["label"].unique().sort().to_list()  # so that each keeps its colour
        return drawn(self.open(image), self._row(image)["objects"], labels)

    def _row(self, image: str) -> dict[str, Any]:
        """The row of the only image that has this digest, or file, or whose file ends so."""
        file = pl.col("file")
        for is_meant in (pl.col("image") == image, file == image, file.str.ends_with(f"/{image}")):
            found = self.table.filter(is_meant)
            if found.height == 1:
                return found.row(0, named=True)
            if found.height:
                hint = f"name one by its digest, such as `{found['image'][0]}`"
                raise DataError(f"{self.name} has {found.height} images `{image}`", hint=hint)
        raise DataError(f"{self.name} has no image `{image}`", hint="`images()` lists them")

    def _repr_html_(self) -> str:
        known = self.counts()
        per_class = known.pop("per_class")
        rows = per_class.items() if isinstance(per_class, dict) else ()
        said = ", ".join(f"{number:,} {what}" for what, number in known.items())
        return html_lines([f"{self.name}: {said}"]) + html_table(("label", "boxes"), rows)
