"""Builds the album of a page: its images, their truth, and what each candidate found in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from ymir.report.album.columns import References, references
from ymir.report.album.gathered import gathered, leaking_images, mined_images, testing_images
from ymir.report.album.overlays import (
    boxes_of,
    found_columns,
    guessed_boxes,
    judged_boxes,
    surest,
    truth_columns,
)
from ymir.report.record import Judged
from ymir.report.shown.album import (
    MINED,
    TESTING,
    Album,
    Candidate,
    DoubtMarks,
    Found,
    Group,
    Images,
)
from ymir.report.shown.batches import Leak
from ymir.report.shown.quality import Changes, Doubt

BESIDE = "images/"
MOST_BOXES = 150_000  # of one candidate; those at or above its threshold are kept all the same
_FAINT = 0.5  # of the threshold: fainter guesses on picked images only hide the picture


@dataclass(frozen=True)
class Extras:
    """What an album shows beside the testing set and what was found in it."""

    mined: pl.DataFrame | None = None  # `image`, `rank`, `why`
    pool: pl.DataFrame | None = None  # with the model's guesses
    labelled: pl.DataFrame | None = None  # with what people drew
    again: pl.DataFrame | None = None  # what people had seen before, with its labels of then
    answers: pl.DataFrame | None = None  # all that was said of them
    training: pl.DataFrame | None = None  # with what leaking images taught
    leaks: Sequence[Leak] = ()
    slices: Mapping[str, Sequence[str] | pl.Series] = field(default_factory=dict)  # digests by name
    changes: Changes | None = None
    doubts: Sequence[Doubt] = ()
    pages: Sequence[tuple[int, str]] = ()  # of rounds; those of candidates are not needed


def album_of(
    testing: pl.DataFrame,
    judged: Sequence[Judged],
    labels: Sequence[str],
    extras: Extras | None = None,
    *,
    most: int = MOST_BOXES,
) -> Album:
    """The testing set as `judged` saw it, the page's own model first; then the rest.

    Each image stands once, and none has a picture yet. Truth of other labels than `labels` is
    background to the judge, and is not shown.
    """
    more = extras or Extras()
    images = _images(testing, more)
    truth = boxes_of(images, labels)
    found, faint = _found(judged, images, labels, most)
    if judged:
        found[0] = pl.concat([found[0], _guesses(more, images, labels, judged[0])]).sort(
            "row", maintain_order=True
        )
    tags, attributes = references(images["tags"]), references(truth["attributes"])
    row_of: dict[str, int] = dict(images.select("image", "row").iter_rows())
    return Album(
        classes=tuple(labels),
        candidates=tuple(
            Candidate(each.name, each.round, each.scores.threshold) for each in judged
        ),
        tags=tags.pairs,
        attributes=attributes.pairs,
        images=_about(images, tags.places),
        truth=truth_columns(truth, attributes.places, images.height),
        found=tuple(_columns(found, truth, judged, images.height)),
        groups=tuple(_groups(more, row_of)),
        doubts=_marks(more.doubts, row_of),
        left_out="; ".join([*faint, *_crowded(tags, "tag"), *_crowded(attributes, "attribute")]),
        pages=_pages(more, judged),
        beside=BESIDE,
    )


def _images(testing: pl.DataFrame, more: Extras) -> pl.DataFrame:
    parts = [testing_images(testing)]
    if more.mined is not None:
        parts.append(mined_images(more.mined, [more.labelled, more.again, more.pool], more.answers))
    if more.leaks:
        parts.append(leaking_images(more.leaks, more.training))
    return gathered(parts)


def _about(images: pl.DataFrame, tags: Sequence[Sequence[int]]) -> Images:
    return Images(
        id=images["image"].to_list(),
        file=images["file"].to_list(),
        width=images["width"].to_list(),
        height=images["height"].to_list(),
        set=images["set"].to_list(),
        tags=tags,
        note=images["note"].to_list(),
        picture=[-2] * images.height,
    )


def _crowded(found: References, what: str) -> Iterator[str]:
    for key in found.left_out:
        yield f"the {what} `{key}` has too many values to choose from"


def _found(
    judged: Sequence[Judged], images: pl.DataFrame, labels: Sequence[str], most: int
) -> tuple[list[pl.DataFrame], list[str]]:
    """What each candidate found in testing images, and words for what is left out of it."""
    places = images.filter(pl.col("set") == TESTING).select("image", "row")
    found, faint = [], []
    for each in judged:
        boxes, line = surest(judged_boxes(each, places, labels), most, each.scores.threshold)
        found.append(boxes)
        if line is not None:
            faint.append(f"boxes that {each.name} scored {line:.3f} or less are left out")
    return found, faint


def _guesses(
    more: Extras, images: pl.DataFrame, labels: Sequence[str], judged: Judged
) -> pl.DataFrame:
    places = images.filter(pl.col("set") == MINED).select("image", "row")
    pool = images.clear() if more.pool is None else more.pool.join(places, on="image")
    return guessed_boxes(pool.sort("row"), labels, least=_FAINT * judged.scores.threshold)


def _columns(
    found: Sequence[pl.DataFrame], truth: pl.DataFrame, judged: Sequence[Judged], images: int
) -> Iterator[Found]:
    for boxes, each in zip(found, judged, strict=True):
        yield found_columns(boxes, truth, each.scores.threshold, images)


def _groups(more: Extras, row_of: Mapping[str, int]) -> Iterator[Group]:
    for name, images in more.slices.items():
        yield Group("slice", name, sorted(row_of[each] for each in images if each in row_of))
    if more.changes:
        both = {"fixed": more.changes.fixed, "broken": more.changes.broken}
        for name, changed in both.items():
            rows = tuple(row_of[each.image] for each in changed if each.image in row_of)
            yield Group("change", name, rows)


def _marks(doubts: Sequence[Doubt], row_of: Mapping[str, int]) -> DoubtMarks:
    known = [each for each in doubts if each.image in row_of]
    return DoubtMarks(
        row=tuple(row_of[each.image] for each in known),
        kind=tuple(each.kind for each in known),
        says=tuple(_doubt_says(each) for each in known),
        x=tuple(round(each.x, 1) for each in known),
        y=tuple(round(each.y, 1) for each in known),
        w=tuple(round(each.w, 1) for each in known),
        h=tuple(round(each.h, 1) for each in known),
    )


def _doubt_says(each: Doubt) -> str:
    sees = f"the model sees {each.said} ({each.score:.2f})"
    match each.kind:
        case "missing":
            return f"{sees} where no label is"
        case "wrong class":
            return f"labelled {each.label}, but {sees}"
        case "badly placed":
            overlap = "" if each.iou is None else f": IoU {each.iou:.2f} with the label"
            return f"{sees} beside its label{overlap}"


def _pages(more: Extras, judged: Sequence[Judged]) -> tuple[tuple[int, str], ...]:
    here = {each.round for each in judged}
    return tuple((number, page) for number, page in more.pages if number not in here)
