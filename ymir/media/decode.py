"""Decode images to the last pixel: the check of `verify: full`."""

import io
import struct
import warnings
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

_FORMATS = ("JPEG", "PNG")
# What Pillow raises over bytes that are no image: also where a list or a header of theirs is short.
UNDECODABLE = (
    *(OSError, SyntaxError, ValueError, LookupError, TypeError, ArithmeticError, struct.error),
    Image.DecompressionBombWarning,
    Image.DecompressionBombError,
)


def decode_all(folder: str, names: Sequence[str]) -> list[str | None]:
    """For each file, what is wrong with it, if anything is."""
    return [_decode_file(Path(folder, name)) for name in names]


def _decode_file(path: Path) -> str | None:
    try:
        return decode(path.read_bytes())
    except OSError as error:
        return f"it cannot be read: {error.strerror}"


def decode(content: bytes) -> str | None:
    """Decode every pixel; say what is wrong, if anything is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                image.verify()  # the checksums of a PNG; it has to be opened again for the pixels
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                image.load()
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return "it has too many pixels to be decoded safely"
    except UNDECODABLE as error:
        return f"it cannot be decoded: {error}"
    return None
