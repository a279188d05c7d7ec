"""Write the datasets of a `mir` repository into folders, and account for every image and box."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ymir.errors import DataError
from ymir.migration.assets import Media
from ymir.migration.classes import Classes
from ymir.migration.coco import Meaning, Picture, Rejected, Written, write_coco
from ymir.migration.handover import Part, balanced
from ymir.migration.messages import IS_BOXES, Boxes
from ymir.migration.names import SUFFIXES, dataset_names, distinct, file_names
from ymir.migration.reading import Dataset, Reading
from ymir.migration.repository import Revision

RAW = "raw"  # the folder of a workspace that holds the sources


@dataclass(frozen=True)
class Outcome:
    """Where the datasets go, and how their images and boxes are found and read."""

    folder: Path
    media: Media
    classes: Classes
    first: int


@dataclass(frozen=True)
class _Target:
    """One dataset to be: its name, and which boxes it holds."""

    name: str
    boxes: Boxes
    is_truth: bool


@dataclass
class _Tally:
    """What was found in a dataset; grows as it is read."""

    boxes: int = 0
    rejected: list[Rejected] = field(default_factory=list)


def take_over(
    reading: Reading, chosen: list[Revision], outcome: Outcome
) -> tuple[tuple[Part, ...], set[str]]:
    """Write every dataset; return their balances, and the names of the classes that boxes have."""
    parts: list[Part] = []
    used: set[str] = set()
    names = dataset_names(each.dataset for each in chosen)
    taken = set(names.values())
    for revision in chosen:
        dataset = reading.dataset(revision)
        for target in _targets(dataset, names[revision.dataset], taken):
            part, written = _write(reading, dataset, target, outcome)
            parts.append(part)
            used |= written.names.keys()
            taken.add(target.name)
        _compare(reading, dataset, parts)
        reading.not_kept["import times of images"] += len(dataset.assets)
        if dataset.annotations.predictions.has_model:
            reading.not_kept["settings of the models that predicted"] += 1
    return tuple(parts), used


def _targets(dataset: Dataset, name: str, taken: set[str]) -> Iterator[_Target]:
    truth, predictions = dataset.annotations.truth, dataset.annotations.predictions
    yield _Target(name, truth, is_truth=True)
    if predictions.images:
        yield _Target(distinct(f"{name}-predictions", taken), predictions, is_truth=False)


def _write(
    reading: Reading, dataset: Dataset, target: _Target, outcome: Outcome
) -> tuple[Part, Written]:
    tally = _Tally()
    first = outcome.first if target.boxes.kind == IS_BOXES else 0
    written = write_coco(
        _pictures(reading, dataset, target, outcome.media, tally),
        outcome.media,
        outcome.folder / RAW / target.name,
        Meaning(outcome.classes, first, target.is_truth),
    )
    rejected = (*tally.rejected, *written.rejected)
    found = (len(dataset.assets), tally.boxes)
    images, boxes = balanced(target.name, found, (written.images, written.boxes), rejected)
    revision = dataset.revision
    source = (revision.name, revision.commit)
    return Part(target.name, *source, target.is_truth, images, boxes, rejected), written


def _pictures(
    reading: Reading, dataset: Dataset, target: _Target, media: Media, tally: _Tally
) -> Iterator[Picture]:
    """The images that can be used, with their boxes; the others are noted."""
    files = _files(dataset)
    for image, asset in dataset.assets.items():
        boxes = reading.boxes(dataset.revision, target.boxes.images.get(image))
        tally.boxes += len(boxes)
        if why := _problem(image, files, media):
            tally.rejected.append(Rejected(asset.file or image, why, 1, len(boxes)))
            continue
        tags = dataset.annotations.tags.get(image, {})
        yield Picture(image, files[image], asset, tags, boxes)
    for image in sorted(target.boxes.images.keys() - dataset.assets.keys()):
        lost = len(reading.boxes(dataset.revision, target.boxes.images[image]))
        tally.boxes += lost
        why = "`annotations.mir` has boxes of it, but `metadatas.mir` does not list it"
        tally.rejected.append(Rejected(image, why, 0, lost))


def _files(dataset: Dataset) -> Mapping[str, str]:
    """A file name for each image of a kind that can be used."""
    return file_names(
        (image, asset.file, asset.kind)
        for image, asset in dataset.assets.items()
        if asset.kind in SUFFIXES
    )


def _problem(image: str, files: Mapping[str, str], media: Media) -> str:
    if image not in files:
        return "images must be jpg or png; convert it, and import it anew"
    return media.problem(image) or ""


def _compare(reading: Reading, dataset: Dataset, parts: list[Part]) -> None:
    """Hold what was found against what `mir` counted when it made this version."""
    counted = reading.counted(dataset.revision)
    ours = [part for part in parts if part.commit == dataset.revision.commit]
    boxes = {part.is_truth: part.boxes["in"] for part in ours}
    found = (len(dataset.assets), boxes.get(True, 0), boxes.get(False, 0))
    if counted and counted != found:
        what = "{} images, {} true and {} predicted boxes"
        raise DataError(
            f"`{dataset.revision.name}` is damaged: `context.mir` counts {what.format(*counted)}, "
            f"but there are {what.format(*found)}",
            hint="`git fsck` in the repository; restore it from a copy",
        )
