"""What a simulation takes, as far as the project's own rounds tell. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ymir.plan.history import seconds_of
from ymir.plan.snapshot import Snapshot
from ymir.plan.stage import RoundOf
from ymir.simulation.design import Design


@dataclass(frozen=True)
class Forecast:
    """At most so many jobs; `seconds` is about how long, None where no round tells."""

    trainings: int
    seconds: float | None = None


def forecast(design: Design, project: str, width: int, observed: Snapshot) -> Forecast:
    """By the longest training and the longest look at held-out images of the project's rounds."""
    trained = list(_took(project, "train", observed))
    if not trained:
        return Forecast(design.trainings)
    each = max(trained) + max(_took(project, "predict", observed), default=0.0)
    return Forecast(design.trainings, design.trainings * each / min(width, design.trainings))


def _took(project: str, kind: str, observed: Snapshot) -> Iterator[float]:
    """The seconds of what the project's rounds made of this kind."""
    for name, version in observed.items():
        place = RoundOf.of(name)
        if place is None or place.project != project or version.recipe.kind != kind:
            continue
        seconds = seconds_of(version)
        if seconds:
            yield seconds
