"""Hand a dataset over: written beside its place, read back, counted, and then put there."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

import polars as pl
from pydantic import JsonValue

from ymir.cli.datasets.presence import Stored, absent
from ymir.cli.datasets.reading import Recorded, Shelf
from ymir.contracts.format import Format, formats
from ymir.dvc.files import replace_folder, storing
from ymir.errors import DataError, StoreError
from ymir.media.store import MediaStore

NOTE = ".ymir-export.json"  # hidden: no format takes it for data


def hand_over(
    found: Shelf, recorded: Recorded, use: str, folder: Path, *, force: bool
) -> dict[str, JsonValue]:
    """Write a version into a folder; say how many images and boxes went in and came out."""
    layout = formats.load(use)
    refuse_others(folder, force=force)
    images = found.table(recorded)
    media = _media(found, recorded, images)
    partial = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.tmp")
    with storing(f"`{recorded.name}` cannot be written to `{folder}`"):
        try:
            partial.mkdir(parents=True)
            told = layout.write(images, media, partial)
            left_out = {what: count for what, count in told.items() if count}
            balance = _balance(layout, images, left_out, partial)
            account: dict[str, JsonValue] = {
                "version": recorded.name,
                "digest": recorded.version.digest,
                "format": use,
                **balance,
                "left_out": {**left_out},
            }
            text = json.dumps(account, indent=1, ensure_ascii=False)
            (partial / NOTE).write_text(text + "\n", encoding="utf-8")
            refuse_others(folder, force=force)
            replace_folder(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return {**account, "folder": str(folder)}


def refuse_others(folder: Path, *, force: bool) -> None:
    """A folder with anything in it is left alone, unless it is an export and may be replaced."""
    if folder.is_symlink() or folder.is_file():
        raise StoreError(f"`{folder}` is not a folder", hint="name one that is new or empty")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / NOTE).is_file():
        raise StoreError(f"`{folder}` is not empty", hint="name a folder that is new or empty")
    if not force:
        raise StoreError(
            f"`{folder}` holds an earlier export",
            hint="`--force` replaces it, with all that was changed in it",
        )


def _media(found: Shelf, recorded: Recorded, images: pl.DataFrame) -> Stored:
    cache = MediaStore(found.root).cache
    wanted = frozenset(images["image"].to_list())
    if gone := absent(cache, wanted):
        raise StoreError(
            f"the bytes of {len(gone):,} of {len(wanted):,} images are not here, e.g. `{gone[0]}`",
            hint=f"`ymir pull {recorded.name}` fetches them",
        )
    return Stored(cache, wanted)


def _balance(
    layout: Format, images: pl.DataFrame, left_out: Mapping[str, int], folder: Path
) -> dict[str, JsonValue]:
    """What a reader finds in the folder, beside what the table holds."""
    read, boxes = 0, 0
    for each in layout.read(layout.listing(folder)):
        if each.problem:
            raise DataError(f"`{each.image}` cannot be read back: {each.problem}", hint=_OURS)
        read += 1
        boxes += len(each.objects)
    held = int(images["objects"].list.len().sum())
    omitted = left_out.get("boxes", 0) + left_out.get("crowds", 0)
    for what, count, missing in (
        ("images", images.height, images.height - read),
        ("boxes", held, held - omitted - boxes),
    ):
        if missing:
            raise DataError(
                f"{missing:,} of {count:,} {what} are not in what was written", hint=_OURS
            )
    gone: dict[str, JsonValue] = {"left out": omitted} if omitted else {}
    return {
        "images": {"in": images.height, "written": read},
        "boxes": {"in": held, "written": boxes, **gone},
    }


_OURS = "this is a mistake in ymir: please report it; nothing was written"
