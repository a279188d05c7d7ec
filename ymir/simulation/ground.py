"""What a simulation stands on: images with labels, and the sets that it is judged by."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import polars as pl

from ymir.comparison.records import Records
from ymir.data.leakage import group, near, same
from ymir.data.ops.filter import filter_labels
from ymir.data.ops.merge import merge
from ymir.data.table import SCHEMA, check, counts, predictions
from ymir.errors import DataError, SpecError
from ymir.media.phash import phashes
from ymir.media.store import MediaStore
from ymir.media.tables import read_table
from ymir.plan.history import newest_round
from ymir.plan.stage import RoundOf
from ymir.plugins import nearest
from ymir.spec.project import ProjectSpec

_ALL_LABELLED = "existing"  # `label: {use: existing}`: an image of the pool without boxes is empty


@dataclass(frozen=True, eq=False)
class Ground:
    """The project, its images with labels, and what every model is judged on."""

    project: ProjectSpec
    labelled: pl.DataFrame
    testing: pl.DataFrame
    validation: pl.DataFrame

    @cached_property
    def digests(self) -> dict[str, str]:
        """Image -> what stands for it and its labels, of all three sets."""
        return {name: mark for each in self._sets for name, mark in _marks(each)}

    @cached_property
    def judged_by(self) -> str:
        """What stands for the testing set."""
        return digest_of(dict(_marks(self.testing)))

    @property
    def _sets(self) -> tuple[pl.DataFrame, ...]:
        return self.labelled, self.testing, self.validation

    def of(self, images: Collection[str]) -> pl.DataFrame:
        """The rows of these labelled images, in the order of their digests."""
        return self.labelled.filter(pl.col("image").is_in(list(images)))

    def boxes(self, images: Collection[str]) -> dict[str, int]:
        """How many boxes of each class they hold."""
        return dict(counts(self.of(images))["per_class"])


def digest_of(parts: object) -> str:
    """A short digest of plain values."""
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def ground(name: str, records: Records) -> Ground:
    """Everything of the project that has labels; an error where nothing can be made of it."""
    project = project_of(name, records)
    data = project.data
    testing = _known(_together(records, data.testing, "testing"), project)
    validation = _known(_together(records, data.validation, "validation"), project)
    found = [_labels(each) for each in _with_labels(project, records)]
    labelled = merge(*found, on_conflict="last") if found else SCHEMA.to_frame()
    if not counts(testing)["boxes"]:
        raise DataError(
            f"the testing set of `{name}` has no box: nothing can be judged on it",
            hint="check the annotations of the datasets under `data: testing:`",
        )
    return Ground(
        project,
        _known(_apart(labelled, testing, validation, project, records), project),
        testing,
        validation,
    )


def project_of(name: str, records: Records) -> ProjectSpec:
    """The project called so."""
    known = records.specs.projects
    if name not in known:
        raise SpecError(f"no project is called `{name}`", hint=nearest(name, known))
    return known[name]


def _with_labels(project: ProjectSpec, records: Records) -> Iterator[pl.DataFrame]:
    """The pool, the training sets, and the batches that came back: the newest labels come last."""
    is_labelled = project.label.use == _ALL_LABELLED
    for name in project.data.mining:
        pool = _table(records, name, "mining")
        yield pool if is_labelled else pool.filter(pl.col("objects").list.len() > 0)
    for name in project.data.training:
        yield _table(records, name, "training")
    for number in range(1, newest_round(project.name, records.observed) + 1):
        stage = RoundOf(project.name, number).stage("label")
        if file := records.table(stage, "labelled.parquet"):
            yield check(read_table(file))


def _labels(images: pl.DataFrame) -> pl.DataFrame:
    """The images of which no box is a prediction."""
    if not predictions(images):
        return images
    is_guess = pl.element().struct.field("score").is_not_null()
    return images.filter(~pl.col("objects").list.eval(is_guess).list.any())


def _together(records: Records, names: Collection[str], part: str) -> pl.DataFrame:
    return merge(*(_table(records, name, part) for name in names), on_conflict="last")


def _table(records: Records, name: str, part: str) -> pl.DataFrame:
    file = records.table(name, "images.parquet")
    if file is None:
        raise DataError(
            f"the dataset `{name}`, of `data: {part}:`, is not made yet", hint="run `ymir apply`"
        )
    return check(read_table(file))


def _known(images: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    return filter_labels(images, labels=project.labels)


def _apart(
    images: pl.DataFrame,
    testing: pl.DataFrame,
    validation: pl.DataFrame,
    project: ProjectSpec,
    records: Records,
) -> pl.DataFrame:
    """The images that tell nothing of those that models are judged on, as the gates have it."""
    gates, kept = project.gates, images
    for held_out in (testing, validation):
        leaks = [same(kept, held_out)]
        if gates.near.then in ("block", "exclude"):
            media = MediaStore(records.root)
            ours, theirs = phashes(media, kept), phashes(media, held_out)
            leaks.append(near(kept, ours, held_out, theirs, distance=gates.near.distance))
        if gates.groups and gates.groups.then in ("block", "exclude"):
            leaks.append(group(kept, held_out, by=gates.groups.by))
        kept = kept.join(pl.concat(leaks), on="image", how="anti")
    return kept


def _marks(images: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """What stands for each image with its boxes: whatever their order, whoever drew them."""
    for row in images.select("image", "objects").iter_rows(named=True):
        boxes = sorted(
            (
                each["label"],
                each["x"],
                each["y"],
                each["w"],
                each["h"],
                each["crowd"],
                each["mask"] or "",
            )
            for each in row["objects"]
        )
        yield row["image"], digest_of([row["image"], boxes])
