"""What a packaged model finds in anybody's images, as frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import polars as pl

from ymir.api.frames import to_pandas
from ymir.cli.models.shelf import Shelf, package_at
from ymir.cli.predict import believed_from, program_of
from ymir.data.table import OBJECT
from ymir.package.read import read_package
from ymir.plan.stage import RoundOf
from ymir.prediction.detector import detector
from ymir.prediction.inputs import look_for
from ymir.prediction.results import believed
from ymir.prediction.seen import Reader, seconds_between
from ymir.prediction.write import Wanted, look

if TYPE_CHECKING:
    import pandas as pd

_OF_IMAGE = ("name", "image", "width", "height", "video", "time")
_OF_BOX = ("label", "x", "y", "w", "h", "score")


@dataclass(frozen=True)
class Predictions:
    """What was found: boxes with a score of at least `threshold`."""

    table: pl.DataFrame  # a row for each image, with all of its boxes nested in `objects`
    threshold: float
    skipped: Mapping[str, str]  # images that could not be looked at, and why

    def images(self) -> pl.DataFrame:
        """A row for each image that was looked at, and how many boxes it has."""
        number = self._believed.list.len().cast(pl.Int64).alias("boxes")
        return self.table.select(*_OF_IMAGE, number)

    def boxes(self) -> pl.DataFrame:
        """A row for each box: the image's name, then label, x, y, w, h in pixels, and the score."""
        found = self.table.select("name").with_columns(self._believed.alias("object"))
        each = found.explode("object").drop_nulls("object").unnest("object")
        return each.select("name", *_OF_BOX)

    def to_pandas(self) -> pd.DataFrame:
        """The boxes as a frame of pandas."""
        return to_pandas(self.boxes())

    @property
    def _believed(self) -> pl.Series:
        return believed(self.table, self.threshold).cast(pl.List(OBJECT))

    def _repr_html_(self) -> str:
        return self.boxes()._repr_html_()


def package_of(model: str, root: Path) -> Path:
    """The package that is meant: a file, a model here, or that of a project's newest round."""
    shelf = Shelf.of(root)
    places = (RoundOf.of(f"{each}/package") for each in shelf.names)
    numbers = [each.number for each in places if each and each.project == model]
    return package_at(str(RoundOf(model, max(numbers))) if numbers else model, root)


def predictions(
    package: Path,
    images: Sequence[Path],
    root: Path,
    *,
    threshold: float | None = None,
    executor: str | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> Predictions:
    """Run a packaged model on photos, folders of them, and videos; `tell` hears how far it is."""
    read, before = read_package(package), 0

    def advance(_: float, done: int, total: int) -> None:
        nonlocal before
        if done > before:
            tell(f"{done:,} of {total:,} images")
        before = done

    with TemporaryDirectory(prefix="ymir-predict-") as copies:
        wanted = Wanted(Path(copies), believed_from(read, threshold), has_drawings=False)
        reader = Reader(look_for(images, wanted.out), seconds_between(None, None))
        program = program_of(executor or read.executor, root, is_quiet=True)
        with detector(read, program.runner, program.backend) as ready:
            found = look(reader, ready, wanted, wanted.out, advance).found
    return Predictions(found.drop("drawing"), wanted.threshold, dict(reader.skipped))
