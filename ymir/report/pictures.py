"""Small copies of images, as text that an HTML file can carry."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from ymir.media.decode import UNDECODABLE

QUALITY = 78


@dataclass(frozen=True)
class Copy:
    """A small copy of an image, and the size of the original."""

    uri: str
    width: int
    height: int


def small_copy(path: Path, side: int) -> Copy | None:
    """Shrink an image to fit `side` pixels; None where it cannot be read.

    The pixels are drawn anew, so nothing that a camera wrote beside them (place, owner) leaves.
    """
    try:
        with Image.open(path) as image:
            width, height = image.size
            image.draft("RGB", (side, side))
            image.thumbnail((side, side))
            return Copy(_uri(image.convert("RGB")), width, height)
    except UNDECODABLE:
        return None


def _uri(image: Image.Image) -> str:
    into = BytesIO()
    image.save(into, "WEBP", quality=QUALITY, method=2)
    return "data:image/webp;base64," + b64encode(into.getvalue()).decode("ascii")
