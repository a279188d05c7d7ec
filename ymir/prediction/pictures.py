"""What is made of each image that was looked at: a drawing, and copies for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from ymir.media.workers import stream
from ymir.report.drawing import QUALITY, drawn

SMALL, LARGE, DRAWINGS = "small", "large", "drawings"  # folders
_SIDES = {LARGE: 1600, SMALL: 256}  # pixels, the larger one first: the smaller is made of it
_QUALITIES = {LARGE: 85, SMALL: 80}
_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}
_SECONDS = 0.1  # of work per image, about
_PIECE = 10


@dataclass(frozen=True)
class Picture:
    """An image with what is to be drawn on it; no drawing is made where it has no name."""

    path: Path
    digest: str
    drawing: str | None
    objects: tuple[Mapping[str, Any], ...]


def picture_all(pictures: Sequence[Picture], classes: Sequence[str], into: Path) -> list[str]:
    """Write drawings and copies below `into`; return the digests of what could not be drawn."""
    work = partial(_picture_each, classes=tuple(classes), into=into)
    seconds = _SECONDS * len(pictures)
    return [each for part in stream(work, pictures, seconds=seconds, piece=_PIECE) for each in part]


def copy_path(into: Path, folder: str, digest: str) -> Path:
    """Where a copy for the page lies."""
    return into / folder / digest[:2] / f"{digest}.jpg"


def drawing_name(name: str, kind: str) -> str:
    """What the drawing of an image is called: as the image is, if that says its format."""
    suffix = Path(name).suffix.lower()
    is_right = _FORMATS.get(suffix) == _FORMATS[f".{kind}"]
    return name if is_right else f"{name}.{kind}"


def _picture_each(
    pictures: Sequence[Picture], *, classes: tuple[str, ...], into: Path
) -> list[str]:
    return [each.digest for each in pictures if not _picture(each, classes, into)]


def _picture(each: Picture, classes: tuple[str, ...], into: Path) -> bool:
    """The pixels are drawn anew, so nothing that a camera wrote beside them is copied."""
    try:
        with Image.open(each.path, formats=("JPEG", "PNG")) as opened:
            if each.drawing is None:
                opened.draft("RGB", (_SIDES[LARGE], _SIDES[LARGE]))
            image = opened.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    image.info.clear()
    if each.drawing is not None:
        target = into / DRAWINGS / each.drawing
        target.parent.mkdir(parents=True, exist_ok=True)
        kind = _FORMATS[target.suffix.lower()]
        drawn(image, each.objects, classes).save(target, kind, quality=QUALITY)
    for folder, side in _SIDES.items():
        target = copy_path(into, folder, each.digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        image.thumbnail((side, side))
        image.save(target, "JPEG", quality=_QUALITIES[folder])
    return True
