"""A repository of YMIR's `mir` becomes the folders and specs of a workspace.

Each dataset turns into a COCO folder below `raw/`, and each with predictions into a second one, so
its import is like any other: checked, accounted for, and up to date until somebody edits `raw/`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ymir.errors import DataError
from ymir.migration.assets import Media, find_media
from ymir.migration.classes import PLACE, Classes, read_classes
from ymir.migration.handover import Handover, stop_on_rejected
from ymir.migration.messages import IS_BOXES, Asset, Box
from ymir.migration.pixels import First, counted_from
from ymir.migration.reading import WITHOUT_IMAGES, Reading
from ymir.migration.repository import Repository, Revision
from ymir.migration.specs import write_specs
from ymir.migration.takeover import Outcome, take_over


@dataclass(frozen=True)
class Wish:
    """What to migrate, and how."""

    repository: Path
    media: Path | None = None
    labels: Path | None = None
    first: First = "auto"
    datasets: tuple[str, ...] = ()  # by the names of their branches; none: all
    is_strict: bool = True  # stop on what cannot be taken over


def migrate(wish: Wish, folder: Path) -> Handover:
    """Fill a new folder with the data and specs of a workspace."""
    reading = Reading(Repository(wish.repository))
    chosen = reading.chosen(wish.datasets)
    if not chosen:
        raise DataError(
            f"no dataset of `{wish.repository}` has an image",
            hint="name another repository, or a branch that has images with `--dataset`",
        )
    classes = _classes(wish)
    first = _first(reading, chosen) if wish.first == "auto" else int(wish.first)
    outcome = Outcome(folder, _media(wish, reading, chosen), classes, first)
    parts, used = take_over(reading, chosen, outcome)
    if wish.is_strict:
        stop_on_rejected(parts)
    for what, count in sorted(reading.decoder.unknown.items()):
        reading.not_kept[f"fields of unknown meaning ({what})"] = count
    write_specs(folder, parts, classes.spec(used), is_strict=wish.is_strict)
    empty = reading.not_kept.pop(WITHOUT_IMAGES, 0)
    datasets = {"in": len(chosen) + empty, "kept": len(chosen), "rejected": empty}
    return Handover(parts, datasets, +reading.not_kept, first)


def _classes(wish: Wish) -> Classes:
    file = wish.labels or wish.repository / PLACE
    return read_classes(file) if wish.labels or file.exists() else Classes({})


def _media(wish: Wish, reading: Reading, chosen: list[Revision]) -> Media:
    if wish.media is None:
        images = chain.from_iterable(reading.dataset(each).assets for each in chosen)
        return find_media(wish.repository, images)
    if not wish.media.is_dir():
        raise DataError(f"there is no folder `{wish.media}`", hint="correct `--media`")
    return Media(wish.media)


def _first(reading: Reading, chosen: list[Revision]) -> int:
    """Where the boxes of all datasets are counted from."""

    def shown() -> Iterator[tuple[Asset, Box]]:
        for dataset in map(reading.dataset, chosen):
            truth = dataset.annotations.truth
            if truth.kind != IS_BOXES:
                continue
            for image, data in truth.images.items():
                if asset := dataset.assets.get(image):
                    for box in reading.boxes(dataset.revision, data):
                        yield asset, box

    return counted_from(shown())
