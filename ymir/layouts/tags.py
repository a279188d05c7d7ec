"""Tags of images from a table beside them: `tags.csv`, with any format.

    image,key,value              image,light,camera
    a.jpg,light,dim      or      a.jpg,dim,north
    a.jpg,camera,north           b.jpg,,south

An empty cell of the wide form is no tag. `image` is a name in the dataset's folder, or in its
`images/`, or the file's name alone where no other image has it.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ymir.dvc.files import write_whole
from ymir.errors import DataError
from ymir.layouts.names import Names, NoImageError

if TYPE_CHECKING:
    import polars as pl

TAGS = "tags.csv"

_LONG = ("image", "key", "value")
_HINT = "its first line is `image,key,value`, or `image` and the names of the tags"


@dataclass(frozen=True)
class ImageTags:
    """The tags of each image that has some; `unknown` are the names that no image has."""

    of: Mapping[str, tuple[dict[str, str], ...]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


def read_tags(folder: Path, names: Iterable[str]) -> ImageTags:
    """What `tags.csv` says of the images called `names`; nothing where there is no such file."""
    file = folder / TAGS
    if not file.is_file():
        return ImageTags()
    images = Names.of(names)
    found: dict[str, dict[tuple[str, str], None]] = {}
    unknown: dict[str, None] = {}
    for written, key, value in _cells(file):
        try:
            found.setdefault(images.find(written), {})[key, value] = None
        except NoImageError:
            unknown[written] = None
    tags = {
        image: tuple({"key": key, "value": value} for key, value in pairs)
        for image, pairs in found.items()
    }
    return ImageTags(tags, tuple(unknown))


def write_tags(images: pl.DataFrame, names: Mapping[str, str], folder: Path) -> None:
    """Write the tags of a table, if it has any; `names` are the images' files, by digest."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_LONG)
    for image, tags in images.select("image", "tags").iter_rows():
        rows.writerows((names[image], tag["key"], tag["value"]) for tag in tags)
    if int(images["tags"].list.len().sum()):
        write_whole(folder / TAGS, text.getvalue())


def _cells(file: Path) -> Iterator[tuple[str, str, str]]:
    """Image, key and value of each tag."""
    rows = _rows(file)
    _, header = next(rows, (0, []))
    keys = [each.strip() for each in header]
    if keys[:1] != ["image"] or len(keys) < 2 or not all(keys) or len(set(keys)) < len(keys):
        raise DataError(f"`{file}` is no table of tags", hint=_HINT)
    is_long = tuple(keys) == _LONG
    for line, row in rows:
        if not row:
            continue
        if len(row) != len(keys) or not row[0] or (is_long and not row[1].strip()):
            wrong = f"{len(row)} cells, not {len(keys)}" if len(row) != len(keys) else "no name"
            raise DataError(f"`{file}`, line {line}: {wrong}", hint=_HINT)
        if is_long:
            yield row[0], sys.intern(row[1].strip()), sys.intern(row[2].strip())
        else:
            for key, cell in zip(keys[1:], row[1:], strict=True):
                if cell.strip():
                    yield row[0], key, sys.intern(cell.strip())


def _rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table, each with the line it ends on."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.reader(text, strict=True)
        try:
            for row in rows:
                yield rows.line_num, row
        except csv.Error as error:
            raise DataError(f"`{file}`, line {rows.line_num}: {error}", hint=_HINT) from error
        except UnicodeDecodeError as error:
            raise DataError(f"`{file}` is not UTF-8: {error}", hint="save it as UTF-8") from error
