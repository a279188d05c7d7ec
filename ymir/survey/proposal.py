"""Which datasets and roles fit what was found: pure, but for the digests of a few images."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from ymir.data.lots import lots, lots_of_texts
from ymir.dvc.objects import md5_of_file
from ymir.errors import DataError
from ymir.survey.groups import Grouping, grouping
from ymir.survey.look import Survey
from ymir.survey.lottery import Draw, draw

Role = Literal["training", "validation", "testing", "mining"]
NAMES: Mapping[Role, str] = {  # what a role's dataset is called, behind the project's name
    "training": "train",
    "validation": "val",
    "testing": "test",
    "mining": "pool",
}
_SPLITS: Sequence[tuple[Role, re.Pattern[str]]] = (  # the first that fits
    ("training", re.compile(r"train(?!_?val)")),
    ("training", re.compile(r"trainval|train_val")),
    ("validation", re.compile(r"val|dev")),
    ("testing", re.compile(r"test")),
)
_POOL = re.compile(r"rest|pool|unlabel")  # a split that needs no boxes
_SHARES: Mapping[frozenset[Role], Mapping[str, float]] = {  # of what is cut off training
    frozenset(("validation", "testing")): {"train": 0.7, "val": 0.1, "test": 0.2},
    frozenset(("validation",)): {"train": 0.85, "val": 0.15},
    frozenset(("testing",)): {"train": 0.8, "test": 0.2},
}
_CUT: tuple[Role, ...] = ("validation", "testing")
_FEW = 5_000  # images whose bytes are read to find a good seed; of more, any seed is good


@dataclass(frozen=True)
class Imported:
    """A dataset that is read from a folder, or from one of its splits."""

    name: str
    survey: Survey
    images: pl.DataFrame
    split: str | None = None
    grouping: Grouping | None = None

    @property
    def empty(self) -> int:
        """How many of its images have no box."""
        return self.images.filter(pl.col("labels").list.len() == 0).height


@dataclass(frozen=True)
class Cut:
    """A dataset that is a part of another one; `images` is None where nobody knows how many."""

    name: str
    of: str
    parts: Mapping[str, float]
    part: str
    by: str | None
    draw: Draw | None


@dataclass(frozen=True)
class Proposal:
    """What the specs will say: datasets, and the roles that they have in the project."""

    datasets: tuple[Imported | Cut, ...]
    roles: Mapping[Role, str]
    classes: Mapping[str, tuple[int, int]]  # their boxes, and the images that have one
    pool: Imported | None


@dataclass(frozen=True)
class Folders:
    """What people named: labelled images, and, if they lie elsewhere, those of other roles."""

    labelled: Survey
    validation: Survey | None = None
    testing: Survey | None = None
    mining: Survey | None = None


def propose(name: str, folders: Folders) -> Proposal:
    """Datasets for the project called `name`; images that belong together stay on one side.

    What the layout's own splits or folders of their own say is kept; validation and testing that
    are still missing are cut off training. A validation split without a testing one is testing:
    it is what people compare by. Raises `DataError` where there are too few images to split.
    """
    given = {role: each for role, each in _given(folders).items() if each is not None}
    splits = _splits(folders.labelled, given)
    missing = [each for each in _CUT if each not in {*given, *splits}]
    if missing == ["testing"] and "validation" in splits:
        splits["testing"] = splits.pop("validation")
        missing = ["validation"]
    datasets = _training(name, folders.labelled, splits, missing)
    imported = [
        Imported(f"{name}-{NAMES[role]}", folders.labelled, folders.labelled.only(split), split)
        for role, split in splits.items()
        if role != "training"
    ]
    imported += [Imported(f"{name}-{NAMES[r]}", each, each.images) for r, each in given.items()]
    roles = {role: f"{name}-{NAMES[role]}" for role in NAMES}
    pool = next((each for each in imported if each.name == roles["mining"]), None)
    if pool is None:
        roles["mining"] = roles["training"]
    classes = _classes([folders.labelled, *given.values()])
    return Proposal((*datasets, *imported), roles, classes, pool)


def _given(folders: Folders) -> Mapping[Role, Survey | None]:
    return {
        "validation": folders.validation,
        "testing": folders.testing,
        "mining": folders.mining,
    }


def _splits(survey: Survey, given: Mapping[Role, Survey]) -> dict[Role, str]:
    """The layout's own splits that have boxes, by the role they are made for."""
    labelled = [each for each in survey.splits if survey.only(each)["labels"].list.len().sum()]
    found: dict[Role, str] = {}
    for role, pattern in _SPLITS:
        fit = [each for each in labelled if pattern.match(each.lower())]
        if fit and role not in {*given, *found}:
            found[role] = fit[0]
    pools = [each for each in survey.splits if _POOL.match(each.lower())]
    if pools and "mining" not in given:
        found["mining"] = pools[0]
    return found if "training" in found else {}


def _training(
    name: str, survey: Survey, splits: Mapping[Role, str], missing: Sequence[Role]
) -> list[Imported | Cut]:
    """The images to train on, and what is cut off them."""
    split = splits.get("training")
    images = survey.only(split) if split else survey.images
    if not missing:
        return [Imported(f"{name}-train", survey, images, split)]
    together = grouping(images)
    whole = Imported(f"{name}-labelled", survey, images, split, together)
    parts = _SHARES[frozenset(missing)]
    drawn = _draw(survey.folder, images, together, parts)
    if drawn and not all(drawn.images.values()):
        raise DataError(
            f"{images.height} images are too few to split off {' and '.join(missing)}",
            hint="name folders for these with `--validation` and `--testing`, or label more",
        )
    by = together.tag if together else None
    cuts = [Cut(f"{name}-{part}", whole.name, parts, part, by, drawn) for part in parts]
    return [whole, *cuts]


def _draw(
    folder: Path, images: pl.DataFrame, together: Grouping | None, parts: Mapping[str, float]
) -> Draw | None:
    if together:
        names = together.values.fill_null(images["file"])  # one without a group stands alone
        return draw(images, names, lambda texts, seed: lots_of_texts(texts, seed=seed), parts)
    if images.height > _FEW:
        return None
    digests = pl.Series([md5_of_file(folder / each) for each in images["file"]], dtype=pl.String)
    return draw(images, digests, lambda texts, seed: lots(texts, seed=seed), parts)


def _classes(surveys: Sequence[Survey]) -> Mapping[str, tuple[int, int]]:
    """All classes of some folders; those with most boxes first."""
    found: dict[str, tuple[int, int]] = {}
    for each in surveys:
        for label, (boxes, images) in each.classes().items():
            before = found.get(label, (0, 0))
            found[label] = before[0] + boxes, before[1] + images
    return dict(sorted(found.items(), key=lambda item: (-item[1][0], item[0])))
