"""Which files lie in a folder that came from outside."""

import os
from pathlib import Path
from typing import NamedTuple

from ymir.errors import DataError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")
_OTHER_IMAGES = (".bmp", ".gif", ".heic", ".jp2", ".tif", ".tiff", ".webp")


class Files(NamedTuple):
    """Names relative to the folder, with `/`, sorted; and names that are refused, with why."""

    names: list[str]
    refused: dict[str, str]


def files_under(folder: Path) -> Files:
    """Every file in `folder` and its sub-folders, but hidden ones; links may not lead out."""
    if not folder.is_dir():
        raise DataError(f"there is no folder `{folder}`", hint="check `from: path:`")
    names: list[str] = []
    refused: dict[str, str] = {}
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        with os.scandir(folder / prefix) as entries:
            for entry in entries:
                name = prefix + entry.name
                is_odd = entry.is_symlink() or not entry.name.isascii()
                if is_odd and (why := _refusal(entry, folder)):
                    refused[name.encode(errors="replace").decode()] = why
                elif entry.name.startswith("."):
                    continue
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append(name + "/")
                else:
                    names.append(name)
    return Files(sorted(names), dict(sorted(refused.items())))


def suffix(name: str) -> str:
    """The lower-case suffix of a file's name, with its dot."""
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - a Path per file costs more


def is_image(name: str) -> bool:
    """Whether the name is one of an image that ymir reads."""
    return name.lower().endswith(IMAGE_SUFFIXES)


def stray_images(names: list[str]) -> dict[str, str]:
    """The files that are images of a kind ymir does not read, each with that reason."""
    return {
        name: f"a `{name.rpartition('.')[2]}` file: images must be jpg, jpeg or png"
        for name in names
        if name.lower().endswith(_OTHER_IMAGES)
    }


def read_file(path: str, size: int, most: int = 1 << 40) -> bytes:
    """The content of a file, in one read if it has `size` bytes or fewer; half the cost of `open`.

    Of a file that is larger than `most`, only so much that one sees it.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return read_rest(descriptor, size, most)
    finally:
        os.close(descriptor)


def read_rest(descriptor: int, size: int, most: int = 1 << 40) -> bytes:
    """As `read_file`, of a file that is open."""
    content = os.read(descriptor, size + 1)
    if len(content) <= size:
        return content
    pieces = [content]
    while sum(map(len, pieces)) <= most and (piece := os.read(descriptor, 1 << 24)):
        pieces.append(piece)
    return b"".join(pieces)


def _refusal(entry: os.DirEntry[str], folder: Path) -> str | None:
    if not _is_text(entry.name):
        return "its name is not UTF-8"
    if not entry.is_symlink():
        return None
    if not entry.is_file():
        return "a link to a folder, or to nothing; links to folders are not followed"
    if not Path(entry.path).resolve().is_relative_to(folder.resolve()):
        return "a link that leads out of the dataset's folder"
    return None


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
