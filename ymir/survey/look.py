"""What lies in a folder: its layout, its images, what is drawn on them, how they are parted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ymir.contracts.format import Found, Listing, formats
from ymir.data.table import TAG
from ymir.errors import DataError
from ymir.layouts.tags import read_tags

LABELLED = (
    "voc",
    "coco",
    "yolo",
    "labelstudio",
    "fiftyone",
    "datumaro",
    "ark",
)  # the layouts that are tried
PLAIN = "images"  # the layout of images without labels
_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "file": pl.String,
    "labels": pl.List(pl.String),
    "tags": pl.List(TAG),
}


@dataclass(frozen=True)
class Survey:
    """What was found in a folder.

    `images` has a row per image: `file` as the layout lists it, the `labels` of its boxes in lower
    case, its `tags`. `splits` are the layout's own, each with its files; `broken` says why images
    cannot be used, and `others` what else the folder could be read as, or why it could not.
    """

    folder: Path
    layout: str
    images: pl.DataFrame
    splits: Mapping[str, frozenset[str]] = field(default_factory=dict)
    broken: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def boxes(self) -> int:
        """How many boxes there are."""
        return int(self.images["labels"].list.len().sum())

    def classes(self) -> Mapping[str, tuple[int, int]]:
        """Class -> its boxes, and the images that have one; those with most boxes first."""
        rows = self.images.select("file", pl.col("labels").alias("label")).explode("label")
        counted = (
            rows.drop_nulls()
            .group_by("label")
            .agg(pl.len(), pl.col("file").n_unique())
            .sort("len", "label", descending=[True, False])
        )
        return {label: (boxes, images) for label, boxes, images in counted.iter_rows()}

    def only(self, split: str) -> pl.DataFrame:
        """The images of one of its splits."""
        return self.images.filter(pl.col("file").is_in(list(self.splits[split])))


def look(folder: Path, layout: str | None = None) -> Survey:
    """Read a folder in its layout, or as the one that explains most of its boxes.

    Raises `DataError` where there is no image, or nothing of the `layout` that is asked for.
    """
    if layout is not None:
        return _survey(formats.load(layout).listing(folder), layout)
    found, others = [], []
    for name in LABELLED:
        listing = formats.load(name).listing(folder)
        if not listing.annotations:
            continue
        try:
            found.append(_survey(listing, name))
        except DataError as error:
            others.append(f"not {name}: {error}")
    best = max(found, key=lambda each: each.boxes, default=None)
    if best is None or not best.boxes:
        return _plain(folder, tuple(others))
    beside = (
        f"{each.layout} would give {each.boxes} boxes"
        for each in found
        if each is not best and each.boxes
    )
    return Survey(best.folder, best.layout, best.images, best.splits, best.broken, tuple(beside))


def _plain(folder: Path, others: tuple[str, ...]) -> Survey:
    listing = formats.load(PLAIN).listing(folder)
    if not listing.images:
        why = next((f" (`{name}` is {said})" for name, said in listing.stray.items()), "")
        raise DataError(
            f"there are no images in `{folder}`{why}",
            hint="images are jpg, jpeg or png; they may lie in sub-folders",
        )
    return Survey(folder, PLAIN, _table(listing, map(Found, listing.images)), others=others)


def _survey(listing: Listing, layout: str) -> Survey:
    if not listing.images:
        raise DataError(f"there are no images in `{listing.folder}`", hint=f"read as {layout}")
    broken: list[str] = []
    rows = _table(listing, _usable(formats.load(layout).read(listing), listing, broken))
    splits = {name: listing.splits[name] for name in listing.splits}
    return Survey(listing.folder, layout, rows, splits, tuple(broken))


def _usable(every: Iterator[Found], listing: Listing, broken: list[str]) -> Iterator[Found]:
    """Those that can be used; why the others cannot goes into `broken`."""
    there = frozenset(listing.images)
    for found in every:
        if found.problem:
            broken.append(f"`{found.image}`: {found.problem}")
        elif found.image not in there:
            broken.append(f"`{found.image}`: there is no such image")
        else:
            yield found


def _table(listing: Listing, every: Iterator[Found]) -> pl.DataFrame:
    tags = read_tags(listing.folder, listing.images).of
    rows = [
        {
            "file": each.image,
            "labels": [str(box["label"]).strip().lower() for box in each.objects],
            "tags": [*each.tags, *tags.get(each.image, ())],
        }
        for each in every
    ]
    twice = [name for name, count in Counter(row["file"] for row in rows).items() if count > 1]
    if twice:
        raise DataError(f"`{twice[0]}` is described twice", hint=f"in `{listing.folder}`")
    return pl.DataFrame(rows, schema=_COLUMNS)
