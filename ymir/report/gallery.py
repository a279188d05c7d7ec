"""The images of a round: those the model got most wrong, and those it wants labelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import polars as pl

from ymir.data.table import objects_of
from ymir.report.model import Batch, Box, Errors, Mined, Picture, Worst
from ymir.report.pictures import small_copy
from ymir.report.record import Locate, RoundRecord
from ymir.spec.project import ProjectSpec

MOST_WORST = 24
MOST_MINED = 40
WORST_SIDE = 448
MINED_SIDE = 288
FAINT = 0.5  # of the threshold; fainter guesses on mined images only hide the picture

Kind = Literal["truth", "tp", "fp", "fn", "guess", "label"]
Boxes = Mapping[str, tuple[Box, ...]]


def worst_images(testing: pl.DataFrame, now: RoundRecord, locate: Locate) -> Errors:
    """The testing images with the most wrong boxes; of equals, the surest mistakes first."""
    matches = now.table("matches")
    threshold = now.testing.threshold
    if matches is None:
        return Errors((), testing.height, 0, threshold)
    decided = _at_threshold(matches, threshold)
    ranked = _ranked(decided)
    shown = ranked.head(MOST_WORST)
    boxes = _judged_boxes(decided.join(shown, on="image", how="semi"))
    places = locate(shown["image"].to_list())
    files = _files([_only(testing, shown)])
    worst = tuple(
        Worst(_picture(image, files, places, boxes, WORST_SIDE), found, invented, missed)
        for image, found, invented, missed in shown.iter_rows()
    )
    return Errors(worst, testing.height, ranked.height, threshold)


def mined_batch(spec: ProjectSpec, now: RoundRecord, locate: Locate) -> Batch | None:
    """The images that were picked, best first; None where the round has not mined."""
    mined = now.table("mined")
    if mined is None:
        return None
    shown = mined.sort("rank").head(MOST_MINED)
    pool, labelled = (_only(now.table(name), shown) for name in ("pool", "labelled"))
    guesses = _boxes_of(pool, "guess", least=FAINT * now.testing.threshold)
    labels = _boxes_of(labelled, "label")
    both = {image: guesses.get(image, ()) + labels.get(image, ()) for image in {*guesses, *labels}}
    places = locate(shown["image"].to_list())
    files = _files([pool, labelled])
    columns = shown.select("image", "rank", "score", "why").iter_rows()
    people = now.table("labelled")
    return Batch(
        shown=tuple(
            Mined(_picture(image, files, places, both, MINED_SIDE), rank, score, why)
            for image, rank, score, why in columns
        ),
        mined=mined.height,
        strategy=spec.mine.use,
        labelled=None if people is None else people.height,
        boxes=None if people is None else int(people["objects"].list.len().sum()),
    )


def _at_threshold(matches: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """What a user of the model sees: fainter predictions are gone, and what they found is missed.

    The judge matches every prediction and gives a found truth the score of its finder.
    """
    is_faint = pl.col("score") < threshold
    is_truth = pl.col("side") == "truth"
    return matches.filter(is_truth | ~is_faint).with_columns(
        outcome=pl.when(is_truth & is_faint & (pl.col("outcome") == "tp"))
        .then(pl.lit("fn"))
        .otherwise(pl.col("outcome"))
    )


def _ranked(matches: pl.DataFrame) -> pl.DataFrame:
    outcome, side = pl.col("outcome"), pl.col("side")
    counted = matches.group_by("image").agg(
        found=((outcome == "tp") & (side == "prediction")).sum(),
        invented=((outcome == "fp") & (side == "prediction")).sum(),
        missed=((outcome == "fn") & (side == "truth")).sum(),
        sureness=pl.col("score").filter(outcome == "fp").sum(),
    )
    wrong = counted.filter(pl.col("invented") + pl.col("missed") > 0)
    order = [pl.col("invented") + pl.col("missed"), pl.col("sureness"), pl.col("image")]
    return wrong.sort(order, descending=[True, True, False]).select(
        "image", "found", "invented", "missed"
    )


def _judged_boxes(matches: pl.DataFrame) -> Boxes:
    """A found truth is drawn as plain truth, under the prediction that found it."""
    kinds = matches.filter(pl.col("outcome") != "ignored").with_columns(
        kind=pl.when((pl.col("side") == "truth") & (pl.col("outcome") == "tp"))
        .then(pl.lit("truth"))
        .otherwise(pl.col("outcome")),
        score=pl.when(pl.col("side") == "prediction").then(pl.col("score")),
    )
    return _by_image(kinds.sort(pl.col("kind") != "truth", maintain_order=True))


def _boxes_of(images: pl.DataFrame | None, kind: Kind, least: float = 0.0) -> Boxes:
    if images is None:
        return {}
    objects = objects_of(images).filter(pl.col("score").fill_null(1.0) >= least)
    return _by_image(objects.with_columns(kind=pl.lit(kind)))


def _by_image(rows: pl.DataFrame) -> Boxes:
    columns = ("kind", "label", "score", "x", "y", "w", "h")
    found: dict[str, list[Box]] = {}
    for image, *values in rows.select("image", *columns).iter_rows():
        found.setdefault(image, []).append(Box(*values))
    return {image: tuple(boxes) for image, boxes in found.items()}


def _only(images: pl.DataFrame | None, shown: pl.DataFrame) -> pl.DataFrame | None:
    return None if images is None else images.join(shown, on="image", how="semi")


def _files(tables: Iterable[pl.DataFrame | None]) -> Mapping[str, Sequence[Any]]:
    """Image -> its file name, width and height, as far as the tables know them."""
    columns = ("image", "file", "width", "height")
    known = [each.select(columns) for each in tables if each is not None]
    return {image: about for each in known for image, *about in each.iter_rows()}


def _picture(
    image: str,
    files: Mapping[str, Sequence[Any]],
    places: Mapping[str, Path],
    boxes: Boxes,
    side: int,
) -> Picture:
    file, width, height = files.get(image, ("", 0, 0))
    copy = small_copy(places[image], side) if image in places else None
    return Picture(
        image=image,
        file=PurePosixPath(file).name or image[:12],
        width=copy.width if copy else width or side,
        height=copy.height if copy else height or side,
        uri=copy.uri if copy else None,
        boxes=boxes.get(image, ()),
    )
