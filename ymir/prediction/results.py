"""What was found, as a table and as `predictions.json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from ymir import __version__
from ymir.package.contents import Package
from ymir.prediction.seen import Seen

FILE = "predictions.json"
_ABOUT = "what a model found; bbox is x, y, width, height in pixels from the upper left corner"


@dataclass(frozen=True)
class Model:
    """Which model looked, and from which score on it is believed."""

    package: Package
    threshold: float

    @property
    def name(self) -> str:
        """As the package's file is called."""
        return self.package.path.name.removesuffix(".gz").removesuffix(".tar").removesuffix(".tgz")


def rows(seen: Sequence[Seen], drawings: Sequence[str | None], found: pl.DataFrame) -> pl.DataFrame:
    """A row per image that was named, with the objects of its bytes, whatever its names are."""
    named = pl.DataFrame(
        {
            "image": [each.digest for each in seen],
            "name": [each.name for each in seen],
            "video": pl.Series([each.video for each in seen], dtype=pl.String),
            "time": pl.Series([each.time for each in seen], dtype=pl.Float64),
            "drawing": pl.Series(list(drawings), dtype=pl.String),
        }
    )
    return named.join(found, on="image", how="left", maintain_order="left")


def believed(found: pl.DataFrame, threshold: float) -> pl.Series:
    """Per image the objects whose score is at least that."""
    score = pl.element().struct.field("score")
    return found.select(
        pl.col("objects").list.eval(pl.element().filter(score >= threshold))
    ).to_series()


def write_results(
    path: Path, found: pl.DataFrame, model: Model, skipped: Mapping[str, str]
) -> None:
    """Write all objects with their scores, those below the threshold, too, one in a line."""
    classes = {name: at for at, name in enumerate(model.package.class_names, start=1)}
    parts: dict[str, Any] = {
        "info": {"description": _ABOUT, "ymir": __version__},
        "model": _described(model),
        "threshold": model.threshold,
        "skipped": [{"file_name": name, "why": why} for name, why in skipped.items()],
        "categories": [{"id": at, "name": name} for name, at in classes.items()],
    }
    with path.open("wb") as file:
        file.write(orjson.dumps(parts)[:-1])
        for name, entries in (
            ("images", _images(found)),
            ("annotations", _annotations(found, classes)),
        ):
            file.write(f',\n"{name}":['.encode())
            for at, entry in enumerate(entries):
                file.write((b",\n" if at else b"\n") + orjson.dumps(entry))
            file.write(b"]")
        file.write(b"}\n")


def _described(model: Model) -> dict[str, Any]:
    package = model.package
    return {
        "package": package.path.name,
        "stage": package.best_stage,
        "executor": package.executor,
        "map": package.best.map,
    }


def _images(found: pl.DataFrame) -> Iterator[dict[str, Any]]:
    columns = ("name", "image", "width", "height", "video", "time", "drawing")
    for at, row in enumerate(found.select(columns).iter_rows(), start=1):
        name, digest, width, height, video, time, drawing = row
        place = {"video": video, "time": time} if video is not None else {}
        shown = {"drawing": drawing} if drawing is not None else {}
        size = {"width": width, "height": height}
        yield {"id": at, "file_name": name, **size, "md5": digest, **place, **shown}


def _annotations(found: pl.DataFrame, classes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    number = 0
    for at, objects in enumerate(found["objects"], start=1):
        for each in objects.to_list():
            number += 1
            box = [round(each[side], 2) for side in "xywh"]
            yield {
                "id": number,
                "image_id": at,
                "category_id": classes[each["label"]],
                "bbox": box,
                "area": round(each["w"] * each["h"], 2),
                "iscrowd": 0,
                "score": round(each["score"], 4),
            }
