"""What models found, kept by what decides it: nothing is looked at twice by the same model.

`.ymir/predictions/<key>/` holds tables of images with what one model found in them, the parts, each
in the order of their digests. The key stands for the weights, the executor, the classes and the
parameters, whichever project and round asked. It may be deleted: what is needed is found again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from pydantic import JsonValue

from ymir.data.table import OBJECT
from ymir.jobs.request import Weights
from ymir.media.tables import read_pieces, read_table, write_table

FOLDER = ".ymir/predictions"
MARK = ".model"  # ends the names of empty files that say whose predictions these are

# `objects` is null where the executor was not asked for any, `score` where it gave no rank.
PART = pl.Schema({"image": pl.String(), "objects": pl.List(OBJECT), "score": pl.Float64()})

_DIGITS = 24  # of the names of keys and parts


@dataclass(frozen=True)
class Question:
    """What decides the findings besides the image: equal questions have equal answers."""

    weights: Weights
    executor: str  # the digest of its program
    class_names: tuple[str, ...]
    parameters: Mapping[str, JsonValue]
    is_ranking: bool = False

    @property
    def key(self) -> str:
        """Hex digits that stand for it; the weights' bytes count, and not where they came from."""
        said = {
            "stage": self.weights.stage,
            "files": {name: _digest(path) for name, path in self.weights.files.items()},
            "executor": self.executor,
            "classes": self.class_names,
            "parameters": dict(self.parameters),
            "ranking": self.is_ranking,
        }
        canonical = json.dumps(said, sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:_DIGITS]


@dataclass(frozen=True)
class Known:
    """What is known of one question, in a folder of its own."""

    folder: Path

    @property
    def key(self) -> str:
        """The question's."""
        return self.folder.name

    def images(self) -> pl.DataFrame:
        """Every image that has been looked at: `image`, in no order, some perhaps twice."""
        found = [read_table(part, columns=["image"]) for part in self._parts()]
        return pl.concat([PART.to_frame().select("image"), *found])

    def missing(self, images: pl.DataFrame) -> pl.DataFrame:
        """The rows of `images` that have not been looked at."""
        return images.join(self.images(), on="image", how="anti", maintain_order="left")

    def keep(self, rows: pl.DataFrame) -> None:
        """Remember a table with `image` and any of the other columns of a part."""
        absent = [pl.lit(None, PART[each]).alias(each) for each in PART if each not in rows.columns]
        part = rows.with_columns(absent).select(PART.names()).sort("image")
        name = hashlib.sha256("".join(part["image"]).encode()).hexdigest()[:_DIGITS]
        write_table(part, self.folder / f"{name}.parquet")

    def mark(self, model: str) -> None:
        """Note the digest of a version that holds the model: the parts stay as long as that."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{model}{MARK}").touch()

    def take_in(self, table: Path, images: pl.DataFrame) -> None:
        """Remember what a recorded table holds of these images, some rows at a time."""
        for piece in read_pieces(table, columns=["image", "objects"]):
            rows = piece.join(images, on="image", how="semi")
            if rows.height:
                self.keep(rows)

    def shelf(self) -> Shelf:
        """The parts as they are now, to read from them again and again."""
        return Shelf(tuple(_spans(self._parts())))

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob("*.parquet"))


@dataclass(frozen=True)
class Shelf:
    """Parts, and from which image to which each of them reaches."""

    spans: tuple[tuple[str, str, Path], ...]

    def rows(self, images: pl.DataFrame) -> pl.DataFrame:
        """What is known of these images, in their order; those that are not known are left out.

        Only parts that reach into them are read, one after the other: ask for neighbours.
        """
        found = [PART.to_frame()]
        if images.height:
            first, last = str(images["image"].min()), str(images["image"].max())
            found += [
                read_table(path).join(images.select("image"), on="image", how="semi")
                for low, high, path in self.spans
                if low <= last and high >= first
            ]
        once = pl.concat(found).unique("image", keep="first")
        return images.select("image").join(once, on="image", maintain_order="left")


def known(workspace: Path, question: Question) -> Known:
    """What this workspace knows of a question."""
    return Known(workspace / FOLDER / question.key)


def stale(workspace: Path, recorded: Collection[str]) -> Iterator[Path]:
    """The folders of models that no version has any more; `recorded` are versions' digests."""
    for folder in sorted(workspace.glob(f"{FOLDER}/*/")):
        models = {file.name.removesuffix(MARK) for file in folder.glob(f"*{MARK}")}
        if models.isdisjoint(recorded):
            yield folder


def _spans(parts: list[Path]) -> Iterator[tuple[str, str, Path]]:
    for part in parts:
        image = read_table(part, columns=["image"])["image"]
        if image.len():
            yield str(image[0]), str(image[-1]), part


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
