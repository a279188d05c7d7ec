"""A batch as plain files: images go out to `labels/<batch>/`, what people label comes back into it.

A file that names an image answers for it, also without boxes: then the image is a negative one.
Answers are VOC, YOLO, COCO or Label Studio's JSON, whatever their content says. They are read again
on every call and never changed, so nothing that people did can be lost.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Collection, Mapping
from pathlib import Path

import polars as pl
from pydantic import Field, JsonValue

from ymir.answers.drop import Kind, begun, read
from ymir.answers.dropped import SUGGESTED, Dropped, Files, Sent, dropped, fresh
from ymir.answers.leaflet import readme
from ymir.answers.names import numbered
from ymir.answers.rows import Taken, refuse
from ymir.answers.shown import show
from ymir.contracts.labeling import Answers, Batch, Waiting
from ymir.data.answers import ANSWERS
from ymir.data.suggestions import worth_showing
from ymir.disk import settle
from ymir.dvc.files import storing, write_whole
from ymir.errors import DataError
from ymir.layouts.export import copy_images
from ymir.spec.base import Spec

_INDEX = "index.csv"  # written last: where it is, the batch is complete
_BEFORE = "before"  # the labels of images that people look at again
_WITHDRAWN = "withdrawn"
_SETTLED = 2.0  # seconds after which a file is taken to be whole

uses_suggestions = True


class Settings(Spec):
    """What may stand under `with`."""

    format: Kind | None = Field(
        default=None, description="Read only files of this format; left out: of any."
    )


def send(batch: Batch, settings: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Write the images, and beside them the classes, an index and what to do."""
    folder, files = _folder(batch), numbered(batch)
    is_sent = _is_sent(batch, folder / _INDEX, _index(files))
    withdrawn = _withdrawn(folder)
    there = {name for name in files["file"] if (folder / "images" / name).exists()}
    kept = withdrawn | there if is_sent else withdrawn  # a killed run may leave half an image
    with storing(f"the images of `{batch.name}` cannot be handed out"):
        (folder / "annotations").mkdir(parents=True, exist_ok=True)
        for _, copies in files.filter(~pl.col("file").is_in(list(kept))).group_by("copy"):
            copy_images(copies, batch.media, folder / "images")
        show(files.filter(pl.col("objects").list.len() > 0), folder / _BEFORE)
        show(_suggested(batch, files), folder / SUGGESTED, coco=True)
        _write(folder, "classes.txt", "".join(f"{each}\n" for each in batch.classes))
        if batch.instructions.strip():
            _write(folder, "INSTRUCTIONS.txt", batch.instructions)
        _write(folder, "README.txt", _readme(batch, files, folder))
        if not is_sent:
            settle(folder)  # where the index is, no power cut has torn an image
        _write(folder, _INDEX, _index(files))
    return {"images": batch.images.height, "where": f"labels/{batch.name}"}


def collect(batch: Batch, settings: Mapping[str, JsonValue]) -> Answers | Waiting:
    """The answers that are there; every mistake in them at once.

    A file that was written a moment ago may be half a file: it is looked at again, and waited for
    while it still changes.
    """
    only = Settings.model_validate(settings).format
    send(batch, settings)  # in a fresh clone, or where somebody tidied up, the images are gone
    sent = _sent(numbered(batch))
    answers, hasty = _read(batch, sent, only)
    if hasty:
        time.sleep(_SETTLED)
        answers, hasty = _read(batch, sent, only)
    sure = [each for each in answers.mistakes if not any(name in each.source for name in hasty)]
    hint = "correct these files or take them out, then run `ymir apply` again"
    refuse(sure, f"answers in `labels/{batch.name}`", hint)
    if hasty:
        return Waiting(f"`labels/{batch.name}/{min(hasty)}` is being written right now")
    return Answers(answers.rows.select(ANSWERS.names()))


def withdraw(batch: Batch, settings: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Move the images that nobody has begun aside, and list them in `withdrawn.txt`."""
    folder, files = _folder(batch), numbered(batch)
    if not (folder / _INDEX).exists():
        return {"withdrawn": 0}
    sent = _sent(files)
    answered = begun(dropped(folder, sent), sent)
    before = _withdrawn(folder)
    if not answered.is_sure:  # nobody knows which images a broken file is about
        return {"withdrawn": len(before)}
    free = before | (set(sent) - set(answered.names))
    with storing(f"the images of `{batch.name}` cannot be taken back"):
        _write(folder, f"{_WITHDRAWN}.txt", "".join(f"{name}\n" for name in sorted(free)))
        (folder / _WITHDRAWN).mkdir(exist_ok=True)
        for name in free:
            if (folder / "images" / name).exists():
                (folder / "images" / name).rename(folder / _WITHDRAWN / name)
        _write(folder, "README.txt", _readme(batch, files, folder))
    return {"withdrawn": len(free)}


def done(workspace: Path, batch: str) -> int | None:
    """How many images have an answer, by the names of and in the files; it may yet be refused."""
    folder = workspace / "labels" / batch
    try:
        with (folder / _INDEX).open(encoding="utf-8", newline="") as index:
            sent = {row["file"]: Sent(row["image"]) for row in csv.DictReader(index)}
    except (OSError, KeyError, csv.Error, UnicodeDecodeError):
        return None
    answered = begun(dropped(folder, sent), sent)
    return len({sent[name].image for name in answered.names})


def _read(batch: Batch, sent: Files, only: Kind | None) -> tuple[Taken, Collection[str]]:
    """The answers, and the files of which one cannot tell yet: wrong or half written."""
    folder = _folder(batch)
    files = dropped(folder, sent)
    answers = read(batch, files, sent, only)
    doubtful = _texts(files)  # half of a text looks like a whole one
    if answers.mistakes:
        doubtful += [name for names in files.voc.values() for name in names]
        strays = (each.source for each in files.mistakes if (folder / each.source).exists())
        doubtful += [*files.documents, *strays]
    return answers, fresh(folder, doubtful, time.time(), _SETTLED)


def _texts(files: Dropped) -> list[str]:
    texts = [name for names in files.yolo.values() for name in names]
    return [*texts, *(files.classes if texts else ()), *files.skipped]


def _suggested(batch: Batch, files: pl.DataFrame) -> pl.DataFrame:
    """What a model finds, under the names of the files; nothing where an image has labels."""
    shown = worth_showing(batch.suggested, batch.believed)
    found = shown.select("image", found="objects")
    bare = files.filter(pl.col("objects").list.len() == 0)
    both = bare.join(found, on="image", how="inner", maintain_order="left")
    return both.with_columns(objects="found").drop("found")


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


def _folder(batch: Batch) -> Path:
    return batch.workspace / "labels" / batch.name


def _sent(files: pl.DataFrame) -> dict[str, Sent]:
    return {file: Sent(image, copy) for file, image, copy in _rows(files)}


def _rows(files: pl.DataFrame) -> list[tuple[str, str, int]]:
    return files.select("file", "image", "copy").rows()


def _withdrawn(folder: Path) -> set[str]:
    try:
        return set((folder / f"{_WITHDRAWN}.txt").read_text(encoding="utf-8").split())
    except OSError:
        return set()


def _write(folder: Path, name: str, text: str) -> None:
    """Write a file, unless it says this already."""
    file = folder / name
    if not file.exists() or file.read_bytes() != text.encode():
        write_whole(file, text)


def _readme(batch: Batch, files: pl.DataFrame, folder: Path) -> str:
    example = str(files["file"][0]) if files.height else ""
    return readme(batch, example, {path.stem for path in folder.iterdir()})


def _index(files: pl.DataFrame) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("file", "image"))
    rows.writerows((file, image) for file, image, _ in _rows(files))
    return text.getvalue()
