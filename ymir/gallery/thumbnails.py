"""Small copies of images, made once and remembered by digest."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PIL import Image

from ymir.media.workers import stream

SIDE = 256
_QUALITY = 80
_PART = 100  # images between two words on how far it is
_SECONDS = 3e-8  # of work per byte of an image, about

Progress = Callable[[int, int], None]  # how many are done, of how many


def small_path(folder: Path, image: str) -> Path:
    """Where the small copy of an image lies."""
    return folder / image[:2] / f"{image}.jpg"


def make_small(
    media: Mapping[str, Path], folder: Path, progress: Progress = lambda done, of: None
) -> set[str]:
    """Make a small copy of each image that has none; return those that cannot be drawn."""
    waiting = [
        (str(path), str(small_path(folder, image)))
        for image, path in media.items()
        if not small_path(folder, image).exists()
    ]
    for parent in {Path(target).parent for _, target in waiting}:
        parent.mkdir(parents=True, exist_ok=True)
    seconds = _SECONDS * sum(Path(source).stat().st_size for source, _ in waiting)
    broken: list[str] = []
    for at, part in enumerate(stream(shrink, waiting, seconds=seconds, piece=_PART)):
        broken += filter(None, part)
        progress(min(len(waiting), (at + 1) * _PART), len(waiting))
    return {Path(each).stem for each in broken}


def shrink(pairs: Sequence[tuple[str, str]]) -> list[str | None]:
    """Write a small copy of each source to its target; return the targets that cannot be made."""
    return [None if _shrink(source, target) else target for source, target in pairs]


def _shrink(source: str, target: str) -> bool:
    """The pixels are drawn anew, so nothing that a camera wrote beside them is copied."""
    try:
        with Image.open(source, formats=("JPEG", "PNG")) as image:
            image.draft("RGB", (SIDE, SIDE))
            image.thumbnail((SIDE, SIDE))
            small = image.convert("RGB")
            small.info.clear()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    partial = f"{target}.{secrets.token_hex(4)}.tmp"
    small.save(partial, "JPEG", quality=_QUALITY, optimize=False)
    os.replace(partial, target)  # noqa: PTH105 - in another process, by text
    return True
