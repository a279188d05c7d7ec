"""What an image file says of itself, and whether it is whole; without decoding it.

The size is that of the stored pixels: an orientation in EXIF is ignored, as the executors do, so
boxes must be given in stored pixels.
"""

import re
from typing import NamedTuple

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"
_JPEG_START = b"\xff\xd8"
_JPEG_END = b"\xff\xd9"
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")  # those that do not stand alone
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SPECIAL_MARKERS = _BARE_MARKERS | _FRAME_MARKERS | {0xD9, 0xDA, 0xFF}  # fewer than the others
_FORMATS = {"jpg": "jpg", "jpeg": "jpg", "png": "png"}
_MOST_PIXELS = 512_000_000  # decoded, such an image fills 1.5 GB


class Picture(NamedTuple):
    """Size and format (`jpg` or `png`) of an image."""

    width: int
    height: int
    format: str


def probe(content: bytes, name: str) -> Picture | str:
    """What the image in `content` is, or what is wrong with it; `name` is its file's."""
    if not content:
        return "the file is empty"
    if content.startswith(_PNG_SIGNATURE):
        found = _png(content)
    elif content.startswith(_JPEG_START):
        found = _jpeg(content)
    else:
        return "this is neither a JPEG nor a PNG file"
    if isinstance(found, str):
        return found
    suffix = name.rpartition(".")[2]
    if _FORMATS.get(suffix.lower()) != found.format:
        return f"this is a {found.format} file, but its name ends in `.{suffix}`"
    if not found.width or not found.height:
        return f"its header says {found.width}x{found.height} pixels"
    return found


def _png(content: bytes) -> Picture | str:
    if content[12:16] != b"IHDR" or len(content) < 33:
        return "the PNG header is broken"
    if not content.endswith(_PNG_END) and not _png_ends(content):
        return "the file is cut off: the end of the PNG is missing"
    width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    return _limited(Picture(width, height, "png"))


def _png_ends(content: bytes) -> bool:
    """Whether the chunks lead to an end, whatever stands behind it."""
    at = 8
    while at + 12 <= len(content):
        if content[at + 4 : at + 8] == b"IEND":
            return True
        at += 12 + int.from_bytes(content[at : at + 4])
    return False


def _jpeg(content: bytes) -> Picture | str:
    found = _frame(content)
    if isinstance(found, str):
        return found
    if not content.endswith(_JPEG_END) and not _jpeg_ends(content):
        return "the file is cut off: the end of the JPEG is missing"
    return _limited(found)


def _jpeg_ends(content: bytes) -> bool:
    """Whether the markers lead to an end, whatever padding or trailer stands behind it."""
    at = 2
    while found := _MARKER.search(content, at):
        at = found.end()
        if found[0] == _JPEG_END:
            return True
        at += int.from_bytes(content[at : at + 2])
    return False


def _frame(content: bytes) -> Picture | str:
    """Walk the segments up to the frame header, which holds the size."""
    at, last = 2, len(content) - 4
    while at <= last:
        if content[at] != 0xFF:
            return "the JPEG header is broken"
        marker = content[at + 1]
        if marker not in _SPECIAL_MARKERS:
            at += 2 + (content[at + 2] << 8) + content[at + 3]
        elif marker == 0xFF:  # fill byte
            at += 1
        elif marker in _BARE_MARKERS:
            at += 2
        elif marker in _FRAME_MARKERS:
            return _size(content, at)
        else:
            return "the JPEG has no frame header"
    return "the file is cut off inside the JPEG header"


def _size(content: bytes, at: int) -> Picture | str:
    if at + 9 > len(content):
        return "the file is cut off inside the JPEG header"
    height, width = (
        (content[at + 5] << 8) + content[at + 6],
        (content[at + 7] << 8) + content[at + 8],
    )
    return Picture(width, height, "jpg")


def _limited(found: Picture) -> Picture | str:
    width, height, _ = found
    if width * height > _MOST_PIXELS:
        return f"its header says {width}x{height} pixels: too many"
    return found
