"""ark: the text files that YMIR's executors read; boxes in whole pixels, one file per image.

    images/a.jpg          the image
    annotations/a.txt     its objects, one per line: class, xmin, ymin, xmax, ymax, quality, angle
    classes.txt           the classes, one per line; a line's class counts from 0
    index.tsv             the path of each image and that of its annotation, for the executor

`xmax` and `ymax` are the last pixels inside the box (xmax = x + w - 1); YMIR's document says
otherwise, its code does this. A quality of -1 is none; turned boxes (angle not 0) are not read.
The layout has no place for scores, so predictions are not written: they would pass for labels.
Crowds, masks and attributes are left out; tags stand in `tags.csv`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from ymir.contracts.format import Found, Listing
from ymir.dvc.files import write_whole
from ymir.errors import DataError
from ymir.layouts.boxes import Boxes
from ymir.layouts.export import copy_images, left_out
from ymir.layouts.partners import Pair, pairs
from ymir.layouts.partners import partners as pair_up
from ymir.layouts.tags import write_tags
from ymir.media.files import files_under, is_image, read_file, stray_images

if TYPE_CHECKING:
    import polars as pl

_LAYOUT = frozenset({"images", "assets", "annotations"})
_CLASSES = "classes.txt"
_TYPICAL = 2048  # bytes of text; more takes a second read
_LARGEST = 16 << 20  # bytes of text for one image
_FEWEST, _ANGLE = 5, 6  # fields of a line; where the angle stands


class _BrokenError(Exception):
    """An annotation cannot be used; the text says why."""


def listing(folder: Path) -> Listing:
    """Images, the text files of the same names, and `classes.txt`."""
    names, refused = files_under(folder)
    images = tuple(name for name in names if is_image(name))
    texts = tuple(name for name in names if name.lower().endswith(".txt") and name != _CLASSES)
    shared = (_CLASSES,) if _CLASSES in names else ()
    partners, alone = pair_up(images, texts, _LAYOUT)
    stray = {**refused, **stray_images(names), **alone}
    return Listing(folder, images, (*shared, *texts), stray, partners=partners, shared=shared)


def read(listing: Listing) -> Iterator[Found]:
    """Read the text file of each image."""
    texts = [name for name in listing.annotations if name != _CLASSES]
    classes = _classes(listing.folder) if texts else []
    yield from map(partial(_read_one, listing.folder, classes), pairs(listing))


def write(images: pl.DataFrame, media: Mapping[str, Path], folder: Path) -> Mapping[str, int]:
    """Write `images/`, `annotations/`, `classes.txt` and `index.tsv`."""
    from ymir.data.ark import ark  # whoever only reads starts without Polars

    omitted = left_out(images, {"boxes", "tags"})
    if omitted["scores"]:
        hint = "write them as coco, labelstudio, voc or yolo, which have a place for scores"
        raise DataError("predictions cannot be written as ark, which has no scores", hint=hint)
    plain = images.with_columns(
        images["file"].str.replace_all(r"\s", "_")
    )  # in an index, blanks split
    names = copy_images(plain, media, folder / "images")
    (folder / "annotations").mkdir(parents=True, exist_ok=True)
    labels = images["objects"].explode().struct.field("label").drop_nulls().unique().sort()
    lines = []
    for image, text in ark(images, labels.to_list()).iter_rows():
        target = f"annotations/{names[image].rpartition('.')[0]}.txt"
        (folder / target).write_text(text, encoding="utf-8")
        lines.append(f"images/{names[image]}\t{target}\n")
    write_tags(images, names, folder)
    write_whole(folder / _CLASSES, "".join(f"{label}\n" for label in labels))
    write_whole(folder / "index.tsv", "".join(lines))
    return omitted


def _classes(folder: Path) -> Sequence[str]:
    try:
        text = (folder / _CLASSES).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        hint = f"name the classes in `{_CLASSES}`, one per line, the first is number 0"
        raise DataError(f"`{folder / _CLASSES}` cannot be read: {error}", hint=hint) from error
    return [line.strip() for line in text.rstrip().split("\n")]


def _read_one(folder: Path, classes: Sequence[str], pair: Pair) -> Found:
    image, annotation, problem = pair
    if annotation is None:
        return Found(image, problem=problem)
    try:
        content = read_file(f"{folder}/{annotation}", _TYPICAL, _LARGEST)
        if len(content) > _LARGEST:
            raise _BrokenError(f"it is larger than {_LARGEST >> 20} MB")  # noqa: TRY301 - as any
        return Found(image, _boxes(content, classes), annotation=annotation)
    except (_BrokenError, OSError) as error:
        return Found(image, annotation=annotation, problem=f"`{annotation}`: {error}")


def _boxes(content: bytes, classes: Sequence[str]) -> Boxes:
    labels: list[str] = []
    corners: list[float] = []
    for at, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            try:
                number, *sides = _numbers(line)
                labels.append(_label(number, classes))
            except (_BrokenError, ValueError) as error:
                raise _BrokenError(f"line {at}: {error}") from error
            corners += sides
    return Boxes(labels, corners, first=0)


def _numbers(line: bytes) -> list[float]:
    """Class, left, top, right and bottom; the last two are where the box ends."""
    numbers = [float(field) for field in line.split(b",")]
    if not all(map(isfinite, numbers)):
        raise _BrokenError("there is a number that is not finite")
    if len(numbers) < _FEWEST:
        raise _BrokenError(
            f"it has {len(numbers)} fields: class, xmin, ymin, xmax, ymax are needed"
        )
    if any(numbers[_ANGLE:]):
        raise _BrokenError("its box is turned, which ymir has no place for")
    number, left, top, right, bottom = numbers[:_FEWEST]
    return [number, left, top, right + 1, bottom + 1]


def _label(number: float, classes: Sequence[str]) -> str:
    if number not in range(len(classes)):
        raise _BrokenError(
            f"there is no class {number:g}; `{_CLASSES}` has 0 to {len(classes) - 1}"
        )
    return classes[int(number)]
