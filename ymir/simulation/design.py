"""How a simulation goes: which strategies, from which starts, in how large steps."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import polars as pl

from ymir.data.table import counts
from ymir.errors import DataError
from ymir.simulation.ground import Ground

RANDOM = "random"  # by lot and nothing else: what there would be without mining
LIMITED = "random+limits"  # by lot, with the project's limits: near duplicates, groups
ROUNDS = 6
_STEPS = 10  # the labelled images are at least so many batches, unless somebody says otherwise
_LEAST = 4  # images in a batch


@dataclass(frozen=True)
class Design:
    """`start` images are labelled at first, `topk` more in each of `rounds` rounds."""

    strategies: tuple[str, ...]
    seeds: tuple[int, ...]
    start: int
    topk: int
    rounds: int

    @property
    def trainings(self) -> int:
        """At most so many: the first of a seed is shared, and one has all labels."""
        return len(self.seeds) * (2 + len(self.strategies) * self.rounds)


@dataclass(frozen=True)
class Wishes:
    """What somebody asked for; None: as it fits the project."""

    strategies: tuple[str, ...] = ()
    seeds: int = 5
    start: int | None = None
    topk: int | None = None
    rounds: int | None = None


def design(ground: Ground, wishes: Wishes) -> Design:
    """The simulation that was asked for, or an error where the labelled images are too few.

    A batch is as large as the project's, but a tenth of the labelled images at most; there are
    six rounds, or as many as leave a third of the images out.
    """
    images = ground.labelled.height
    topk = wishes.topk or min(ground.project.mine.topk, images // _STEPS)
    start = wishes.start or topk
    rounds = wishes.rounds or min(ROUNDS, (2 * images // 3 - start) // max(topk, 1))
    if min(topk, start) < _LEAST and not (wishes.topk and wishes.start):
        raise DataError(
            f"`{ground.project.name}` has {images} images with labels: too few to tell strategies "
            "apart",
            hint=f"with {_LEAST * _STEPS} it begins to make sense; labels of training sets, of "
            "batches that came back and of the pool count, those of testing and validation do not",
        )
    if rounds < 1 or start + rounds * topk > images:
        raise DataError(
            f"{start} images at first and {rounds} rounds of {topk} are more than the {images} "
            f"images of `{ground.project.name}` that have labels",
            hint="ask for less: `--start`, `--topk`, `--rounds`",
        )
    _refuse_blank(ground)
    return Design(wishes.strategies, tuple(range(1, wishes.seeds + 1)), start, topk, rounds)


def first_images(ground: Ground, count: int, seed: int) -> tuple[str, ...]:
    """The images that are labelled at first: by lot, one with a box among them.

    Rare classes may be missing: to find them is what strategies differ in most.
    """
    drawn = sorted(ground.labelled["image"], key=lambda image: _lot(image, seed))
    has_box = pl.col("objects").list.len() > 0
    boxed = set(ground.labelled.filter(has_box)["image"])
    first = next(image for image in drawn if image in boxed)
    others = [image for image in drawn if image != first]
    return tuple(sorted([first, *others[: count - 1]]))


def _refuse_blank(ground: Ground) -> None:
    """Without a box there is nothing to learn."""
    if not counts(ground.labelled)["boxes"]:
        raise DataError(
            f"the labelled images of `{ground.project.name}` have no box",
            hint="check the annotations of the datasets under `data: training:` and `mining:`",
        )


def _lot(image: str, seed: int) -> str:
    return sha256(f"start {seed}:{image}".encode()).hexdigest()
