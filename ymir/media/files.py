"""Which files lie in a folder that came from outside."""

import os
import re
from pathlib import Path
from typing import NamedTuple

from ymir.errors import DataError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LONGEST = 200  # letters of a folder's name in a message
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
        for entry in _entries(folder, prefix):
            file = entry.name
            name = prefix + file
            if file.startswith("."):
                continue
            is_plain = file.isascii() and file.isprintable()
            if is_plain and entry.is_file(follow_symlinks=False):
                names.append(name)  # as most are
            elif why := _refusal(entry, folder):
                refused[shown(name)] = why
            elif entry.is_dir(follow_symlinks=False):
                waiting.append(name + "/")
            else:
                names.append(name)
    return Files(sorted(names), dict(sorted(refused.items())))


def shown(name: str) -> str:
    """A name as one may print it: on one line, and without what would steer a terminal."""
    plain = name.encode(errors="replace").decode()
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", plain)


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


def _entries(folder: Path, prefix: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder / prefix) as entries:
            return list(entries)
    except OSError as error:
        name = prefix if len(prefix) <= _LONGEST else f"{prefix[:_LONGEST]}…"
        what = f"the folder `{name}` in `{folder}` cannot be read: {error.strerror}"
        raise DataError(what, hint="check who may read it, or take it out") from error


def _is_plain(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file like most, of which nothing else needs to be asked."""
    name = entry.name
    is_usual = name.isascii() and name.isprintable() and name[0] != "."
    return is_usual and entry.is_file(follow_symlinks=False)


def _refusal(entry: os.DirEntry[str], folder: Path) -> str | None:
    """Why a file or folder is not looked at."""
    if why := _refusal_of_name(entry.name):
        return why
    if entry.is_symlink():
        return _refusal_of_link(entry, folder)
    if entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False):
        return None
    return "not a file, but a pipe, a socket or a device"


def _refusal_of_name(name: str) -> str | None:
    if not _is_text(name):
        return "its name is not UTF-8"
    if _STEERING.search(name):
        return "its name has a line break or another character that steers a terminal"
    return None


def _refusal_of_link(entry: os.DirEntry[str], folder: Path) -> str | None:
    try:
        is_file = entry.is_file()
    except OSError:  # it leads in a circle
        is_file = False
    if not is_file:
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
