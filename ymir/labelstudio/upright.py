"""Images without the note that they are to be shown turned: boxes count stored pixels."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from ymir.media.decode import UNDECODABLE

_ORIENTATION, _UPRIGHT = 0x0112, 1
_JPEG, _PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
_SCAN, _EXIF = 0xDA, 0xE1  # markers: where pixels begin, and what holds the note
_HEAD = 8  # bytes of a PNG chunk before its content; 4 more come behind it


def is_turned(file: Path) -> bool:
    """Whether programs would show this image turned or mirrored."""
    try:
        with Image.open(file) as image:
            return int(image.getexif().get(_ORIENTATION, _UPRIGHT)) != _UPRIGHT
    except UNDECODABLE:
        return False


def upright(file: Path) -> bytes:
    """The bytes of an image as everybody shows it; its pixels are those of the file."""
    content = file.read_bytes()
    if not is_turned(file):
        return content
    return _bare_png(content) if content.startswith(_PNG) else _bare_jpeg(content)


def _bare_jpeg(content: bytes) -> bytes:
    """A JPEG without its EXIF and XMP segments."""
    kept, at = [_JPEG], len(_JPEG)
    while at + 4 <= len(content) and content[at] == 0xFF and content[at + 1] != _SCAN:
        fill = content[at + 1] == 0xFF  # any number of these may stand before a marker
        end = at + 1 if fill else at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if content[at + 1] != _EXIF:
            kept.append(content[at:end])
        at = end
    return b"".join([*kept, content[at:]])


def _bare_png(content: bytes) -> bytes:
    """A PNG without its EXIF chunk."""
    kept, at = [_PNG], len(_PNG)
    while at + _HEAD <= len(content):
        end = at + _HEAD + int.from_bytes(content[at : at + 4]) + 4
        if content[at + 4 : at + _HEAD] != b"eXIf":
            kept.append(content[at:end])
        at = end
    return b"".join(kept)
