"""Small copies of images, made once and remembered by digest."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from PIL import Image

from ymir.media.decode import UNDECODABLE
from ymir.media.workers import stream

_PART = 100  # images between two words on how far it is
_SECONDS = 3e-8  # of work per byte of an image, about

Progress = Callable[[int, int], None]  # how many are done, of how many


@dataclass(frozen=True)
class Form:
    """What the copies are like: the longer side in pixels, the format, how much it keeps."""

    side: int
    format: Literal["jpg", "webp"]
    quality: int

    def path(self, folder: Path, image: str) -> Path:
        """Where the small copy of an image lies."""
        return folder / image[:2] / f"{image}.{self.format}"


def make_small(
    media: Mapping[str, Path],
    folder: Path,
    form: Form,
    progress: Progress = lambda done, of: None,
) -> set[str]:
    """Make a small copy of each image that has none; return those that cannot be drawn."""
    waiting = [
        (str(path), str(target))
        for image, path in media.items()
        if not (target := form.path(folder, image)).exists()
    ]
    for parent in {Path(target).parent for _, target in waiting}:
        parent.mkdir(parents=True, exist_ok=True)
    seconds = _SECONDS * sum(Path(source).stat().st_size for source, _ in waiting)
    broken: list[str] = []
    work = partial(shrink, form=form)
    for at, part in enumerate(stream(work, waiting, seconds=seconds, piece=_PART)):
        broken += filter(None, part)
        progress(min(len(waiting), (at + 1) * _PART), len(waiting))
    return {Path(each).stem for each in broken}


def shrink(pairs: Sequence[tuple[str, str]], *, form: Form) -> list[str | None]:
    """Write a small copy of each source to its target; return the targets that cannot be made."""
    return [None if _shrink(source, target, form) else target for source, target in pairs]


def _shrink(source: str, target: str, form: Form) -> bool:
    """The pixels are drawn anew, so nothing that a camera wrote beside them is copied."""
    try:
        with Image.open(source, formats=("JPEG", "PNG")) as image:
            image.draft("RGB", (form.side, form.side))
            image.thumbnail((form.side, form.side), Image.Resampling.BILINEAR)  # a fifth quicker
            small = image.convert("RGB")
            small.info.clear()
    except UNDECODABLE:
        return False
    unfinished = f"{target}.{secrets.token_hex(4)}.tmp"
    if form.format == "jpg":
        small.save(unfinished, "JPEG", quality=form.quality, optimize=False)
    else:
        small.save(unfinished, "WEBP", quality=form.quality, method=1)  # 2 is slower, not smaller
    os.replace(unfinished, target)  # noqa: PTH105 - in another process, by text
    return True
