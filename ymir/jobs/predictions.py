"""What an inference found: `out/infer-result.json` as a dataset whose objects have scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from ymir.data.table import OBJECT, SCHEMA, check
from ymir.jobs.outputs import read_json, wrong
from ymir.jobs.remarks import Remark

FILE = "infer-result.json"
# How far a box may stick out of its image before it is a lie and no longer rounding.
OVERHANG_PIXELS, OVERHANG_SHARE = 2.0, 0.01

_FOUND = pl.Schema(
    {
        "image": pl.String,
        "label": pl.String,
        "score": pl.Float64,
        "x": pl.Float64,
        "y": pl.Float64,
        "w": pl.Float64,
        "h": pl.Float64,
    }
)


@dataclass(frozen=True, eq=False)
class Found:
    """The images that were asked for, each with the objects found in it."""

    images: pl.DataFrame
    remarks: tuple[Remark, ...] = ()


def read_predictions(out: Path, images: pl.DataFrame, class_names: Sequence[str]) -> Found:
    """`images`, each with the objects that the executor found in it; or what is wrong."""
    answers = _answers(read_json(out, FILE), set(images["image"]))
    missing = images.height - len(answers)
    if missing:
        first = next(image for image in images["image"] if image not in answers)
        raise wrong(FILE, f"{missing} of {images.height} images have no answer, {first} for one")
    found = pl.DataFrame(list(_rows(answers)), schema=_FOUND, orient="row")
    truthful = _checked(found.join(images.select("image", "width", "height"), on="image"))
    _refuse(truthful, ~pl.col("label").is_in(list(class_names)), "of an unknown class: `{label}`")
    return Found(_put_together(images, truthful))


def _answers(result: Mapping[str, Any], asked: set[str]) -> dict[str, list[Any]]:
    """Image -> its boxes as the executor wrote them."""
    detection = result.get("detection")
    if not isinstance(detection, dict):
        raise wrong(FILE, "`detection` must be a mapping of images to boxes")
    answers: dict[str, list[Any]] = {}
    for key, answer in detection.items():
        image = PurePosixPath(key).stem
        if image not in asked:
            raise wrong(FILE, f"`{key}` is not an image that was asked for")
        if image in answers:
            raise wrong(FILE, f"image {image} has two answers")
        if not isinstance(answer, dict):
            raise wrong(FILE, f"the answer for {image} must be a mapping")
        boxes = answer.get("boxes", answer.get("annotations")) or []
        if not isinstance(boxes, list):
            raise wrong(FILE, f"the boxes of {image} must be a list")
        answers[image] = boxes
    return answers


def _rows(answers: Mapping[str, Sequence[Any]]) -> Iterator[tuple[object, ...]]:
    for image, boxes in answers.items():
        for each in boxes:
            yield (image, *_row(image, each))


def _row(image: str, each: Any) -> tuple[object, ...]:  # noqa: ANN401 - whatever JSON held
    try:
        place = each["box"]
        score = each["score"] if "score" in each else each["confidence"]
        numbers = (score, place["x"], place["y"], place["w"], place["h"])
        return (str(each["class_name"]).strip().lower(), *map(float, numbers))
    except KeyError as error:
        raise wrong(FILE, f"a box of {image} has no `{error.args[0]}`") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise wrong(FILE, f"a box of {image} cannot be read: {error}") from error


def _checked(found: pl.DataFrame) -> pl.DataFrame:
    """The objects, cut at the border of their image; a figure that cannot be true is refused."""
    x, y, w, h = (pl.col(name) for name in "xywh")
    wide, high = (pl.col(name).cast(pl.Float64) for name in ("width", "height"))
    slack_x, slack_y = (
        pl.max_horizontal(side * OVERHANG_SHARE, OVERHANG_PIXELS) for side in (wide, high)
    )
    numbers = pl.all_horizontal(pl.col(name).is_finite() for name in ("score", *"xywh"))
    _refuse(found, ~numbers, "with a figure that is not a number")
    _refuse(found, ~pl.col("score").is_between(0, 1), "with a score outside 0..1: {score}")
    _refuse(found, (w < 0) | (h < 0), "with a negative size: {w} x {h}")
    beyond = (x < -slack_x) | (y < -slack_y) | (x + w > wide + slack_x) | (y + h > high + slack_y)
    _refuse(found, beyond, "outside of its {width} x {height} pixels: {x}, {y}, {w}, {h}")
    left, top = x.clip(0, wide), y.clip(0, high)
    return found.with_columns(
        x=left,
        y=top,
        w=(x + w).clip(0, wide) - left,
        h=(y + h).clip(0, high) - top,
    )


def _refuse(found: pl.DataFrame, is_wrong: pl.Expr, how: str) -> None:
    bad = found.filter(is_wrong)
    if not bad.is_empty():
        first = bad.row(0, named=True)
        more = f" (and {bad.height - 1} more)" if bad.height > 1 else ""
        raise wrong(FILE, f"image {first['image']} has a box {how.format(**first)}{more}")


def _put_together(images: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The images with these objects in place of their own, the surest first."""
    bare = {"crowd": pl.lit(value=False), "mask": pl.lit(None), "attributes": pl.lit([])}
    fields = [field.name for field in OBJECT.fields]
    objects = (
        found.with_columns(**bare)
        .sort("score", descending=True, maintain_order=True)
        .group_by("image", maintain_order=True)
        .agg(pl.struct(fields).cast(OBJECT).alias("objects"))
    )
    empty = pl.lit([], dtype=SCHEMA["objects"])
    return check(
        images.drop("objects")
        .join(objects, on="image", how="left", maintain_order="left")
        .with_columns(pl.col("objects").fill_null(empty))
        .select(list(SCHEMA))
    )
