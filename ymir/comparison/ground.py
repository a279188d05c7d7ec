"""The labelled images on which all models of a comparison are judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import polars as pl

from ymir.comparison.entrants import Entrant
from ymir.comparison.records import Records, consumed
from ymir.data.ops.merge import merge
from ymir.data.table import check, counts, predictions
from ymir.errors import DataError, SpecError
from ymir.media.tables import read_table
from ymir.plan.snapshot import Recipe
from ymir.plan.stage import RoundOf
from ymir.plugins import nearest
from ymir.spec.pins import dataset_of

Role = Literal["testing", "validation"]
ROLES: tuple[Role, ...] = ("testing", "validation")


@dataclass(frozen=True)
class Ground:
    """Versions of datasets: name, as `test@v1` -> digest."""

    datasets: Mapping[str, str]

    @property
    def content(self) -> frozenset[str]:
        """What stands for the images and labels, whatever they are called."""
        return frozenset(self.datasets.values())

    @property
    def name(self) -> str:
        """As people read it."""
        return ", ".join(self.datasets)

    @property
    def digest(self) -> str:
        """Of the dataset; of several, a digest of theirs."""
        if len(self.content) == 1:
            return next(iter(self.content))
        return sha256(" ".join(sorted(self.content)).encode()).hexdigest()[:32]


def chosen_ground(names: Sequence[str], records: Records) -> Ground:
    """The datasets that somebody named: `test`, the newest version, or `test@v2`."""
    return Ground(dict(_version(name, records) for name in names))


def shared_ground(entrants: Sequence[Entrant], records: Records) -> Ground:
    """The testing set that all rounds among these were judged on."""
    places = [each.place for each in entrants if each.place]
    if not places:
        raise SpecError(
            "none of these is a round, so there is no testing set that they share",
            hint="say on which dataset to judge them: `--on DATASET`",
        )
    grounds = [_judged_on(place, records) for place in places]
    for place, ground in zip(places, grounds, strict=True):
        if ground.content != grounds[0].content:
            raise SpecError(
                f"`{places[0]}` was judged on {_listed(grounds[0])}, "
                f"and `{place}` on {_listed(ground)}",
                hint="`ymir apply` judges all rounds of a project anew when its testing set "
                f"changes; `--on {next(iter(grounds[0].datasets))}` runs each model on that set",
            )
    return grounds[0]


def content_of(place: RoundOf, role: Role, recipe: Recipe, records: Records) -> frozenset[str]:
    """What a stage of a round took as its project's testing or validation set; empty: unknown."""
    found = [consumed(recipe, name) for name in _names(place, role, records)]
    return frozenset() if None in found else frozenset(filter(None, found))


def truth_of(ground: Ground, records: Records) -> pl.DataFrame:
    """The images with their labels, in the order of their digests."""
    tables = [
        check(read_table(records.store.open(name) / "images.parquet")) for name in ground.datasets
    ]
    images = merge(*tables)
    if count := predictions(images):
        raise DataError(
            f"{count} boxes of {_listed(ground)} have scores: they are predictions, not labels",
            hint="models are judged by labels",
        )
    if not counts(images)["boxes"]:
        raise DataError(
            f"{_listed(ground)} has no box: no model can be judged on it",
            hint="choose a labelled dataset with `--on`",
        )
    return images


def _judged_on(place: RoundOf, records: Records) -> Ground:
    if place.project not in records.specs.projects:
        raise SpecError(
            f"no spec defines the project of `{place}` any more, so its testing set is not known",
            hint="say on which dataset to judge: `--on DATASET`",
        )
    recipe = records.observed[place.stage("judge")].recipe
    found: dict[str, str] = {}
    for name in _names(place, "testing", records):
        digest = consumed(recipe, name)
        if digest is None:
            raise SpecError(
                f"`{place}` was not judged on `{name}`, which its project tests on now",
                hint="`ymir apply` judges it anew; `--on DATASET` compares on another dataset",
            )
        found[_recorded_as(name, digest, place, records)] = digest
    return Ground(found)


def _names(place: RoundOf, role: Role, records: Records) -> tuple[str, ...]:
    project = records.specs.projects.get(place.project)
    if project is None:
        return ()
    return project.data.testing if role == "testing" else project.data.validation


def _recorded_as(name: str, digest: str, place: RoundOf, records: Records) -> str:
    """The version that has this digest; it may have been pruned since."""
    versions = records.versions(dataset_of(name))
    same = [each for each in versions if records.observed[each].digest == digest]
    if not same:
        raise SpecError(
            f"`{place}` was judged on a version of `{dataset_of(name)}` that is gone",
            hint="`ymir apply` judges it anew on the newest; `--on DATASET` runs its model",
        )
    return same[-1]


def _version(name: str, records: Records) -> tuple[str, str]:
    versions = records.versions(dataset_of(name))
    if not versions or ":" in name:
        datasets = sorted({dataset_of(each) for each in records.observed if _is_version(each)})
        hint = nearest(name, datasets) if datasets else "`ymir apply` makes them"
        raise SpecError(f"no dataset called `{name}` is recorded", hint=hint)
    found = versions[-1] if "@" not in name else name
    if found not in versions:
        known = ", ".join(f"`{each}`" for each in versions)
        raise SpecError(f"no version `{name}` is recorded", hint=f"there is {known}")
    return found, records.observed[found].digest


def _is_version(name: str) -> bool:
    return "@v" in name and ":" not in name


def _listed(ground: Ground) -> str:
    return ", ".join(f"`{name}`" for name in ground.datasets)
