"""What people want looked at: photos, folders of them, videos; told apart by their bytes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ymir.errors import DataError

PHOTO, VIDEO, OTHER = "photo", "video", "other"
_HEAD = 512  # bytes of a file that tell what it is
_PACKET = 188  # bytes from one packet of an MPEG stream to the next
_STILL = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")  # brands of what are no videos
_STARTS = (
    b"\x1aE\xdf\xa3",  # Matroska, WebM
    b"\x00\x00\x01\xba",  # MPEG
    b"\x00\x00\x01\xb3",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF
    b"OggS",
    b"FLV\x01",
)


@dataclass(frozen=True)
class Source:
    """A photo or a video: where it is, and what it is called in what is written."""

    path: Path
    name: str


@dataclass(frozen=True)
class Inputs:
    """All there is to look at; `passed_over` counts the files in folders that are no photos."""

    photos: tuple[Source, ...]
    videos: tuple[Source, ...]
    passed_over: Mapping[str, int]


def look_for(paths: Sequence[Path], out: Path) -> Inputs:
    """Photos and videos that are named, and the photos in folders that are named.

    What is in `out`, or hidden, is not looked at.
    """
    base = _base(paths)
    found: dict[Path, tuple[str, str]] = {}
    passed_over: Counter[str] = Counter()
    for path in paths:
        if path.is_dir():
            for each in _walk(path, out.resolve()):
                kind = _kind_in_folder(each)
                if kind == PHOTO:
                    found.setdefault(each.resolve(), (kind, _name(each, base)))
                else:
                    passed_over[kind] += 1
        else:
            kind = _named_kind(path)
            found.setdefault(path.resolve(), (kind, _name(path, base)))
    photos = _sources(found, PHOTO)
    videos = _sources(found, VIDEO)
    if not photos and not videos:
        where = ", ".join(f"`{each}`" for each in paths)
        raise DataError(f"there is no JPEG or PNG in {where}", hint="videos are named one by one")
    return Inputs(photos, videos, passed_over)


def kind_of(path: Path) -> str:
    """What the first bytes of a file say that it is."""
    try:
        with path.open("rb") as file:
            return _kind(file.read(_HEAD))
    except OSError as error:
        raise DataError(f"`{path}` cannot be read: {error.strerror}") from error


def _kind_in_folder(path: Path) -> str:
    try:
        return kind_of(path)
    except DataError:
        return OTHER  # it may not be read, or is gone by now


def _kind(head: bytes) -> str:
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return PHOTO
    is_box = head[4:8] == b"ftyp" and head[8:12] not in _STILL
    is_avi = head[:4] == b"RIFF" and head[8:12] == b"AVI "
    is_stream = head[:1] == b"G" and head[_PACKET : _PACKET + 1] == b"G"
    is_old = head[4:8] in (b"moov", b"mdat")
    is_video = is_box or is_avi or is_stream or is_old or head.startswith(_STARTS)
    return VIDEO if is_video else OTHER


def _named_kind(path: Path) -> str:
    if path.exists() and not path.is_file():
        raise DataError(
            f"`{path}` cannot be used: it is neither a file nor a folder",
            hint="name images, folders of them, or videos",
        )
    kind = kind_of(path)
    if kind == OTHER:
        raise DataError(
            f"`{path}` cannot be used: this is neither a JPEG nor a PNG nor a video",
            hint="name images, folders of them, or videos",
        )
    return kind


def _walk(folder: Path, out: Path) -> Iterator[Path]:
    """The files below a folder, in the order of their names; links to folders are not followed."""
    for place, folders, files in os.walk(folder):
        below = [name for name in folders if not name.startswith(".")]
        folders[:] = sorted(name for name in below if Path(place, name).resolve() != out)
        for name in sorted(files):
            path = Path(place, name)
            if not name.startswith(".") and path.is_file():
                yield path


def _base(paths: Sequence[Path]) -> Path:
    """The folder from which names are given: a single folder itself, else what all have above."""
    absolute = [Path(os.path.abspath(each)) for each in paths]  # noqa: PTH100 - links are kept
    if len(absolute) == 1 and absolute[0].is_dir():
        return absolute[0]
    return Path(os.path.commonpath([each.parent for each in absolute]))


def _name(path: Path, base: Path) -> str:
    name = Path(os.path.abspath(path)).relative_to(base).as_posix()  # noqa: PTH100 - likewise
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _sources(found: Mapping[Path, tuple[str, str]], wanted: str) -> tuple[Source, ...]:
    return tuple(Source(path, name) for path, (kind, name) in found.items() if kind == wanted)
