"""A batch as plain files: images go out to `labels/<batch>/`, VOC or COCO files come back into it.

A file that names an image answers for it, also without boxes: then the image is a negative one.
Answers are read again on every call and never changed, so nothing that people did can be lost.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Literal

import orjson
import polars as pl
from pydantic import Field, JsonValue

from ymir.contracts.format import Found, Listing, formats
from ymir.contracts.labeling import Answers, Batch
from ymir.data.answers import ANSWERS, LABELLED
from ymir.data.intake import Intake, take_in
from ymir.dvc.files import storing, write_whole
from ymir.errors import DataError
from ymir.layouts.export import copy_images, export_names
from ymir.sources.gather import Gathered
from ymir.sources.sight import Seen, Sight
from ymir.spec.base import Spec

_INDEX = "index.csv"  # written last: where it is, the batch is complete
_BEFORE = "before"  # the labels of images that people look at again
_ANSWERS = (".xml", ".json")
_LONGEST = 80  # letters kept of an image's old name

_README = """\
Batch `{batch}`: {count} images to label.

1. Draw a box around every object of these classes (also in classes.txt), and of no others:
{classes}
2. Save one of
   - PASCAL VOC: one XML file per image in annotations/, called like the image;
   - COCO: one JSON file in annotations/, whose `file_name`s are the names in images/.
   An image that holds none of the classes needs its answer too: a VOC file without objects, or
   a place in COCO's `images` without annotations. List an image only when it is finished.
3. Run `ymir apply`. It says how many are done and names every file it cannot read.

Where before/ has a file of an image, these are the labels that it has now, to be checked: correct
it, or leave it as it is, and save it to annotations/.

Leave the images, before/ and index.csv as they are.
"""


uses_suggestions = False


class Settings(Spec):
    """What may stand under `with`."""

    format: Literal["voc", "coco"] | None = Field(
        default=None, description="Read only files of this format; left out: of either."
    )


def send(batch: Batch, settings: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Write the images, and beside them the classes, an index and what to do."""
    folder, names = _folder(batch), export_names(_numbered(batch))
    gone = [image for image, name in names.items() if not (folder / "images" / name).exists()]
    if not _is_sent(batch, folder / _INDEX, _index(names)):
        gone = list(names)  # what a killed run began may be half an image
    with storing(f"the images of `{batch.name}` cannot be handed out"):
        (folder / "annotations").mkdir(parents=True, exist_ok=True)
        again = _numbered(batch).filter(pl.col("image").is_in(gone))
        copy_images(again, batch.media, folder / "images")
        _write_before(batch, folder / _BEFORE)
        write_whole(folder / "classes.txt", "".join(f"{each}\n" for each in batch.classes))
        write_whole(folder / "README.txt", _readme(batch))
        write_whole(folder / _INDEX, _index(names))
    return {"images": len(names), "where": f"labels/{batch.name}"}


def _write_before(batch: Batch, folder: Path) -> None:
    """The labels that images have already, as VOC; the folder appears whole, and only once."""
    known = _numbered(batch).filter(pl.col("objects").list.len() > 0)
    if known.is_empty() or folder.exists():
        return
    with TemporaryDirectory(prefix=".before-", dir=folder.parent) as partial:
        formats.load("voc").write(known, batch.media, Path(partial))
        (Path(partial) / "Annotations").rename(folder)


def _is_sent(batch: Batch, index: Path, wanted: str) -> bool:
    """Whether the folder holds this batch already; answers to another one are not mixed in."""
    if not index.exists():
        return False
    if index.read_text(encoding="utf-8") != wanted:
        raise DataError(
            f"`labels/{batch.name}` was handed out for other images",
            hint="move the folder away, with the answers in it, and run `ymir apply` again",
        )
    return True


def collect(batch: Batch, settings: Mapping[str, JsonValue]) -> Answers:
    """The answers that are there; every mistake in them at once."""
    only = Settings.model_validate(settings).format
    send(batch, settings)  # in a fresh clone, or where somebody tidied up, the images are gone
    found, mistakes = _read(_folder(batch), (only,) if only else ("voc", "coco"))
    intake = _take_in(batch, found)
    mistakes += [f"{file}: {why}" for file, why in intake.rejected["file", "reason"].iter_rows()]
    if mistakes:
        lines = "".join(f"\n  {each}" for each in dict.fromkeys(mistakes))
        raise DataError(
            f"answers in `labels/{batch.name}` cannot be used:{lines}",
            hint="correct these files or take them out, then run `ymir apply` again",
        )
    return Answers(_rows(intake.images))


def done(workspace: Path, batch: str) -> int | None:
    """How many images have an answer, by the names of and in the files; it may yet be refused."""
    folder = workspace / "labels" / batch
    try:
        with (folder / _INDEX).open(encoding="utf-8", newline="") as index:
            names = {PurePosixPath(row["file"]).stem for row in csv.DictReader(index)}
    except (OSError, KeyError, csv.Error, UnicodeDecodeError):
        return None
    answered: set[str] = set()
    places = (path for name in ("annotations", "images") for path in (folder / name).rglob("*"))
    for path in places:
        if path.suffix.lower() in _ANSWERS:
            answered |= {path.stem} if path.suffix.lower() == ".xml" else _named_in(path)
    return len(names & answered)


def _named_in(path: Path) -> set[str]:
    """The images that a COCO file names; none of one that cannot be read."""
    try:
        images = orjson.loads(path.read_bytes())["images"]
        return {PurePosixPath(each["file_name"]).stem for each in images}
    except (OSError, ValueError, LookupError, TypeError):
        return set()


def _folder(batch: Batch) -> Path:
    return batch.workspace / "labels" / batch.name


def _numbered(batch: Batch) -> pl.DataFrame:
    """The batch's images under new file names: their rank, then what is left of the old name."""
    digits = len(str(batch.images.height))
    files = [
        f"{rank:0{digits}}-{re.sub(r'[^A-Za-z0-9_-]+', '_', PurePosixPath(file).stem)[:_LONGEST]}."
        for rank, file in enumerate(batch.images["file"], start=1)
    ]
    return batch.images.with_columns(file=pl.Series(files, dtype=pl.String) + pl.col("format"))


def _readme(batch: Batch) -> str:
    classes = "".join(f"   - {each}\n" for each in batch.classes)
    return _README.format(batch=batch.name, count=batch.images.height, classes=classes.rstrip())


def _index(names: Mapping[str, str]) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("file", "image"))
    rows.writerows((name, image) for image, name in names.items())
    return text.getvalue()


def _read(folder: Path, names: Iterable[str]) -> tuple[list[Found], list[str]]:
    """What the dropped files say, and why some of them say nothing."""
    found: list[Found] = []
    mistakes: list[str] = []
    for name in names:
        listing = formats.load(name).listing(folder)
        mistakes += _strays(listing)
        if not listing.annotations:
            continue
        try:
            found += [each for each in formats.load(name).read(listing) if _says_something(each)]
        except DataError as error:
            mistakes.append(str(error))
    return found, mistakes


def _strays(listing: Listing) -> list[str]:
    """Answers that belong to no image; other stray files do no harm here."""
    return [
        f"{name}: {why}; answers belong into annotations/, VOC files called like their image"
        for name, why in listing.stray.items()
        if name.lower().endswith(_ANSWERS) and not name.startswith(f"{_BEFORE}/")
    ]


def _says_something(found: Found) -> bool:
    return found.annotation is not None or found.problem is not None


def _take_in(batch: Batch, found: Iterable[Found]) -> Intake:
    """Name, check and cut the boxes as an import does, with labels it does not know as mistakes.

    A tool may keep the score of a model at a box that people have looked at; it is dropped.
    """
    sent = _sent(batch)
    foreign = Seen(0, 0, 0, "", problem="it is not an image of this batch")
    gathered, seen = Gathered(), Sight()
    for each in found:
        source = f"{each.annotation} ({each.image})" if each.annotation else each.image
        gathered.add(replace(each, image=source))
        seen.add([source], [sent.get(each.image, foreign)])
    boxes = gathered.boxes(seen).with_columns(score=pl.lit(None, pl.Float64))
    return take_in(gathered.found(seen), boxes, labels=batch.primary_names, unknown="stop")


def _sent(batch: Batch) -> dict[str, Seen]:
    """The images as they went out, by the names they have in the folder."""
    names = export_names(_numbered(batch))
    columns = ("image", "bytes", "width", "height", "format")
    return {
        f"images/{names[image]}": Seen(size, 0, 0, image, width, height, kind)
        for image, size, width, height, kind in batch.images.select(columns).iter_rows()
    }


def _rows(answered: pl.DataFrame) -> pl.DataFrame:
    """An answer for each image that has one; a folder does not say whose it is."""
    return answered.select(
        "image",
        "objects",
        copy=pl.lit(1, pl.Int32),
        state=pl.lit(LABELLED),
        by=pl.lit(None, pl.String),
        at=pl.lit(None, pl.String),
        seconds=pl.lit(None, pl.Float64),
        star=pl.lit(value=False),
        why=pl.lit(None, pl.String),
    ).select(ANSWERS.names())
