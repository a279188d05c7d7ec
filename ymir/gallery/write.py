"""Writes a gallery into a folder, whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ymir.dvc.files import replace_folder, storing
from ymir.errors import StoreError
from ymir.gallery.content import Content, as_data
from ymir.gallery.page import render
from ymir.media.small import Form

PAGE = "index.html"
SMALL = Form(256, "jpg", 80)
_SMALL, _ORIGINALS = "small", "images"


@dataclass(frozen=True)
class Pictures:
    """Where the bytes lie: of each image that is here, of small copies, and of the store."""

    media: Mapping[str, Path]
    small: Path
    cache: Path


def write_beside(found: Content, pictures: Pictures, folder: Path) -> Path:
    """A page that refers to the images where they lie: cheap, and of use on this machine only."""
    small = _relative(pictures.small, folder)
    return _write(
        found, folder, small=small, originals=_relative(pictures.cache, folder), copied=False
    )


def write_apart(found: Content, pictures: Pictures, folder: Path, *, originals: bool) -> Path:
    """A page with copies of all that it shows, so that the folder can be passed on."""
    partial = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.tmp")
    rows = found.images.select("image", "format").iter_rows()
    with storing(f"the gallery `{folder}` cannot be written"):
        try:
            for image, kind in rows:
                _copy(SMALL.path(pictures.small, image), SMALL.path(partial / _SMALL, image))
                if originals and image in pictures.media:
                    target = partial / _ORIGINALS / image[:2] / f"{image}.{kind}"
                    _copy(pictures.media[image], target)
            base = f"{_ORIGINALS}/" if originals else None
            _write(found, partial, small=f"{_SMALL}/", originals=base, copied=True)
            refuse_others(folder)
            replace_folder(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder / PAGE


def refuse_others(folder: Path) -> None:
    """A folder with anything but an earlier gallery in it is left alone."""
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if folder.is_file() or (names and not (PAGE in names and names <= {PAGE, _SMALL, _ORIGINALS})):
        raise StoreError(f"`{folder}` is not empty", hint="name a folder that is new or empty")


def _write(
    found: Content, folder: Path, *, small: str, originals: str | None, copied: bool
) -> Path:
    data = {**as_data(found), "small": small, "originals": originals, "copied": copied}
    text = render(" and ".join(found.versions), data)
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{PAGE}.{secrets.token_hex(4)}.tmp"
    with storing(f"the gallery `{folder}` cannot be written"):
        try:
            partial.write_text(text, encoding="utf-8")
            partial.replace(folder / PAGE)
        finally:
            partial.unlink(missing_ok=True)
    return folder / PAGE


def _copy(source: Path, target: Path) -> None:
    if source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _relative(path: Path, folder: Path) -> str:
    """How the page names another folder."""
    return quote(os.path.relpath(path.resolve(), folder.resolve())) + "/"
