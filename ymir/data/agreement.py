"""How far people agree who answered for the same images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from ymir.data.answers import LABELLED
from ymir.data.pairing import Object, pairs

_DECIMALS = 4


@dataclass(frozen=True)
class Agreement:
    """Of `images` that were labelled more than once: how alike the answers are, two at a time.

    `f1` is twice the boxes that both drew, by the `boxes` that either drew; `iou` is the mean
    overlap of the former. Both answers without a box are in full agreement.
    """

    images: int
    boxes: int
    f1: float
    iou: float | None  # None where no box was drawn twice


def agreement(answers: pl.DataFrame) -> Agreement | None:
    """How far the answers agree; None where no image was labelled twice."""
    return _agreement(list(_both(answers)))


def agreements(answers: pl.DataFrame) -> dict[tuple[str, str], Agreement]:
    """The same for each two people who answered for the same images, in the order of their names.

    One person who answered twice agrees with themselves, or does not.
    """
    found: dict[tuple[str, str], list[_Two]] = {}
    for two in _both(answers):
        if two.people is not None:
            found.setdefault(two.people, []).append(two)
    counted = {people: _agreement(found[people]) for people in sorted(found)}
    return {people: agreed for people, agreed in counted.items() if agreed}


@dataclass(frozen=True)
class _Two:
    """Two answers for one image."""

    image: str
    people: tuple[str, str] | None  # None where it is not known who answered
    one: list[Object]
    other: list[Object]


def _both(answers: pl.DataFrame) -> Iterator[_Two]:
    """Every two answers with labels for the same image."""
    labelled = answers.filter(pl.col("state") == LABELLED)
    several = labelled.filter(pl.col("image").is_duplicated()).sort("image", "copy", "at", "by")
    for (image,), rows in several.group_by("image", maintain_order=True):
        said = list(rows.select("by", "objects").iter_rows())
        for (first, one), (second, other) in combinations(said, 2):
            who = sorted((first, second)) if first and second else None
            yield _Two(str(image), (who[0], who[1]) if who else None, one, other)


def _agreement(compared: list[_Two]) -> Agreement | None:
    if not compared:
        return None
    boxes = sum(len(two.one) + len(two.other) for two in compared)
    shared = [overlap for two in compared for _, _, overlap in pairs(two.one, two.other)]
    return Agreement(
        images=len({two.image for two in compared}),
        boxes=boxes,
        f1=round(2 * len(shared) / boxes, _DECIMALS) if boxes else 1.0,
        iou=round(sum(shared) / len(shared), _DECIMALS) if shared else None,
    )
