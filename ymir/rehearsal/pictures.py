"""The data that executors rehearse with: a few drawn pictures of squares and discs."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image, ImageDraw

from ymir.data.table import table

CLASSES = ("square", "disc")
NEVER = "never"  # a class of the odd data that no picture has
_COLOURS = {"square": (210, 40, 40), "disc": (40, 60, 210)}
_SIZE = (160, 120)
_ODD_SIZES = ((37, 211), (300, 41), (64, 64), (161, 119))
_GRID = 3  # places in a row
_GREY = 90  # about the level of the noise behind the things

Row = dict[str, object]


@dataclass(frozen=True, eq=False)
class Pictures:
    """Tables of pictures, and where the bytes of each lie."""

    training: pl.DataFrame
    validation: pl.DataFrame
    candidates: pl.DataFrame
    media: Mapping[str, Path]
    class_names: tuple[str, ...] = CLASSES


def plain(folder: Path, *, training: int = 12) -> Pictures:
    """A set that any detector can learn a little from; the same at every call."""
    artist = _Artist(folder, np.random.default_rng(1))
    return Pictures(
        training=artist.several(training),
        validation=artist.several(4),
        candidates=artist.several(6),
        media=artist.media,
    )


def odd(folder: Path) -> Pictures:
    """A set with what trips executors: no objects, a class without any, sizes, grey, alpha."""
    artist = _Artist(folder, np.random.default_rng(2))
    unusual = [artist.draw(size) for size in _ODD_SIZES]
    empty, grey, alpha = artist.draw(things=0), artist.draw(mode="L"), artist.draw(mode="RGBA")
    training = [*unusual, empty, grey, alpha, *(artist.draw() for _ in range(4))]
    validation = [artist.draw(things=0), artist.draw(_ODD_SIZES[0]), artist.draw(mode="L")]
    candidates = [artist.draw(size) for size in _ODD_SIZES]
    candidates += [artist.draw(mode="L"), artist.draw(mode="RGBA"), artist.draw(things=0)]
    return Pictures(
        training=table(training),
        validation=table(validation),
        candidates=table(candidates),
        media=artist.media,
        class_names=(*CLASSES, NEVER),
    )


class _Artist:
    """Draws pictures into a folder, and remembers where."""

    def __init__(self, folder: Path, chance: np.random.Generator) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.chance = folder, chance
        self.media: dict[str, Path] = {}

    def several(self, count: int) -> pl.DataFrame:
        """Usual pictures."""
        return table([self.draw() for _ in range(count)])

    def draw(
        self, size: tuple[int, int] = _SIZE, *, things: int | None = None, mode: str = "RGB"
    ) -> Row:
        """One picture and its objects, as a row."""
        width, height = size
        noise = self.chance.integers(_GREY, 2 * _GREY, (height, width, 3), dtype=np.uint8)
        picture = Image.fromarray(noise)
        count = int(self.chance.integers(1, 4)) if things is None else things
        places = self.chance.permutation(_GRID * _GRID)[:count]
        objects = [self._thing(picture, int(place)) for place in places]
        return self._keep(picture.convert(mode), objects)

    def _thing(self, picture: Image.Image, place: int) -> Row:
        """Draw a square or a disc into one of the places."""
        label = CLASSES[int(self.chance.integers(len(CLASSES)))]
        w, h = picture.width // _GRID, picture.height // _GRID
        x, y = w * (place % _GRID), h * (place // _GRID)
        box = (x, y, x + w - 1, y + h - 1)  # the last pixels, as Pillow counts
        pen = ImageDraw.Draw(picture)
        draw = pen.rectangle if label == "square" else pen.ellipse
        draw(box, fill=_COLOURS[label])
        return {"label": label, "x": x, "y": y, "w": w, "h": h}

    def _keep(self, picture: Image.Image, objects: Sequence[Row]) -> Row:
        """Store the bytes under their digest."""
        kind = "jpg" if picture.mode == "RGB" else "png"
        file = io.BytesIO()
        picture.save(file, "JPEG" if kind == "jpg" else "PNG")
        content = file.getvalue()
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        self.media[digest] = self.folder / digest
        self.media[digest].write_bytes(content)
        named = {"image": digest, "file": f"{digest[:8]}.{kind}", "format": kind}
        size = {"width": picture.width, "height": picture.height, "bytes": len(content)}
        return {**named, **size, "objects": objects}
