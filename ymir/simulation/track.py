"""One strategy from one start: train, look, judge, pick, reveal the labels, and again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass

import polars as pl

from ymir.simulation.asks import Fit, Look
from ymir.simulation.choosing import Chooser
from ymir.simulation.curves import Point
from ymir.simulation.design import Design


@dataclass(frozen=True, eq=False)
class Seen:
    """What a model found in the images that it was asked to look at, and what it is worth."""

    found: pl.DataFrame
    point: Point


Track = Generator[Look, Seen, tuple[Point, ...]]
Ordering = Callable[[Collection[str], int, Fit | None], Fit]  # images, seed, the model before
Looking = Callable[[Fit, Sequence[str]], Look]


@dataclass(frozen=True, eq=False)
class Course:
    """What all tracks have in common."""

    design: Design
    images: Sequence[str]  # all that have labels
    fit: Ordering
    look: Looking


def track(course: Course, first: Collection[str], seed: int, chooser: Chooser) -> Track:
    """Asks for one look after another; the points of the curve are what it ends with.

    The first look is the same for all strategies: at all images that have no label yet.
    """
    labelled, points = set(first), list[Point]()
    fit: Fit | None = None
    for number in range(course.design.rounds + 1):
        fit = course.fit(labelled, seed, fit)
        rest = [image for image in course.images if image not in labelled]
        is_last = number == course.design.rounds or not rest
        is_looking = not is_last and (number == 0 or chooser.needs_predictions)
        seen = yield course.look(fit, rest if is_looking else ())
        points.append(seen.point)
        if is_last:
            break
        picked = chooser.pick(rest, labelled, seen)
        if not picked:  # the limits leave nothing more
            break
        labelled |= set(picked)
    return tuple(points)


def everything(course: Course, seed: int, before: Fit | None) -> Track:
    """The model that has all labels: one point."""
    seen = yield course.look(course.fit(course.images, seed, before), ())
    return (seen.point,)
