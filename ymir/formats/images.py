"""Images and nothing else: every jpg and png in the folder and its sub-folders, without labels.

For what is to be labelled, mined or predicted on. Tags may stand in `tags.csv`. Written are copies
in `images/`, and `tags.csv` where there are tags; boxes have no place here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ymir.contracts.format import Found, Listing, Partners
from ymir.layouts.export import copy_images, left_out
from ymir.layouts.tags import write_tags
from ymir.media.files import files_under, is_image, stray_images

if TYPE_CHECKING:
    import polars as pl


def listing(folder: Path) -> Listing:
    """Every image, wherever it lies."""
    names, refused = files_under(folder)
    images = tuple(name for name in names if is_image(name))
    stray = {**refused, **stray_images(names)}
    return Listing(folder, images, stray=stray, partners=Partners())


def read(listing: Listing) -> Iterator[Found]:
    """Every image; nothing is said of any."""
    return map(Found, listing.images)


def write(images: pl.DataFrame, media: Mapping[str, Path], folder: Path) -> Mapping[str, int]:
    """Copy the images."""
    names = copy_images(images, media, folder / "images")
    write_tags(images, names, folder)
    return {what: many for what, many in left_out(images, {"tags"}).items() if what == "boxes"}
