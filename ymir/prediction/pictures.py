"""What is made of each image that was looked at: a drawing, and copies for the page."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from ymir.media.decode import UNDECODABLE
from ymir.media.workers import stream
from ymir.report.drawing import QUALITY, drawn

SMALL, LARGE, DRAWINGS = "small", "large", "drawings"  # folders
_SIDES = {LARGE: 1600, SMALL: 256}  # pixels, the larger one first: the smaller is made of it
_QUALITIES = {LARGE: 85, SMALL: 80}
_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}
_SECONDS = 0.05  # of work per image, about
_PIECE = 10


@dataclass(frozen=True)
class Drawing:
    """An image, what is to be drawn on it, and what the drawing is called."""

    path: Path
    name: str
    objects: tuple[Mapping[str, Any], ...]


def copy_all(images: Mapping[str, Path], into: Path) -> dict[str, str]:
    """Write copies for the page below `into`; return what is wrong with those that cannot be read.

    Every pixel is decoded: what a copy can be made of, an executor can read, too.
    """
    items = list(images.items())
    work = partial(_copy_each, into=into)
    seconds = _SECONDS * len(items)
    parts = stream(work, items, seconds=seconds, piece=_PIECE)
    return {digest: why for part in parts for digest, why in part}


def draw_all(drawings: Sequence[Drawing], classes: Sequence[str], into: Path) -> None:
    """Write the drawings below `into`."""
    work = partial(_draw_each, classes=tuple(classes), into=into)
    for _ in stream(work, drawings, seconds=_SECONDS * len(drawings), piece=_PIECE):
        pass


def copy_path(into: Path, folder: str, digest: str) -> Path:
    """Where a copy for the page lies."""
    return into / folder / digest[:2] / f"{digest}.jpg"


def drawing_name(name: str, kind: str) -> str:
    """What the drawing of an image is called: as the image is, if that says its format."""
    suffix = Path(name).suffix.lower()
    is_right = _FORMATS.get(suffix) == _FORMATS[f".{kind}"]
    return name if is_right else f"{name}.{kind}"


def _copy_each(items: Sequence[tuple[str, Path]], *, into: Path) -> list[tuple[str, str]]:
    tried = ((digest, _copy(path, digest, into)) for digest, path in items)
    return [(digest, why) for digest, why in tried if why]


def _copy(path: Path, digest: str, into: Path) -> str | None:
    """The pixels are drawn anew, so nothing that a camera wrote beside them is copied."""
    try:
        image = opened(path, draft=_SIDES[LARGE])
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return "it has too many pixels to be decoded safely"
    except UNDECODABLE as error:
        return f"it cannot be decoded: {error}"
    image.info.clear()
    for folder, side in _SIDES.items():
        target = copy_path(into, folder, digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        image.thumbnail((side, side))
        image.save(target, "JPEG", quality=_QUALITIES[folder])
    return None


def opened(path: Path, *, draft: int = 0) -> Image.Image:
    """The picture in a file, in colours; what is no picture, or a trap, raises as Pillow does."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(path, formats=("JPEG", "PNG")) as image:
            if draft:
                image.draft("RGB", (draft, draft))
            return image.convert("RGB")


def _draw_each(drawings: Sequence[Drawing], *, classes: tuple[str, ...], into: Path) -> None:
    for each in drawings:
        target = into / DRAWINGS / each.name
        target.parent.mkdir(parents=True, exist_ok=True)
        kind = _FORMATS[target.suffix.lower()]
        drawn(opened(each.path), each.objects, classes).save(target, kind, quality=QUALITY)
